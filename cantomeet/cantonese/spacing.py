"""Sets spaces and punctuation in Cantonese text that contains English.

There is no space between two Chinese characters, around full-width punctuation or before a closing mark. There is one
between Chinese and Latin letters or digits, and between Latin words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, Protocol

Attachment = Literal["previous", "next", "both", "none"]

Kind = Literal["chinese", "wide", "latin", "percent", "money", "open", "close", "other"]

_CHINESE = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30fa\u30fc-\u30ff\u3100-\u312f\u31a0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Chinese characters, and kana and bopomofo, which are spaced alike."""
_WIDE = re.compile(r"[\u3000-\u303f\u30fb\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uff65\uffe0-\uffe6]")
"""Full-width punctuation, letters and digits, which contain their own space."""
_FULL_WIDTH = {",": "，", "?": "？", "!": "！", ";": "；", ":": "：", ".": "。"}


class Joinable(Protocol):
    """One word, mark or entity of a recogniser."""

    @property
    def text(self) -> str: ...
    @property
    def attaches_to(self) -> Attachment | None:
        """The neighbour that it touches according to the recogniser, which overrides every rule here."""
        ...


def join_words(words: Iterable[Joinable]) -> str:
    """Join a recogniser's words and marks; only spaces are added or removed.

    "none" separates a mark from Latin neighbours, but Chinese characters never get a space between them.
    """
    joined = ""
    before: Attachment | None = None
    for word in words:
        text = space(word.text)
        if not text:
            continue
        if joined:
            joined += _between(joined[-1], before, text, word.attaches_to)
        joined += text
        before = word.attaches_to
    return joined


def _between(left: str, left_attaches: Attachment | None, text: str, attaches: Attachment | None) -> str:
    if left_attaches in ("next", "both") or attaches in ("previous", "both"):
        return ""
    if "none" in (left_attaches, attaches):
        set_apart = {_kind(left), _kind(text[0])}.isdisjoint({"chinese", "wide"})
        return " " if set_apart else ""
    return _gap(left, text[0], text[1:2], spaced=True)


def space(text: str) -> str:
    """Correct the spaces of `text`, and keep all other characters in order. Idempotent."""
    spaced: list[str] = []
    left = ""
    between = False
    for index, character in enumerate(text):
        if character.isspace():
            between = True
            continue
        if left:
            spaced.append(_gap(left, character, text[index + 1 : index + 2], spaced=between))
        spaced.append(character)
        left, between = character, False
    return "".join(spaced)


def typeset(text: str) -> str:
    """Set a recogniser's text for display: full-width punctuation after Chinese, spaces as in `space`. Idempotent."""
    return space(widen_punctuation(text))


def widen_punctuation(text: str) -> str:
    """Make marks after Chinese characters full-width; the length stays the same.

    Decimal points, times, URLs and marks inside English stay as they are.
    """
    widened: list[str] = []
    left = ""
    for index, character in enumerate(text):
        if character in _FULL_WIDTH and _belongs_to_chinese(left, character, text, index):
            character = _FULL_WIDTH[character]
        widened.append(character)
        if not character.isspace():
            left = character
    return "".join(widened)


def _belongs_to_chinese(left: str, mark: str, text: str, index: int) -> bool:
    if not left:
        return False
    following = text[index + 1 : index + 2]
    if _kind(left) in ("chinese", "wide"):
        # ".NET" and "..." keep their points.
        return mark != "." or not following or (_kind(following) != "latin" and following != ".")
    # A point or colon after a letter or digit may belong to a version, a time or an abbreviation.
    if mark in ".:" or _kind(left) not in ("latin", "percent"):
        return False
    right = next((c for c in text[index + 1 : index + 64] if not c.isspace()), "")
    return bool(right) and _kind(right) == "chinese"


def _gap(left: str, right: str, following: str, *, spaced: bool) -> str:
    """Return the text between two characters; `spaced` tells whether there was a space, `following` comes after
    `right`.
    """
    one, other = _kind(left), _kind(right)
    if "wide" in (one, other) or one == other == "chinese":
        return ""
    if (one, other) in _SET_APART:
        return " "
    if not spaced or one == "open" or (one == "money" and other == "latin"):
        return ""
    return "" if _closes(right, other, following) else " "


_SET_APART = frozenset({("chinese", "latin"), ("latin", "chinese"), ("chinese", "money"), ("percent", "chinese")})


def _closes(mark: str, kind: Kind, following: str) -> bool:
    """Tell whether the mark ends what came before it.

    A point or colon right before a letter or digit begins a word (".NET").
    """
    if mark in ".:" and following and _kind(following) == "latin":
        return False
    return kind in ("close", "percent")


def _kind(character: str) -> Kind:
    if character.isascii():
        return _ascii_kind(character)
    if _CHINESE.match(character):
        return "chinese"
    if _WIDE.match(character):
        return "wide"
    if character in "£€¥￥":
        return "money"
    if character in "…‰℃":
        return "close"
    return "latin" if character.isalnum() else "other"


def _ascii_kind(character: str) -> Kind:
    if character.isalnum():
        return "latin"
    if character in ",.?!:;)]}":
        return "close"
    if character in "([{":
        return "open"
    return "percent" if character == "%" else "money" if character == "$" else "other"
