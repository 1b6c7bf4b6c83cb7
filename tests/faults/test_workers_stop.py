"""Fault 10: repeated SIGTERM, with meetings at every step."""

from __future__ import annotations

import os

from cantomeet.lifecycle import MeetingStatus
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.running import Background
from tests.sound import tone

ROUNDS = 3 if os.environ.get("CANTOMEET_SOAK") else 2


def test_workers_that_are_restarted_one_after_another_fail_no_meeting_and_pay_once(
    side: Background, fake: FakeSpeechmatics
) -> None:
    fake.use(JobPlan(job_seconds=2.0))
    worker = side.start()
    meetings = []
    for _ in range(ROUNDS):
        meetings += [side.upload().id for _ in range(3)]
        side.wait(meetings[-1], lambda m: m.status != MeetingStatus.UPLOADED)
        worker.terminate()
        assert worker.wait(60) == 0
        worker = side.start()
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert sorted(fake.paid.values()) == [1] * 3 * ROUNDS
    outcomes = {a.outcome for one in meetings for a in side.store.meetings.attempts(one)}
    assert outcomes == {"done"}, "a stop lets the step under way end"


def test_a_stop_does_not_wait_for_an_upload_which_another_worker_restarts(
    side: Background, fake: FakeSpeechmatics
) -> None:
    """A 900 MB recording takes minutes on an office line. Waiting would end in SIGKILL and a search for the job."""
    fake.use(JobPlan(job_seconds=1.0, upload_rate=100_000.0))
    worker = side.start()
    meeting = side.upload(lambda path: tone(path, 600.0))
    side.wait(meeting.id, lambda m: m.submission is not None and (m.progress or 0) > 0)
    worker.terminate()
    assert worker.wait(60) == 0
    stopped = side.store.meetings.get(meeting.id)
    assert (stopped.submission, stopped.job.lease_until, stopped.job.tries) == (None, None, 0)
    fake.use(JobPlan(job_seconds=1.0))
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    assert list(fake.paid.values()) == [1]
    assert {a.outcome for a in side.store.meetings.attempts(meeting.id)} == {"done"}
