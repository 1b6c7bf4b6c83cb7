"""Rate limits of providers. A step that has to wait ends at once, and its meeting is due again later."""

from __future__ import annotations

import random
from typing import Unpack

from cantomeet.models import Meeting
from cantomeet.pacing import Limit
from cantomeet.store import StepColumns
from worker.toolbox import Toolbox


def read_limit(provider: str) -> Limit:
    """The limit of requests that only read. Speechmatics allows 50 a second."""
    return Limit(f"{provider}.ask", most=40, pace=30.0)


def submit_limit(provider: str) -> Limit:
    """The limit of submissions. Speechmatics allows 10 a second.

    Turns are reserved a little faster than they are granted, so that none stays unused when the queue wakes a meeting
    up to a second late.
    """
    return Limit(f"{provider}.send", most=9, pace=9.5)


class Snooze(Exception):
    """Ends a step without a failure: it runs again in `seconds`, and `columns` of the meeting are saved until then.

    `turn` names the limit of which a turn is reserved for that time. `tries` and `deaths` replace the job's counts;
    None leaves them.
    """

    def __init__(
        self,
        seconds: float,
        *,
        turn: str | None = None,
        tries: int | None = None,
        deaths: int | None = None,
        **columns: Unpack[StepColumns],
    ) -> None:
        super().__init__(f"in {seconds:.1f} s")
        self.seconds, self.turn, self.tries, self.deaths = seconds, turn, tries, deaths
        self.columns = columns


def wait_for_turn(tools: Toolbox, meeting: Meeting, limit: Limit) -> None:
    """Take a turn of `limit` now. Raises `Snooze`, with a turn reserved, if the limit is used up for now.

    A meeting of high priority takes the next free turn instead of queuing behind the others.
    """
    reserved = meeting.job.turn == limit.name
    wait = tools.store.turns.take(limit, reserved=reserved or meeting.priority == "high")
    if wait <= 0:
        return
    if reserved:
        # More meetings woke at once than the limit allows, for example after an outage: spread them over the time
        # that their turns take.
        wait += random.uniform(0.0, tools.store.turns.late(limit) / limit.most)
    raise Snooze(wait, turn=limit.name)
