"""What can be wrong with a glossary."""

from __future__ import annotations

GLOSSARY_FAULTS: dict[str, tuple[str, str]] = {
    "glossary.fault.too_many": (
        "有 {count:,} 個詞，最多 {limit:,} 個",
        "{count:,} glossary terms, at most {limit:,} are taken",
    ),
    "glossary.fault.empty": ("沒有文字", "is empty"),
    "glossary.fault.control": ("有控制字元", "has a control character"),
    "glossary.fault.words": (
        "有 {count} 個字詞，最多 {limit} 個",
        "has {count} words, at most {limit} are taken",
    ),
    "glossary.fault.long": (
        "有 {count} 個字元，最多 {limit} 個",
        "has {count} characters, at most {limit} are taken",
    ),
    "glossary.fault.script": (
        "讀音「{value}」不是中文字",
        "sounds_like: {value!r} is not in Chinese characters",
    ),
    "glossary.fault.sound_empty": ("有一個讀音沒有文字", "sounds_like: is empty"),
    "glossary.fault.sound_control": ("讀音有控制字元", "sounds_like: has a control character"),
    "glossary.fault.sound_words": (
        "讀音「{value}」有 {count} 個字詞，最多 {limit} 個",
        "sounds_like: {value!r} has {count} words, at most {limit} are taken",
    ),
    "glossary.fault.sound_long": (
        "讀音「{value}」有 {count} 個字元，最多 {limit} 個",
        "sounds_like: {value!r} has {count} characters, at most {limit} are taken",
    ),
    "glossary.fault.sounds": (
        "有 {count} 個讀音，最多 {limit} 個",
        "has {count} sounds_like, at most {limit} are taken",
    ),
    "glossary.fault.not_a_list": ("sounds_like 不是清單", "sounds_like is not a list"),
    "glossary.fault.unknown_field": ("不明欄位 {value!r}", "unknown field {value!r}"),
    "glossary.fault.colon": (
        "詞裡有冒號；冒號用來分開詞和讀音",
        "has a colon, which parts a term from what it sounds like",
    ),
    "glossary.fault.comma": (
        "讀音「{value}」裡有逗號或冒號",
        "sounds_like: {value!r} has a comma or colon, which part sounds",
    ),
    "glossary.fault.twice": ("在第 {count} 個已經出現", "is there already, as number {count}"),
    "glossary.fault.of_number": ("第 {number} 個詞{told}", "glossary term {number} {told}"),
    "glossary.fault.of_term": (
        "第 {number} 個詞「{term}」{told}",
        "glossary term {number} ({term}) {told}",
    ),
}
