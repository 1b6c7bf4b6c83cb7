"""A meeting whose step kills every worker fails with that reason, and can be retried."""

from __future__ import annotations

import signal
import sys
import threading

from cantomeet.lifecycle import MeetingStatus
from standins.speechmatics.server import FakeSpeechmatics
from tests.faults.poisoned_worker import MOST_DEATHS
from tests.running import ENDED, Background
from worker import rescue

POISONED = (sys.executable, "-m", "tests.faults.poisoned_worker")


def test_a_step_that_kills_every_worker_ends_as_failed_with_its_reason(
    side: Background, fake: FakeSpeechmatics
) -> None:
    meeting = side.upload()
    stop = threading.Event()
    rescuer = threading.Thread(target=rescue.run, args=(side.store, side.queue, stop, 0.5))
    rescuer.start()
    try:
        for _ in range(MOST_DEATHS):
            assert side.start(POISONED).wait(120) == -signal.SIGKILL
            assert side.store.meetings.get(meeting.id).status == MeetingStatus.TRANSCRIBING
        side.start(POISONED)
        failed = side.wait(meeting.id, lambda m: m.status in ENDED)
    finally:
        stop.set()
        rescuer.join()
    assert (failed.status, failed.error_code) == (MeetingStatus.FAILED, "worker_died")
    assert f"{MOST_DEATHS} times" in (failed.status_reason or "")
    tries = [(a.step, a.outcome, a.error_code) for a in side.store.meetings.attempts(meeting.id)]
    assert tries == [("submit", "retry", "worker_died"), ("submit", "failed", "worker_died")]
    assert dict(fake.paid) == {}
    side.store.meetings.retry(meeting.id)
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
