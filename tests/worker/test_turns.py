"""Turns at a provider: who comes in vain, and when they come again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from cantomeet.models import Job
from cantomeet.store import MeetingStore
from tests import meetings
from tests.worker.test_pipeline import House
from worker.turns import Snooze, submit_limit, wait_for_turn

SEND = submit_limit("speechmatics")


@pytest.mark.parametrize("late", [0, 5, 450])
def test_those_who_come_together_are_spread_over_as_long_as_they_take(
    store: MeetingStore, tmp_path: Path, late: int
) -> None:
    """After a pause all reserved turns have come; else but a few, and no turn is to be left unused for long."""
    house = House(store, tmp_path / "recordings", "speechmatics")
    mine = meetings.uploaded(store)
    with store.engine.begin() as connection:
        past = {"turn": SEND.name, "due_at": store.now() - timedelta(seconds=1)}
        for n in range(late):
            connection.execute(insert(Job).values({**mine.job.model_dump(), "subject": f"{n:036}", **past}))
    waiting = meetings.at_rest(mine, turn=SEND.name)
    assert store.late_for_turn(SEND) == late
    waits = []
    for _ in range(60):
        for _ in range(SEND.most):
            store.spend_turn(SEND)
        with pytest.raises(Snooze) as later:
            wait_for_turn(house.tools, waiting, SEND)
        waits.append(later.value.seconds)
    assert max(waits) <= 1.0 + late / SEND.most
    assert max(waits) >= 0.5 * late / SEND.most
