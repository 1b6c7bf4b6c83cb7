"""Fault 2: a worker is killed while its work-horse goes on and other workers take over, possibly at the same time."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from cantomeet.lifecycle import MeetingStatus
from cantomeet.queue import QUEUES
from standins.speechmatics.server import FakeSpeechmatics, JobFault, JobPlan
from tests.meetings import key_of, set_job
from tests.running import Background, wait_for

RQ = Path(sys.executable).parent / "rq"


def forking_worker(side: Background) -> psutil.Process:
    """RQ's own worker, which forks a work-horse for each job."""
    command = [str(RQ), "worker", "--serializer", "json", "--url", side.redis.url, *QUEUES]
    return psutil.Process(side.start(command).pid)


def horse_of(worker: psutil.Process) -> psutil.Process:
    return wait_for(lambda: next(iter(worker.children()), None), "the work-horse")


def submitting(side: Background, meeting_id: str) -> bool:
    """Whether the submission's key is committed and its job id is not yet known."""
    meeting = side.store.meetings.get(meeting_id)
    return meeting.submission is not None and meeting.provider_job_id is None


def test_a_work_horse_that_goes_on_without_its_worker_is_not_joined_by_another(
    side: Background, fake: FakeSpeechmatics
) -> None:
    fake.use(JobPlan(job_seconds=1.0, faults=[JobFault(on="submit", do="slow", seconds=4.0)]))
    worker = forking_worker(side)
    meeting = side.upload()
    wait_for(lambda: submitting(side, meeting.id), "the submission")
    horse = horse_of(worker)
    worker.send_signal(signal.SIGKILL)
    side.start()
    for _ in range(5):
        side.queue.wake(side.store.meetings.get(meeting.id))
    assert horse.is_running()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    assert dict(fake.paid) == {key_of(side.store.meetings.get(meeting.id)): 1}
    steps = [(a.step, a.outcome) for a in side.store.meetings.attempts(meeting.id)]
    assert steps == [("submit", "done"), ("check", "done"), ("summarize", "done")]


def test_a_work_horse_that_wakes_up_after_another_took_over_changes_nothing(
    side: Background, fake: FakeSpeechmatics
) -> None:
    """The horse is stopped after its submission was accepted, until its lease expires. Another worker finds the job."""
    fake.use(JobPlan(job_seconds=1.0, faults=[JobFault(on="submit", do="hang", after=True, seconds=600.0, times=1)]))
    worker = forking_worker(side)
    meeting = side.upload()
    wait_for(lambda: sum(fake.paid.values()) == 1, "the submission to be accepted")
    horse = horse_of(worker)
    worker.send_signal(signal.SIGKILL)
    # Not earlier: the kernel ends a stopped process whose parent dies. A zombie may still have a thread that ends.
    wait_for(lambda: horse.ppid() != worker.pid, "the worker's end")
    horse.send_signal(signal.SIGSTOP)
    # Let its lease expire, and the time within which its job should start.
    set_job(side.store, meeting.id, lease_until=side.store.now(), woken_until=None)
    side.start()
    completed = side.wait(meeting.id)
    assert completed.status == MeetingStatus.COMPLETED
    threads = horse.num_threads()
    horse.send_signal(signal.SIGCONT)
    # After SIGCONT, the heartbeat thread finds the lease taken and ends. Nothing that the horse does counts now.
    wait_for(lambda: has_fewer(threads, horse), "the heartbeat to end")
    assert dict(fake.paid) == {key_of(completed): 1}
    assert side.store.meetings.get(meeting.id).version == completed.version
    with suppress(psutil.NoSuchProcess):
        horse.kill()


def has_fewer(threads: int, process: psutil.Process) -> bool:
    """Whether the process has fewer threads than this, or has ended."""
    try:
        return bool(process.num_threads() < threads)
    except psutil.NoSuchProcess:
        return True
