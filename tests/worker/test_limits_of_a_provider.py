"""Several workers together stay below the provider's rate limits, even if everything is due at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cantomeet.lifecycle import MeetingStatus
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.running import background, wait_for

MEETINGS = 1000 if os.environ.get("CANTOMEET_SOAK") else 40
STRICT = JobPlan(job_seconds=2.0, post_per_second=10, get_per_second=50)


@pytest.mark.timeout(1800)
def test_two_workers_stay_below_the_limits_and_every_meeting_is_completed_and_paid_once(tmp_path: Path) -> None:
    with FakeSpeechmatics(STRICT) as fake:
        settings = {"SPEECHMATICS_API_KEY": "test-key", "SPEECHMATICS_BASE_URL": fake.url}
        with background(tmp_path, **settings) as side:
            for _ in range(2):
                side.start()
            wait_for(lambda: side.queue.worker_count() >= 4, "the workers")
            ids = [side.upload().id for _ in range(MEETINGS)]
            assert {side.wait(one).status for one in ids} == {MeetingStatus.COMPLETED}
        assert sorted(fake.paid.values()) == [1] * MEETINGS
        # A worker that was suspended between its turn and its request can be a moment late.
        refused = [request for request in fake.requests() if request["outcome"] == 429]
        assert len(refused) <= MEETINGS // 20
