"""The text shown for lines that the recogniser did not understand (pure).

Such a line keeps its time, so it can be played. Its `text` is empty until a person writes what was said, so no search
finds it and no summary uses it.
"""

from __future__ import annotations

from typing import Protocol

from cantomeet.i18n import LANGUAGES, text


class _Line(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def unclear(self) -> bool: ...


def shown_text(line: _Line, language: str) -> str:
    """The line's text, or a placeholder in the reader's language if the line is unclear."""
    return text(language, "piece.unclear") if line.unclear else line.text


def says_unclear(words: str) -> bool:
    """True if a person sent back the placeholder of `shown_text`."""
    return words.strip() in {text(language, "piece.unclear") for language in LANGUAGES}
