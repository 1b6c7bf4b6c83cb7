"""How often others may be asked, and when to ask again (pure).

A provider's limits hold for the whole installation, so the turns are counted in the database, not in a process. Nothing
here waits: whoever has to is told for how many seconds, and comes back by its due time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WINDOW = 1.0
"""Seconds in which at most `Limit.most` turns are given, wherever the window begins."""
AHEAD = 1.0
"""Seconds by which a turn may be taken early: the queue's scheduler wakes what is due once a second, all at once."""

FARTHEST = 3600.0
"""Seconds by which a place can lie ahead: at the slowest pace more than a provider lets one account have in flight."""
_SHORTEST_WAIT = 0.001
"""Seconds; a difference of two clock readings may round to nothing, which would mean "now"."""

FIRST_PAUSE = 5.0
"""Seconds until a job is first looked at, and between looks while it is young, unless the settings say otherwise."""
LONGEST_PAUSE = 60.0
LOOKS_A_SECOND = 25.0
"""Of all meetings in flight together, where nothing tells which of them may be done; half of what the strictest
provider allows, as a look may need two requests. That no more are taken is for the turns to see to."""


@dataclass(frozen=True)
class Limit:
    name: str
    """Of the row that counts it."""
    most: int
    """Turns within any `WINDOW`."""
    pace: float
    """Turns a second that are reserved. Well below `most` those who come late find room at once; above it all turns
    are taken, and some come in vain."""


@dataclass(frozen=True)
class Turns:
    """What is known of one limit. Times are Unix seconds by the database's clock."""

    reserved_until: float = 0.0
    recent: tuple[float, ...] = ()
    """When turns were taken, no older than `WINDOW`."""


def taken(turns: Turns, limit: Limit, now: float, *, reserved: bool = False) -> tuple[Turns, float]:
    """The turns after one more is asked for, and the seconds to wait for it: 0.0 where it is taken now.

    Who has to wait has a place reserved for then, and comes back with `reserved`; late or not, the place is kept.
    """
    recent = _recent(turns, now)
    reserved_until = turns.reserved_until
    if reserved_until - now > FARTHEST:
        reserved_until = now  # noted before the clock was put back: nobody is to wait until it has caught up
    if not reserved:
        place = max(reserved_until, now)
        reserved_until = place + 1.0 / limit.pace
        if place - now > AHEAD:
            return Turns(reserved_until, recent), place - now
    if len(recent) >= limit.most:
        return Turns(reserved_until, recent), max(_SHORTEST_WAIT, recent[-limit.most] + WINDOW - now)
    return Turns(reserved_until, (*recent, now)), 0.0


def spent(turns: Turns, now: float) -> Turns:
    """The turns after a request that could not wait."""
    return Turns(turns.reserved_until, (*_recent(turns, now), now))


def _recent(turns: Turns, now: float) -> tuple[float, ...]:
    # What seems to lie in the future was noted before the clock was put back.
    return tuple(at for at in turns.recent if now - WINDOW < at <= now)


def pause_before_look(
    waited: float, in_flight: int, usual: Sequence[float] = (), *, first: float = FIRST_PAUSE
) -> float:
    """Seconds until a job that has run for `waited` seconds is looked at again, `in_flight` of them running in all.

    A tenth of the time waited so far: a short job is seen soon, a long one costs few requests. Where so many are in
    flight that each can be looked at only now and then, it is looked at when it may be done: at the `usual` times,
    in rising order, of those like it.
    """
    pause = min(LONGEST_PAUSE, max(first, waited / 10))
    crowded = in_flight / LOOKS_A_SECOND
    if crowded <= pause:
        return pause
    likely = next((at for at in usual if at > waited), None)
    if likely is None:
        return crowded
    # Not for very long in one go, or a provider that has become faster would be noticed late.
    return max(pause, min(likely - waited, max(LONGEST_PAUSE, crowded)))


def look_again(looks: int, lag: float, passed: float) -> float | None:
    """Seconds until a lost submission is looked for once more, `looks` having found nothing; None after the last.

    The pauses double from 2 s and add up to `lag`, by which a provider's list may be behind. Looks that came sooner, as
    a person had them come, do not shorten it: `passed` are the seconds since the first.
    """
    pauses = list(_pauses(lag))
    if looks <= len(pauses):
        return pauses[looks - 1]
    return lag - passed if passed < lag else None


def _pauses(lag: float) -> Iterator[float]:
    passed, pause = 0.0, 2.0
    while passed < lag:
        yield min(pause, lag - passed)
        passed += pause
        pause *= 2
