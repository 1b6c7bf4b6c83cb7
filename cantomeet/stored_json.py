"""Shapes of the JSON that the tables keep (pure)."""

from __future__ import annotations

from typing import Literal, NotRequired

# Not from `typing`: before Python 3.12 Pydantic, which reads the tables' annotations, takes only this one.
from typing_extensions import TypedDict

Check = Literal["exact", "folded", "unverified"]
SectionKind = Literal["overview", "chapter", "decision", "action_item", "question", "risk", "quote", "note"]


class StoredWord(TypedDict):
    """A word of a segment; times in seconds."""

    text: str
    start: float
    end: float
    confidence: float | None


class Proof(TypedDict):
    """A place in the transcript that bears an item out; times in seconds."""

    segment_id: str
    quote: str
    start: float
    end: float
    check: Check
    was: NotRequired[Check | None]
    """What `check` was before a correction took the quote out of its line (`cantomeet.quotes`)."""
    proposed: NotRequired[bool]
    """No quote that anybody gave, but the line likest to the item."""


class StoredUsage(TypedDict):
    """What a language model was asked; `cost` is None without prices."""

    requests: int
    tokens_in: int
    tokens_out: int
    repeats: int
    reused: int
    cost: float | None
    estimated: bool


Params = dict[str, str | int | float]
"""Of an error's text."""


class WarningDetails(TypedDict, total=False):
    """What the text of a warning names."""

    seconds: float
    at: float
    """Seconds from the start."""
    places: list[list[float]]
    """Start and length of each, in seconds."""
    count: int
    kilobytes: int


class StoredCoverage(TypedDict):
    """Segments that a summary covers, of how many."""

    covered: int
    total: int


class StoredSection(TypedDict):
    """A heading of a template."""

    kind: SectionKind
    title: str
    title_en: NotRequired[str]
    """Only where a template that ships has one; a summary keeps it empty otherwise."""
