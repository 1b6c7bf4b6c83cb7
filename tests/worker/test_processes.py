"""Real worker processes with an embedded Redis, and the provider's stand-in over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from rq import Queue
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from cantomeet.lifecycle import MeetingStatus
from cantomeet.queue import DEFAULT, HIGH, QUEUES
from standins.speechmatics.server import FakeSpeechmatics, JobFault, JobPlan
from tests.running import ROOT, Background, background, wait_for

BIN = Path(sys.executable).parent


@pytest.fixture
def fake() -> Iterator[FakeSpeechmatics]:
    with FakeSpeechmatics(JobPlan(job_seconds=0.5)) as provider:
        yield provider


@pytest.fixture
def side(tmp_path: Path, fake: FakeSpeechmatics) -> Iterator[Background]:
    settings = {"SPEECHMATICS_API_KEY": "test-key", "SPEECHMATICS_BASE_URL": fake.url}
    with background(tmp_path, **settings) as running:
        yield running


WAYS = {
    "the script": ["bash", str(ROOT / "scripts" / "start_worker.sh")],
    "python -m worker": [sys.executable, "-m", "worker"],
    "rq's own command line": [
        *(str(BIN / "rq"), "worker", "--with-scheduler", "--serializer", "json", "--url", "REDIS_URL", *QUEUES),
    ],
}


@pytest.mark.in_turn("way")
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_start_a_worker_completes_a_meeting(side: Background, fake: FakeSpeechmatics, way: str) -> None:
    side.start([side.redis.url if part == "REDIS_URL" else part for part in WAYS[way]])
    meeting = side.wait(side.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert list(fake.paid.values()) == [1]


def test_a_failed_meeting_has_its_reason_and_rq_keeps_the_failed_job(side: Background, fake: FakeSpeechmatics) -> None:
    fake.use(JobPlan(faults=[JobFault(on="submit", do="html", status=401)]))
    side.start()
    meeting = side.wait(side.upload().id)
    assert meeting.status == MeetingStatus.FAILED
    assert "SPEECHMATICS_API_KEY" in (meeting.status_reason or "")
    queue = Queue(DEFAULT, connection=side.raw_redis(), serializer=JSONSerializer)
    failed = FailedJobRegistry(queue=queue)
    job_id = wait_for(lambda: next(iter(failed.get_job_ids()), None), "the failed job")
    job = queue.fetch_job(job_id)
    assert job is not None
    assert job.args == [meeting.id] or tuple(job.args) == (meeting.id,)
    assert 0 < side.raw_redis().ttl(job.key) <= 24 * 3600
    fake.use(JobPlan(job_seconds=0.1))
    side.queue.wake(side.store.meetings.retry(meeting.id))
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED


def test_a_killed_worker_is_replaced_and_its_meeting_goes_on(side: Background, fake: FakeSpeechmatics) -> None:
    fake.use(JobPlan(job_seconds=2.0))
    parent = side.start()
    meeting = side.upload()
    side.wait(meeting.id, lambda m: m.provider_job_id is not None)
    for child in psutil.Process(parent.pid).children(recursive=True):
        child.send_signal(signal.SIGKILL)
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    assert list(fake.paid.values()) == [1]


def general_workers(parent: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return [child for child in psutil.Process(parent.pid).children() if child.cmdline()[-2:] == ["--only", "general"]]


def test_one_of_several_workers_that_is_killed_is_replaced_and_the_others_go_on(
    side: Background, fake: FakeSpeechmatics
) -> None:
    fake.use(JobPlan(faults=[JobFault(on="submit", do="slow", seconds=2.0, times=1)], job_seconds=0.5))
    side.environment["CANTOMEET_WORKERS"] = "3"
    parent = side.start()
    wait_for(lambda: side.queue.worker_count() == 4, "the workers")
    sending = side.upload()
    side.wait(sending.id, lambda m: m.submission is not None)
    before = general_workers(parent)
    (victim,) = [process for process in before if any(c.raddr for c in process.net_connections("tcp"))]
    victim.send_signal(signal.SIGKILL)
    victim.wait(30)
    after = wait_for(lambda: len(found := general_workers(parent)) == 3 and found, "the one in its place")
    assert len({process.pid for process in before} & {process.pid for process in after}) == 2
    wait_for(lambda: side.queue.worker_count() == 4, "as many workers as before on RQ's list")
    assert side.wait(sending.id).status == MeetingStatus.COMPLETED
    assert list(fake.paid.values()) == [1]


def test_a_recording_on_its_way_for_long_holds_up_no_other_meeting(side: Background, fake: FakeSpeechmatics) -> None:
    fake.use(JobPlan(faults=[JobFault(on="submit", do="slow", seconds=600.0, times=1)], job_seconds=0.1))
    side.environment["CANTOMEET_WORKERS"] = "2"
    side.start()
    long = side.upload()
    side.wait(long.id, lambda m: m.submission is not None)
    others = [side.upload().id for _ in range(3)]
    assert {side.wait(one).status for one in others} == {MeetingStatus.COMPLETED}
    assert side.store.meetings.get(long.id).provider_job_id is None


def test_several_workers_begin_a_high_meeting_before_those_that_came_earlier(side: Background) -> None:
    side.environment["CANTOMEET_WORKERS"] = "2"
    earlier = [side.upload().id for _ in range(12)]
    urgent = side.upload(priority="high").id
    side.start()

    def sent(meeting_id: str) -> datetime:
        side.wait(meeting_id)
        return min(a.started_at for a in side.store.meetings.attempts(meeting_id) if a.step == "submit")

    last = sorted(map(sent, earlier))[6:]
    assert sent(urgent) < min(last)


def test_high_priority_meetings_have_a_queue_of_their_own(side: Background) -> None:
    side.upload(priority="high")
    side.upload()
    waiting = dict(side.queue.overview().queues)
    assert (waiting[HIGH], waiting[DEFAULT]) == (1, 1)


def test_sigterm_ends_the_worker_and_a_new_one_goes_on(side: Background, fake: FakeSpeechmatics) -> None:
    fake.use(JobPlan(job_seconds=3.0))
    worker = side.start()
    meeting = side.upload()
    side.wait(meeting.id, lambda m: m.provider_job_id is not None)
    worker.terminate()
    assert worker.wait(60) == 0
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    assert list(fake.paid.values()) == [1]


def test_jobs_that_were_pickled_are_not_run(side: Background, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    Queue(DEFAULT, connection=side.raw_redis()).enqueue("pathlib.Path.touch", mark)
    side.start()
    meeting = side.wait(side.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert not mark.exists()
