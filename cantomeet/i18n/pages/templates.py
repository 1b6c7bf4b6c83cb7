"""The page of summary templates."""

from __future__ import annotations

TEMPLATES: dict[str, tuple[str, str]] = {
    "templates.link": ("範本…", "Templates…"),
    "templates.title": ("摘要範本", "Templates of summaries"),
    "templates.hint": (
        "範本決定摘要有哪些部分。上載時、或在會議頁「重新摘要」時選用。逐字摘錄只看各部分的種類，不看指示。",
        "A template says which sections a summary has. Choose it at upload, or with Summarize again on a meeting's "
        "page. The extracted summary heeds only the kinds of its sections, not the instructions.",
    ),
    "templates.ships": ("內置", "built in"),
    "templates.new": ("新增範本", "New template"),
    "templates.like": ("以此為藍本", "Start from this"),
    "templates.change": ("修改", "Change"),
    "templates.delete.ask": (
        "刪除這個範本？用它寫過的摘要會保留。",
        "Delete this template? Summaries written by it stay.",
    ),
    "templates.name": ("名稱", "Name"),
    "templates.instructions": ("給語言模型的指示", "Instructions for the language model"),
    "templates.instructions.hint": ("逐字送出，可以留空", "Sent word for word; may be empty"),
    "templates.sections": ("部分", "Sections"),
    "templates.section.title": ("標題", "Heading"),
    "templates.section.kind": ("種類", "Kind"),
    "templates.section.drop": ("移除", "Remove"),
    "templates.add": ("加一個部分", "Add a section"),
    "template.kind.note": ("自由內容", "Notes"),
    "template.kind.overview": ("重點", "Overview"),
    "template.kind.chapter": ("章節或議程", "Chapters or agenda"),
    "template.kind.decision": ("決議", "Decisions"),
    "template.kind.action_item": ("跟進事項", "Action items"),
    "template.kind.question": ("問題", "Questions"),
    "template.kind.risk": ("風險", "Risks"),
    "template.kind.quote": ("原話", "Quotes"),
    "template.cannot_keep.name": ("名稱要有一行，最多 80 字。", "The name is one line of at most 80 characters."),
    "template.cannot_keep.instructions": ("指示最多 4000 字。", "The instructions have at most 4000 characters."),
    "template.cannot_keep.sections": (
        "要有 1 至 12 個部分；標題不可留空或相同；除了「自由內容」，每個種類只可用一次。",
        "There are 1 to 12 sections; no heading may be empty or the same as another; except for Notes, each kind is "
        "used once.",
    ),
    "template.changed_first": (
        "有人先改了這個範本。再按儲存會用你的版本。",
        "Somebody changed this template first. Save again to keep yours.",
    ),
}
