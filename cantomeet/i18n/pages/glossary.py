"""The glossary's page."""

from __future__ import annotations

GLOSSARY: dict[str, tuple[str, str]] = {
    "glossary.title": ("詞彙表", "Glossary"),
    "glossary.link": ("詞彙表：人名、產品名、行話", "Glossary: names, products, jargon"),
    "glossary.use.speechmatics": (
        "這些詞會隨每段錄音送到 Speechmatics，令它較易聽出。最多 {most} 個。",
        "These terms go to Speechmatics with every recording, so that it hears them better. At most {most}.",
    ),
    "glossary.use.whisper": (
        "現在由本機的 Whisper 轉錄，它不用詞彙表；這些詞在設定 SPEECHMATICS_API_KEY 後才有用。最多 {most} 個。",
        "Whisper on this machine transcribes now and does not use the glossary; the terms count once "
        "SPEECHMATICS_API_KEY is set. At most {most}.",
    ),
    "glossary.how": (
        "一行一個詞，最多六個字詞。聽起來像甚麼可以寫在冒號後，用中文字，以逗號分隔。",
        "One term a line, at most six words. What it sounds like may follow a colon, in Chinese characters, "
        "with commas between.",
    ),
    "glossary.example": ("葵涌\nCantoMeet: 簡圖米, 簡圖咪", "葵涌\nCantoMeet: 簡圖米, 簡圖咪"),
    "glossary.count.one": ("已存 {count} 個詞", "{count} term stored"),
    "glossary.count.many": ("已存 {count} 個詞", "{count} terms stored"),
    "glossary.saved": ("已儲存，之後送出的錄音會用上。", "Saved; recordings sent from now on use it."),
    "glossary.refused": ("沒有儲存：", "Not saved:"),
    "glossary.changed_elsewhere": (
        "有人先改了詞彙表，沒有儲存。再按儲存，會以你這份取代。",
        "Somebody changed the glossary first, so it was not saved. Press Save again to put yours in its place.",
    ),
}
