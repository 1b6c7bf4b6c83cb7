"""Lines that the recogniser heard and did not understand: what is shown in place of their text (pure).

Such a line keeps its place and its sound. Its `text` is empty, so that no search finds it and no summary rests on it,
until a person writes what was said.
"""

from __future__ import annotations

from typing import Protocol

from cantomeet.i18n import LANGUAGES, text


class _Line(Protocol):
    text: str
    unclear: bool


def shown_text(line: _Line, language: str) -> str:
    """Its text, or what says that there is none; `language` is the reader's."""
    return text(language, "piece.unclear") if line.unclear else line.text


def says_unclear(words: str) -> bool:
    """It is what `shown_text` gave, handed back."""
    return words.strip() in {text(language, "piece.unclear") for language in LANGUAGES}
