"""Faults 3, 5, 16: Redis flushed, restarted, and several rescuers at once, with meetings in flight."""

from __future__ import annotations

from cantomeet.lifecycle import MeetingStatus
from launcher.redis_server import EmbeddedRedis
from standins.speechmatics.server import FakeSpeechmatics
from tests.running import Background


def test_a_flushed_redis_loses_no_meeting(side: Background, fake: FakeSpeechmatics) -> None:
    side.start()
    meetings = [side.upload().id for _ in range(4)]
    side.wait(meetings[0], lambda m: m.provider_job_id is not None)
    side.raw_redis().flushall()
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert set(fake.paid.values()) == {1}


def test_a_restarted_redis_loses_no_meeting(side: Background, fake: FakeSpeechmatics) -> None:
    side.start()
    meetings = [side.upload().id for _ in range(4)]
    side.wait(meetings[0], lambda m: m.provider_job_id is not None)
    side.redis.stop()
    meetings.append(side.upload().id)
    side.redis = EmbeddedRedis.start(side.folder)
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert set(fake.paid.values()) == {1}


def test_a_meeting_accepted_while_redis_was_away_is_found_by_the_rescuer(side: Background) -> None:
    side.redis.stop()
    meeting = side.upload()
    side.redis = EmbeddedRedis.start(side.folder)
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED


def test_two_workers_with_two_rescuers_pay_once(side: Background, fake: FakeSpeechmatics) -> None:
    side.start()
    side.start()
    meetings = [side.upload().id for _ in range(6)]
    for one in meetings:
        for _ in range(5):
            side.queue.wake(side.store.meetings.get(one))
    assert {side.wait(one).status for one in meetings} == {MeetingStatus.COMPLETED}
    assert set(fake.paid.values()) == {1}
