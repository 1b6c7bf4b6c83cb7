"""Turnarounds of a provider's last jobs, to predict the next ones (pure)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from statistics import quantiles

REMEMBERED = 60
_FEWEST = 4
"""The fewest similar recordings from which a prediction is made."""
_SHORT = 60.0
"""Seconds; the turnaround of a shorter recording depends on the provider's own delays and not on its length."""


@dataclass(frozen=True)
class Turnaround:
    """The time that a provider took for a recording."""

    recording: float
    """Seconds of sound."""
    took: float
    """Seconds from acceptance to transcript, by the provider's clock."""


def usual(recent: Sequence[Turnaround], recording: float) -> tuple[float, ...]:
    """Seconds within which a third, two thirds and all of similar recordings were done.

    Similar recordings are between half and twice as long. The result is empty if there are too few.
    """
    length = max(_SHORT, recording)
    like = [one.took for one in recent if length / 2 <= max(_SHORT, one.recording) <= length * 2]
    return (*quantiles(like, n=3, method="inclusive"), max(like)) if len(like) >= _FEWEST else ()


def dumps(recent: Sequence[Turnaround]) -> str:
    """The last `REMEMBERED` turnarounds as JSON, newest last."""
    return json.dumps([[round(number, 1) for number in astuple(one)] for one in recent[-REMEMBERED:]])


def loads(text: str | None) -> list[Turnaround]:
    """The turnarounds that `dumps` wrote; empty for None and for text of another version of the program."""
    try:
        return [Turnaround(float(recording), float(took)) for recording, took in json.loads(text or "[]")]
    except (ValueError, TypeError):
        return []


def remembered_as(provider: str) -> str:
    """The key under which the store remembers the turnarounds."""
    return f"turnarounds:{provider}"
