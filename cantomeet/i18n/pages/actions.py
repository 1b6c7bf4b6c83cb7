"""The page of action items across meetings."""

from __future__ import annotations

ACTIONS: dict[str, tuple[str, str]] = {
    "todo.title": ("待辦", "Action items"),
    "todo.owner": ("負責人", "Owner"),
    "todo.owner.all": ("所有人", "Everybody"),
    "todo.owner.nobody": ("未知", "Not known"),
    "todo.due": ("限期", "Due"),
    "todo.due.all": ("不限", "Any time"),
    "todo.due.overdue": ("逾期", "Overdue"),
    "todo.due.week": ("七日內", "In seven days"),
    "todo.due.none": ("沒有日期", "No date"),
    "todo.done": ("狀態", "State"),
    "todo.done.open": ("未完成", "Open"),
    "todo.done.done": ("已完成", "Done"),
    "todo.done.all": ("全部", "All"),
    "todo.by": ("分組", "Group by"),
    "todo.by.due": ("限期", "Due date"),
    "todo.by.owner": ("負責人", "Owner"),
    "todo.group.overdue": ("逾期", "Overdue"),
    "todo.group.week": ("七日內", "In the next seven days"),
    "todo.group.later": ("之後", "Later"),
    "todo.group.none": ("沒有日期", "No date"),
    "todo.group.nobody": ("未知誰負責", "Owner not known"),
    "todo.overdue": ("逾期", "overdue"),
    "todo.calendar": ("匯出日曆", "Export to a calendar"),
    "todo.calendar.hint": (
        "有日期的未完成項目，每項一個全日活動，Google、Apple、Outlook 日曆都能匯入；再匯入會更新，不會重複。",
        "Open items with a date, each as an all-day event, which Google, Apple and Outlook calendars import; "
        "importing again updates them.",
    ),
    "todo.ticked": ("已完成：{text}", "Done: {text}"),
    "todo.undo": ("復原", "Undo"),
    "todo.more": ("只顯示最早到期的 {count} 項。", "Only the {count} that are due first are shown."),
    "todo.empty.title": ("沒有待辦", "Nothing to do"),
    "todo.empty.text": (
        "會議摘要裡的跟進事項會在這裡出現。",
        "Action items of your meetings' summaries appear here.",
    ),
    "todo.none.title": ("沒有符合的待辦", "No action item fits"),
    "todo.none.text": ("換一個負責人、限期或狀態試試。", "Try another owner, due date or state."),
}
