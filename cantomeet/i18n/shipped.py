"""Names and headings of the templates that ship."""

from __future__ import annotations

SHIPPED: dict[str, tuple[str, str]] = {
    "shipped.general": ("一般會議", "General"),
    "shipped.general.overview": ("概覽", "Overview"),
    "shipped.general.chapter": ("章節", "Chapters"),
    "shipped.general.decision": ("決定", "Decisions"),
    "shipped.general.action_item": ("跟進事項", "Action items"),
    "shipped.general.question": ("問題", "Questions"),
    "shipped.general.risk": ("風險", "Risks"),
    "shipped.general.quote": ("原話", "Quotes"),
    "shipped.board_minutes": ("董事會會議記錄", "Board minutes"),
    "shipped.board_minutes.overview": ("撮要", "Summary"),
    "shipped.board_minutes.chapter": ("議程", "Agenda"),
    "shipped.board_minutes.decision": ("決議", "Resolutions"),
    "shipped.board_minutes.action_item": ("跟進", "Follow-up"),
}
