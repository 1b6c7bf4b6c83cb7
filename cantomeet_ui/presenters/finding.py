"""What is found in the lines of one transcript."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cantomeet.cantonese import SearchQuery, SoundQuery
from cantomeet_ui.presenters.marked import Part, parts

MOST_FOUND = 1000
"""Lines that are sent to a page."""


@dataclass(frozen=True)
class FoundLines:
    q: str = ""
    """What was looked for."""
    ids: list[str] = field(default_factory=list)
    """Of the lines that have it, in order."""
    lines: dict[str, list[Part]] = field(default_factory=dict)
    """The texts of these, by id."""
    more: bool = False
    """Whether there are more than `MOST_FOUND`."""


def found_lines(q: str, asked: SearchQuery | SoundQuery, texts: Iterable[tuple[str, str]]) -> FoundLines:
    """`texts` are all lines as they are shown: id and text."""
    found = {line_id: parts(text, marks) for line_id, text in texts if (marks := asked.marks(text))}
    ids = list(found)[:MOST_FOUND]
    return FoundLines(q, ids, {line_id: found[line_id] for line_id in ids}, more=len(found) > MOST_FOUND)
