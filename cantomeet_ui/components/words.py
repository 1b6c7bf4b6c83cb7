"""Texts of the pages in the reader's language."""

from __future__ import annotations

from typing import Any, TypeAlias

from cantomeet_ui.i18n.texts import TEXTS
from cantomeet_ui.state.language import LanguageState

Words: TypeAlias = Any
"""A text, or a Var of one."""
Handler: TypeAlias = Any
"""One event handler, with or without its arguments, or several."""


def say(key: str) -> Words:
    """The text of `key`, following the reader's choice. Raises `KeyError` while the pages are built."""
    zh, _ = TEXTS[key]
    if "{" in zh:
        raise KeyError(f"{key} has parameters: a view fills them in")
    return LanguageState.t[key]
