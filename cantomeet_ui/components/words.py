"""Texts of the pages in the reader's language."""

from __future__ import annotations

from typing import Any, TypeAlias

import reflex as rx

from cantomeet.i18n import is_page_text
from cantomeet_ui.state.language import LanguageState

Words: TypeAlias = str | rx.Var[str]
"""A text, or a Var of one."""
Handler: TypeAlias = Any
"""One event handler, with or without its arguments, or several: each is made by `handler`, which has no type of it."""


def say(key: str) -> Words:
    """The text of `key`, following the reader's choice. Raises `KeyError` while the pages are built."""
    if not is_page_text(key):
        raise KeyError(f"{key} is no text that a page shows as it is")
    return LanguageState.t[key]
