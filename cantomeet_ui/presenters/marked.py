"""A text in parts, so that a page marks what was found in it without counting characters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cantomeet.listing.excerpts import Marks


@dataclass(frozen=True)
class Part:
    text: str
    found: bool


def parts(text: str, marks: Marks) -> list[Part]:
    """The whole text; the parts at `marks` are found."""
    return [part for part in _parts(text, marks) if part.text]


def _parts(text: str, marks: Marks) -> Iterator[Part]:
    end = 0
    for first, behind in marks:
        yield Part(text[end:first], found=False)
        yield Part(text[first:behind], found=True)
        end = behind
    yield Part(text[end:], found=False)
