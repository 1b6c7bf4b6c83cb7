"""What is around every page."""

from __future__ import annotations

FRAME: dict[str, tuple[str, str]] = {
    "app": ("CantoMeet", "CantoMeet"),
    "nav.label": ("主選單", "Main"),
    "nav.upload": ("上載", "Upload"),
    "nav.meetings": ("會議", "Meetings"),
    "nav.actions": ("待辦", "Actions"),
    "nav.admin": ("管理", "Admin"),
    "nav.skip": ("跳到內容", "Skip to the content"),
    "language.other": ("EN", "中文"),
    "language.switch": ("Switch to English", "轉用中文"),
    "theme.switch": ("切換深淺色", "Switch between light and dark"),
    "connection.lost": ("與伺服器的連線斷了，正在重新連接…", "The connection to the server is lost. Reconnecting…"),
    "keys.title": ("鍵盤操作", "Keys"),
    "keys.open": ("鍵盤操作（?）", "Keys (?)"),
    "keys.close": ("關閉", "Close"),
    "keys.everywhere": ("每一頁", "Everywhere"),
    "keys.player": ("會議頁", "On a meeting"),
    "keys.help": ("打開這個表", "Show this list"),
    "keys.upload": ("去上載", "Go to Upload"),
    "keys.meetings": ("去會議", "Go to Meetings"),
    "keys.actions": ("去待辦", "Go to Actions"),
    "keys.admin": ("去管理", "Go to Admin"),
    "keys.search": ("搜尋", "Search"),
    "keys.play": ("播放或暫停", "Play or pause"),
    "keys.next": ("下一句", "Next line"),
    "keys.previous": ("上一句", "Previous line"),
    "keys.skip": ("快轉、倒退 5 秒", "5 seconds on, 5 seconds back"),
    "keys.speed": ("快一點、慢一點", "Faster, slower"),
    "keys.follow": ("跟隨播放", "Follow along"),
    "keys.edit": ("修改正在播放的一句", "Correct the line being played"),
    "loading": ("載入中", "Loading"),
    "error.page": ("這一頁出了錯，資料沒有受影響。", "This page ran into an error. Your data is not affected."),
    "error.unexpected": (
        "剛才的操作出了錯（編號 {reference}），錄音和紀錄不受影響。請再試一次。",
        "That did not work (reference {reference}). Recordings and transcripts are not affected. Please try again.",
    ),
    "database.away": (
        "資料庫暫時沒有回應；錄音和紀錄不受影響，恢復後這頁會自動顯示。剛才的操作未必完成，請到時再試。",
        "The database is not answering just now. Recordings and transcripts are not affected, "
        "and this page fills by itself once it does. What you did just now may not be done: try it again then.",
    ),
    "paused": (
        "處理由 {time} 起暫停，錄音已保存；恢復後會自動繼續。",
        "Processing has been paused since {time}. The recordings are safe, and it goes on by itself once resumed.",
    ),
    "missing.title": ("找不到這個會議", "There is no such meeting"),
    "missing.text": (
        "它可能已被刪除，或者連結不完整。",
        "It may have been deleted, or the link is incomplete.",
    ),
    "missing.back": ("看所有會議", "See all meetings"),
    "lost.title": ("沒有這一頁", "There is no such page"),
}
