"""The list of meetings, and a meeting's status wherever it is shown."""

from __future__ import annotations

MEETINGS: dict[str, tuple[str, str]] = {
    "status.UPLOADED": ("等候處理", "Waiting"),
    "status.TRANSCRIBING": ("轉錄中", "Transcribing"),
    "status.SUMMARIZING": ("摘要中", "Summarizing"),
    "status.COMPLETED": ("完成", "Done"),
    "status.FAILED": ("失敗", "Failed"),
    "status.names": ("等候填上講者", "Waiting for names"),
    "status.stopped": ("已停止", "Stopped"),
    "status.all": ("全部", "All"),
    "status.percent": ("{status} {percent} %", "{status} {percent} %"),
    "left.minutes.one": ("大約還有 1 分鐘", "about a minute left"),
    "left.minutes.many": ("大約還有 {count} 分鐘", "about {count} minutes left"),
    "meetings.title": ("會議", "Meetings"),
    "meetings.search": ("搜尋標題和逐字稿", "Search titles and transcripts"),
    "meetings.from": ("由", "From"),
    "meetings.to": ("至", "To"),
    "meetings.sort": ("排序", "Sort"),
    "meetings.sort.newest": ("最新上載", "Newest upload"),
    "meetings.sort.oldest": ("最早上載", "Oldest upload"),
    "meetings.sort.date": ("會議日期", "Date of the meeting"),
    "meetings.sort.title": ("標題", "Title"),
    "meetings.filters": ("篩選", "Filters"),
    "meetings.clear": ("清除篩選", "Clear filters"),
    "meetings.more": ("顯示更多", "Show more"),
    "meetings.empty.title": ("還沒有會議", "No meetings yet"),
    "meetings.empty.text": (
        "上載一段錄音，逐字稿和摘要會在這裡出現。",
        "Upload a recording; its transcript and summary appear here.",
    ),
    "meetings.empty.act": ("上載錄音", "Upload a recording"),
    "meetings.none.title": ("沒有符合的會議", "No meeting fits"),
    "meetings.none.text": ("放寬搜尋字眼或日期試試。", "Try other words or a wider range of dates."),
    "meetings.bad_filter": (
        "網址裡的「{field}」看不懂，已略過篩選。",
        "“{field}” in the address makes no sense; the filters are left aside.",
    ),
    "actions.one": ("{count} 項待辦", "{count} to do"),
    "actions.many": ("{count} 項待辦", "{count} to do"),
}
