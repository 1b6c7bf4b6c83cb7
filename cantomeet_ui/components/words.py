"""Texts of the pages in the reader's language."""

from __future__ import annotations

from typing import Any, TypeAlias

import reflex as rx

from cantomeet.i18n import is_page_text
from cantomeet_ui.state.language import LanguageState

Words: TypeAlias = str | rx.Var[str]
"""A text or a Var of a text."""
Handler: TypeAlias = Any
"""An event handler, with or without its arguments, or several handlers. What `handler` makes has no narrower type."""


def say(key: str) -> Words:
    """The text of `key` in the reader's language, as a Var.

    Raises `KeyError` while the pages are built, if the key is unknown or its text has parameters.
    """
    if not is_page_text(key):
        raise KeyError(f"{key} is no text that a page shows as it is")
    return LanguageState.t[key]
