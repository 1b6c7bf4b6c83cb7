"""Turns at a provider, and when a meeting without a turn tries again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from cantomeet.models import Job
from cantomeet.store import Database
from tests import meetings
from tests.worker.test_pipeline import House
from worker.turns import Snooze, submit_limit, wait_for_turn

SEND = submit_limit("speechmatics")


@pytest.mark.parametrize("late", [0, 5, 450])
def test_meetings_that_wake_together_are_spread_over_the_time_they_take(
    store: Database, tmp_path: Path, late: int
) -> None:
    """After an outage all reserved turns are due at once, otherwise a few. No turn should stay unused for long."""
    house = House(store, tmp_path / "recordings", "speechmatics")
    mine = meetings.uploaded(store)
    with store.engine.begin() as connection:
        past = {"turn": SEND.name, "due_at": store.now() - timedelta(seconds=1)}
        for n in range(late):
            connection.execute(insert(Job).values({**mine.job.model_dump(), "subject": f"{n:036}", **past}))
    waiting = meetings.at_rest(mine, turn=SEND.name)
    assert store.turns.late(SEND) == late
    waits = []
    for _ in range(60):
        for _ in range(SEND.most):
            store.turns.spend(SEND)
        with pytest.raises(Snooze) as later:
            wait_for_turn(house.tools, waiting, SEND)
        waits.append(later.value.seconds)
    assert max(waits) <= 1.0 + late / SEND.most
    assert max(waits) >= 0.5 * late / SEND.most
