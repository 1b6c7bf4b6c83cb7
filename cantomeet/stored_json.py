"""The JSON in the tables' columns (pure)."""

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
    """A place in the transcript that proves an item; times in seconds."""

    segment_id: str
    quote: str
    start: float
    end: float
    check: Check
    was: NotRequired[Check | None]
    """The value of `check` before a correction removed the quote from its line (`cantomeet.quotes`)."""
    proposed: NotRequired[bool]
    """Not a given quote, but the line that is most like the item."""


class StoredUsage(TypedDict):
    """Use of a language model; `cost` is None without prices."""

    requests: int
    tokens_in: int
    tokens_out: int
    repeats: int
    reused: int
    cost: float | None
    estimated: bool


Params = dict[str, str | int | float]
"""Parameters of an error's text."""


class WarningDetails(TypedDict, total=False):
    """Parameters of a warning's text."""

    seconds: float
    at: float
    """Seconds from the start."""
    places: list[list[float]]
    """Start and length of each, in seconds."""
    count: int
    kilobytes: int


class StoredCoverage(TypedDict):
    """How many segments a summary covers, of how many."""

    covered: int
    total: int


class StoredSection(TypedDict):
    """A heading of a template."""

    kind: SectionKind
    title: str
    title_en: NotRequired[str]
    """Only if a built-in template has one; otherwise a summary keeps it empty."""
