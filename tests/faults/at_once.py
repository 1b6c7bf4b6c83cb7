"""Runs the same function in several real processes at once, and the functions to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from cantomeet.database import connect
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Job
from cantomeet.queue import JobQueue, rescue
from cantomeet.store import Database
from tests.conftest import new_meeting
from tests.faults import dying
from tests.faults.forked import forked
from tests.worker.jobs import delete_leftovers
from worker.kinds.meeting import advance as advance_meeting
from worker.maintenance import TASKS

_PATIENCE = 120.0


def at_once(number: int, deed: Callable[..., Any], *args: object) -> list[Any]:
    """Run `deed` in several processes. Returns the results; an error of a process is raised."""
    context = forked()
    barrier = context.Barrier(number)
    answers = context.SimpleQueue()
    started = [context.Process(target=_child, args=(barrier, answers, deed, args)) for _ in range(number)]
    for process in started:
        process.start()
    for process in started:
        process.join(_PATIENCE)
    for process in started:
        if process.is_alive():
            process.kill()
            process.join()
    assert [process.exitcode for process in started] == [0] * number
    return [answers.get() for _ in started]


def _child(barrier: Barrier, answers: Any, deed: Callable[..., Any], args: Sequence[object]) -> None:
    barrier.wait(_PATIENCE)
    answers.put(deed(*args))


def advance(database_url: str, recordings: Path, provider_url: str, meeting_id: str) -> None:
    """Run one step of the meeting, if its lease is free."""
    with dying.tools(database_url, recordings, provider_url) as worker:
        advance_meeting(worker, meeting_id)


def advance_five_times(database_url: str, recordings: Path, provider_url: str, meeting_id: str) -> None:
    """Run the same step five times at once in one process, and raise any error."""
    with dying.tools(database_url, recordings, provider_url) as worker, ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: advance_meeting(worker, meeting_id), range(5)))


def look_for_the_due(database_url: str, redis_url: str) -> int:
    """Run a rescuer once. Returns how many meetings it enqueued."""
    queue = JobQueue(redis_url)
    try:
        return rescue(_store(database_url), queue)
    finally:
        queue.close()


def write(database_url: str, meeting_id: str, times: int) -> int:
    """Edit one meeting, create meetings and lease them, one after another. Returns the counts of each."""
    store = _store(database_url)
    for number in range(times):
        store.meetings.edit(meeting_id, None, title=f"title {number}")
        made, _ = store.meetings.create(new_meeting())
        lease = store.pipeline.take_lease(made.id, 60)
        assert lease is not None
        store.pipeline.commit_working(lease.id, lease.job.run, status=MeetingStatus.TRANSCRIBING)
    return times


def clean_up(database_url: str, recordings: Path, provider_url: str, names: Sequence[str]) -> None:
    """Run each periodic task once, then try once to delete each copy at the provider."""
    with dying.tools(database_url, recordings, provider_url, keep_audio_days=1, keep_meetings_days=2) as worker:
        for name in names:
            TASKS[name].run(worker)
        delete_leftovers(worker)


def claim(database_url: str, name: str) -> bool:
    """Whether this process is the one that enqueues the periodic task."""
    store = _store(database_url)
    store.jobs.keep_scheduled(JobKind.PERIODIC, [name])
    return [job.subject for job in store.jobs.wake_due() if isinstance(job, Job)] == [name]


def _store(database_url: str) -> Database:
    return Database(connect(database_url, busy_timeout=30.0))
