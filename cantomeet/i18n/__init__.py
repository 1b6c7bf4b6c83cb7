"""Texts for people in Hong Kong's written Chinese and in English, by key.

A key's first word names the subject. A text with a count has two keys, `<key>.one` and `<key>.many`.
"""

from __future__ import annotations

from string import Formatter

from cantomeet.i18n.catalogue import PAGE_TEXTS, TEXTS

ZH = "zh-Hant-HK"
EN = "en"
LANGUAGES = (ZH, EN)


def is_english(language: str) -> bool:
    return language.startswith("en")


def language_of(wanted: str, default: str) -> str:
    """Return `wanted` if it is one of `LANGUAGES`, else `default`; a browser may send anything."""
    return wanted if wanted in LANGUAGES else default


def text(language: str, key: str, /, **params: object) -> str:
    """The text of `key` in English for "en" or "en-...", else in Chinese.

    Raises `KeyError` for an unknown key or a missing parameter.
    """
    return TEXTS[key][is_english(language)].format(**params)


def counted(language: str, key: str, count: int, /, **params: object) -> str:
    """The text of `key` for a number: `<key>.one` for 1, else `<key>.many`."""
    return text(language, f"{key}.one" if count == 1 else f"{key}.many", count=count, **params)


def has_text(key: str) -> bool:
    """False for a key made from a code that this version does not know."""
    return key in TEXTS


def blanks(key: str) -> frozenset[str]:
    """The names of the parameters that the text of `key` takes."""
    return frozenset(name for _, name, _, _ in Formatter().parse(TEXTS[key][0]) if name)


def is_page_text(key: str) -> bool:
    """True for a text that a page may show as it is: one without parameters."""
    return key in PAGE_TEXTS and not blanks(key)


def page_texts(language: str) -> dict[str, str]:
    """All texts that pages show as they are, by key."""
    return {key: text(language, key) for key in PAGE_TEXTS if is_page_text(key)}
