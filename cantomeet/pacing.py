"""Rate limits of providers, and pauses between polls (pure).

A provider's limits hold for the whole installation, so turns are counted in the database and not in a process. Nothing
here sleeps: a caller that has to wait gets the seconds, and its job comes back when it is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WINDOW = 1.0
"""Seconds; any window of this length has at most `Limit.most` turns."""
AHEAD = 1.0
"""Seconds by which a turn may be taken early, because the queue's scheduler wakes due jobs once a second."""

FARTHEST = 3600.0
"""Seconds by which a reserved turn can lie ahead.

At the slowest pace that is more turns than a provider lets one account have in flight.
"""
_SHORTEST_WAIT = 0.001
"""Seconds; a shorter wait might round to 0.0, which means that the turn was taken."""

FIRST_PAUSE = 0.5
"""Seconds until a job is first polled, and between polls while few are in flight, unless the settings say otherwise."""
CALM_PAUSE = 5.0
"""Seconds between polls of a young job while many are in flight."""
LONGEST_PAUSE = 60.0
EAGER_LOOKS_A_SECOND = 4.0
"""Polls a second for all meetings in flight, to show an answer at once where few of them wait for one."""
LOOKS_A_SECOND = 25.0
"""Polls a second for all meetings in flight, if nothing tells which of them may be done.

It is half of what the strictest provider allows, because a poll may need two requests. The turns enforce the limit.
"""

_EARLY, _LATE = 0.5, 1.5
"""Of the usual turnarounds: the answer may come from half the fastest third's to one and a half times the slowest's."""


@dataclass(frozen=True)
class Limit:
    name: str
    """The name of the row that counts the turns."""
    most: int
    """The most turns within any `WINDOW`."""
    pace: float
    """Turns a second that are reserved.

    With a pace well below `most` a caller that comes late gets a turn at once. With a pace above it all turns are used,
    and some callers have to wait again.
    """


@dataclass(frozen=True)
class Turns:
    """The state of one limit. Times are Unix seconds by the database's clock."""

    reserved_until: float = 0.0
    recent: tuple[float, ...] = ()
    """Times of turns taken within the last `WINDOW`."""


def taken(turns: Turns, limit: Limit, now: float, *, reserved: bool = False) -> tuple[Turns, float]:
    """The turns after a request for one more, and the seconds to wait: 0.0 if the turn is taken now.

    A caller that has to wait holds a reservation and comes back with `reserved`. A late caller keeps its reservation.
    """
    recent = _recent(turns, now)
    reserved_until = turns.reserved_until
    if reserved_until - now > FARTHEST:
        reserved_until = now  # The clock was put back after this was noted, so it must not hold anybody up.
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
    # A time in the future was noted before the clock was put back.
    return tuple(at for at in turns.recent if now - WINDOW < at <= now)


def pause_before_look(
    waited: float, in_flight: int, usual: Sequence[float] = (), *, first: float = FIRST_PAUSE
) -> float:
    """Seconds until the next poll of a job that has run for `waited` seconds, with `in_flight` jobs in all.

    `usual` are the turnarounds of similar jobs, in rising order. While few jobs are in flight, a job is polled as often
    as `EAGER_LOOKS_A_SECOND` lets it while its answer may come at any moment. Otherwise it is polled as if it were one
    of many.
    """
    calm = _pause_among_many(waited, in_flight, usual, first)
    eager = max(first, in_flight / EAGER_LOOKS_A_SECOND)
    if not usual:
        # Nothing tells when it may be done: a twentieth of the time waited so far keeps the polls of a long job few.
        return min(calm, max(eager, waited / 20))
    begins, ends = usual[0] * _EARLY, usual[-1] * _LATE
    if waited < begins:
        return min(calm, max(eager, begins - waited))
    return min(calm, eager) if waited <= ends else calm


def _pause_among_many(waited: float, in_flight: int, usual: Sequence[float], first: float) -> float:
    """The pause is a tenth of the time waited so far, so a short job is noticed soon and a long one costs few requests.

    If too many jobs are in flight to poll each so often, a job is polled when it is likely to be done.
    """
    pause = min(LONGEST_PAUSE, max(first, CALM_PAUSE, waited / 10))
    crowded = in_flight / LOOKS_A_SECOND
    if crowded <= pause:
        return pause
    likely = next((at for at in usual if at > waited), None)
    if likely is None:
        return crowded
    # The pause is bounded, so that a provider that has become faster is noticed soon.
    return max(pause, min(likely - waited, max(LONGEST_PAUSE, crowded)))


def look_again(looks: int, lag: float, passed: float) -> float | None:
    """Seconds until the next look for a lost submission, after `looks` have found nothing; None after the last.

    The pauses double from 2 s and add up to `lag`, the seconds by which a provider's list may be behind. `passed` are
    the seconds since the first look. A person may cause looks that come sooner; these do not shorten the search.
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
