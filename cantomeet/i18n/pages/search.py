"""The page of the search, and what is found in one meeting."""

from __future__ import annotations

SEARCH: dict[str, tuple[str, str]] = {
    "search.title": ("搜尋", "Search"),
    "search.field": ("搜尋所有會議", "Search all meetings"),
    "search.by_sound": ("按讀音", "By sound"),
    "search.by_sound.hint": ("讀音相近的字都會找到，不分聲調", "Finds characters that are read alike, tones aside"),
    "search.speaker": ("講者", "Speaker"),
    "search.speaker.all": ("所有人", "Everybody"),
    "search.status": ("狀態", "Status"),
    "search.ask": (
        "標題、描述、摘要和逐字稿都會搜尋。繁簡、全形半形、大小寫不拘；「十二」和「12」一樣。",
        "Looks in titles, descriptions, summaries and transcripts. Script, width and case make no difference, nor "
        "whether a number is said or written.",
    ),
    "search.total.one": ("找到 {count} 處", "Found in {count} place"),
    "search.total.many": ("找到 {count} 處", "Found in {count} places"),
    "search.total.over": ("找到超過 {count} 處", "Found in more than {count} places"),
    "search.incomplete": (
        "有會議還未編好索引，結果可能不齊全。稍後再搜尋一次。",
        "Some meetings are not in the index yet, so there may be more. Search again in a while.",
    ),
    "search.none.title": ("找不到", "Nothing found"),
    "search.none.text": (
        "試試短一點的字眼，或者放寬篩選。",
        "Try fewer words, or wider filters.",
    ),
    "search.none.by_sound": ("按讀音再找", "Search by sound"),
    "search.signs": ("只有標點或符號，沒有字可以找。", "There are only signs in it: no letter, character or digit."),
    "search.too_long": (
        "不能搜尋這段文字；最多 {most} 個字。",
        "This cannot be searched for: at most {most} characters.",
    ),
    "search.source.title": ("標題", "Title"),
    "search.source.description": ("描述", "Description"),
    "search.source.item": ("摘要", "Summary"),
    "search.others.one": ("這個會議還有 {count} 處", "{count} more place in this meeting"),
    "search.others.many": ("這個會議還有 {count} 處", "{count} more places in this meeting"),
    "find.field": ("在逐字稿尋找", "Find in this transcript"),
    "find.none": ("找不到", "Not found"),
    "find.next": ("下一處", "Next"),
    "find.previous": ("上一處", "Previous"),
}
