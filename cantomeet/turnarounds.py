"""What a provider took for the last recordings, and so is likely to take for the next (pure)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import quantiles

REMEMBERED = 60
_FEWEST = 4
"""Turnarounds of like recordings that tell what is usual."""
_SHORT = 60.0
"""Seconds of a recording: below that the provider's own delays, not the length, make the turnaround."""


@dataclass(frozen=True)
class Turnaround:
    """What a provider took for a recording."""

    recording: float
    """Seconds of sound."""
    took: float
    """Seconds from its acceptance to its transcript, by the provider's clock."""


def usual(recent: Sequence[Turnaround], recording: float) -> tuple[float, ...]:
    """Seconds within which a third, two thirds and all of the recordings about as long as this one were done.

    About as long: up to twice or half. Nothing where too few tell.
    """
    length = max(_SHORT, recording)
    like = [one.took for one in recent if length / 2 <= max(_SHORT, one.recording) <= length * 2]
    return (*quantiles(like, n=3, method="inclusive"), max(like)) if len(like) >= _FEWEST else ()


def dumps(recent: Sequence[Turnaround]) -> str:
    """The last `REMEMBERED` of them, newest last."""
    return json.dumps([[round(number, 1) for number in astuple(one)] for one in recent[-REMEMBERED:]])


def loads(text: str | None) -> list[Turnaround]:
    """What `dumps` wrote; none for nothing, and for what another version of the program may have written."""
    try:
        return [Turnaround(float(recording), float(took)) for recording, took in json.loads(text or "[]")]
    except (ValueError, TypeError):
        return []


def remembered_as(provider: str) -> str:
    """The name in the table of what is remembered."""
    return f"turnarounds:{provider}"
