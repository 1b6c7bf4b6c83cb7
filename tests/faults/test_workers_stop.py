"""Fault 10: SIGTERM, again and again, with meetings at every step."""

from __future__ import annotations

from cantomeet.lifecycle import MeetingStatus
from tests.running import Background
from worker.providers.fakes.speechmatics import FakeSpeechmatics, Plan


def test_workers_that_are_restarted_one_after_another_fail_no_meeting_and_pay_once(
    side: Background, fake: FakeSpeechmatics
) -> None:
    fake.use(Plan(job_seconds=2.0))
    worker = side.start()
    meetings = []
    for _ in range(3):
        meetings += [side.upload().id for _ in range(3)]
        side.wait(meetings[-1], lambda m: m.status != MeetingStatus.UPLOADED)
        worker.terminate()
        assert worker.wait(60) == 0
        worker = side.start()
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert sorted(fake.paid.values()) == [1] * 9
    outcomes = {a.outcome for one in meetings for a in side.store.attempts(one)}
    assert outcomes == {"done"}, "a stop lets the step under way end"
