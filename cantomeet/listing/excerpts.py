"""The part of a long text around what was found in it (pure)."""

from __future__ import annotations

from collections.abc import Sequence

Marks = Sequence[tuple[int, int]]
"""Ranges of a text in characters: the first, and the one behind the last."""
_BEFORE = 30
_AFTER = 150
"""Characters that are shown before and after the first mark."""


def excerpt(text: str, marks: Marks) -> tuple[str, Marks]:
    """The text around its first mark, and the marks in that. `marks` are in order and not empty."""
    first, behind = marks[0]
    begin, end = max(0, first - _BEFORE), behind + _AFTER
    cut = "…" if begin else ""
    moved = [(a - begin + len(cut), min(b, end) - begin + len(cut)) for a, b in marks if a < end]
    return cut + text[begin:end] + ("…" if end < len(text) else ""), moved
