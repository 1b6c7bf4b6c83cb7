"""Steps that have to wait for somebody outside: they end at once, and the meeting is due again when it may go on."""

from __future__ import annotations

import random

from cantomeet.models import Meeting
from cantomeet.pacing import Limit
from worker.toolbox import Toolbox


def asking(provider: str) -> Limit:
    """Of requests that only ask. Speechmatics allows 50 a second."""
    return Limit(f"{provider}.ask", most=40, pace=30.0)


def sending(provider: str) -> Limit:
    """Of submissions. Speechmatics allows 10 a second. Reserved a little faster than they are given: somebody waits for
    each, and none is lost to a queue that wakes only once a second.
    """
    return Limit(f"{provider}.send", most=9, pace=9.5)


class Snooze(Exception):
    """Not a failure: the step is to be taken again in `seconds`, with `columns` of the meeting saved until then.

    `turn`: the limit of which a turn is reserved for then. `tries` and `deaths` are the job's counts; None leaves them.
    """

    def __init__(
        self,
        seconds: float,
        *,
        turn: str | None = None,
        tries: int | None = None,
        deaths: int | None = None,
        **columns: object,
    ) -> None:
        super().__init__(f"in {seconds:.1f} s")
        self.seconds, self.turn, self.tries, self.deaths = seconds, turn, tries, deaths
        self.columns = columns


def wait_for_turn(tools: Toolbox, meeting: Meeting, limit: Limit) -> None:
    """Raises `Snooze` where the installation has used up what the limit allows for now.

    A meeting of high priority takes no place behind the others, only the next free one.
    """
    reserved = meeting.job.turn == limit.name
    wait = tools.store.take_turn(limit, reserved=reserved or meeting.priority == "high")
    if wait <= 0:
        return
    if reserved:
        # More came at once than may, a few or, after everything stood still, all: spread over as long as they take.
        wait += random.uniform(0.0, tools.store.late_for_turn(limit) / limit.most)
    raise Snooze(wait, turn=limit.name)
