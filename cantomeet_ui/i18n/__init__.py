"""Two languages from one table: Hong Kong's written Chinese and English."""

from __future__ import annotations

from cantomeet.reasons import EN, ZH
from cantomeet_ui.i18n.texts import TEXTS

LANGUAGES = (ZH, EN)


def language_of(wanted: str, default: str) -> str:
    """`wanted` where it is one of ours; a browser may send anything."""
    return wanted if wanted in LANGUAGES else default


def text(language: str, key: str, **params: str | int) -> str:
    """One text. Raises `KeyError` for an unknown key or a missing parameter."""
    zh, en = TEXTS[key]
    return (en if language == EN else zh).format(**params)


def counted(language: str, key: str, count: int, **params: str | int) -> str:
    """One text with a number in it: `key.one` or `key.many`."""
    return text(language, f"{key}.one" if count == 1 else f"{key}.many", count=count, **params)


def page_texts(language: str) -> dict[str, str]:
    """All texts that stand in pages as they are: those without a parameter."""
    column = LANGUAGES.index(language)
    return {key: pair[column] for key, pair in TEXTS.items() if "{" not in pair[column]}
