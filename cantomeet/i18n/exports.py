"""Labels of exported files and of the calendar."""

from __future__ import annotations

EXPORTS: dict[str, tuple[str, str]] = {
    "export.partial": ("未完成", "incomplete"),
    "export.partial_note": (
        "轉錄仍未完成，以下只是其中一部分。",
        "The transcript is not complete yet; this is a part of it.",
    ),
    "export.date": ("日期", "Date"),
    "export.duration": ("長度", "Duration"),
    "export.owner": ("負責", "Owner"),
    "export.due": ("限期", "Due"),
    "export.done": ("已完成", "done"),
    "export.unverified": ("未核實", "unverified"),
    "export.offered": ("可能出自", "perhaps from"),
    "export.stale": ("引用的逐字稿其後改過，請再核對", "the lines it rests on were changed since: check it"),
    "export.written": ("書面語改寫", "written Chinese, rewritten"),
    "export.as_spoken": ("〔原話〕", "[as spoken] "),
    "export.as_spoken_note": (
        "標有〔原話〕的句子未能改寫，或改寫後曾經更正，照原話列出。",
        "Lines marked [as spoken] were not rewritten, or were corrected since.",
    ),
    "export.colon": ("：", ": "),
    "export.separator": ("；", "; "),
    "export.heading.overview": ("概要", "Overview"),
    "export.heading.chapter": ("章節", "Chapters"),
    "export.heading.decision": ("決議", "Decisions"),
    "export.heading.action_item": ("跟進事項", "Action items"),
    "export.heading.question": ("待決問題", "Open questions"),
    "export.heading.risk": ("風險", "Risks"),
    "export.heading.quote": ("原話", "Quotes"),
    "calendar.name": ("CantoMeet 待辦", "CantoMeet actions"),
    "calendar.unverified": ("（未核實）", "(not verified) "),
    "calendar.owner": ("負責：", "Owner: "),
    "calendar.meeting": ("會議：", "Meeting: "),
}
