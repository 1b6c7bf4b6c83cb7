"""Clean-up of titles, descriptions, names and lines that people write (pure).

Marks that change the direction of writing are removed: they are invisible and make a text look like another.
"""

from __future__ import annotations

import unicodedata

from cantomeet.errors import InvalidRequest

LONGEST_TITLE = 255
"""The most characters of a title or a file name."""
LONGEST_DESCRIPTION = 10_000
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAKS = frozenset("\u2028\u2029")
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that look empty: Hangul fillers and the Braille pattern without dots."""


def checked_title(title: str) -> str:
    """The title as one line. Raises `InvalidRequest` (`title`)."""
    return one_line(title.strip(), "title", LONGEST_TITLE)


def checked_description(description: str) -> str:
    """The description, which may be empty or have several lines. Raises `InvalidRequest` (`description`)."""
    text = "\n".join(_without_marks(line) for line in description.splitlines()).strip()
    if len(text) > LONGEST_DESCRIPTION or any(_is_control(c) for c in text.replace("\n", "").replace("\t", "")):
        raise InvalidRequest(f"at most {LONGEST_DESCRIPTION} characters of text", field="description")
    return text


def one_line(text: str, field: str, longest: int) -> str:
    """The text with runs of space replaced by one space.

    Raises `InvalidRequest` if it is empty, too long or has control characters.
    """
    line = _without_marks(text)
    if any(_is_control(c) for c in line):
        raise InvalidRequest("has a control character", field=field)
    line = " ".join(line.split())
    if len(line) > longest or not any(_is_seen(c) for c in line):
        raise InvalidRequest(f"must be 1 to {longest} characters", field=field)
    return line


def visible(text: str) -> str:
    """The visible characters of a text that cannot be sent back to its writer, such as a file's name.

    Control characters, halves of surrogate pairs and direction marks are left out.
    """
    return "".join(c for c in _without_marks(text) if not _is_control(c)).strip()


def _without_marks(text: str) -> str:
    return "".join(c for c in text if c not in DIRECTION_MARKS)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _LINE_BREAKS


def _is_seen(character: str) -> bool:
    """True for a visible character. Combining marks do not count, because they need a letter."""
    return character not in _BLANKS and unicodedata.category(character) not in ("Cf", "Zs", "Cn", "Mn", "Me")
