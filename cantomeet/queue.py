"""RQ as a wake-up call: queue names, time limits, enqueueing, and the state of the queues. The web may import all of
it.

The database knows what is due; a job in RQ only says "look at this one". A lost one is woken again by the rescuer, and
a duplicate finds the lease taken.
"""

from __future__ import annotations

import logging
import math
import re
import socket
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

import redis
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker

from cantomeet.checking import PATIENCE_SECONDS
from cantomeet.jobs import JobKind
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Job as Due
from cantomeet.models import Meeting
from cantomeet.redis_client import connect
from cantomeet.settings import Settings
from cantomeet.store import Database

HIGH = "high_priority"
DEFAULT = "default"
RECOGNITION = "recognition"
LLM_HIGH = "llm_high_priority"
LLM = "llm"
QUEUES = (HIGH, DEFAULT, RECOGNITION, LLM_HIGH, LLM)
"""In the order in which a worker serves them."""

JOB_TIMEOUT = 2 * 60 * 60
RESULT_TTL = 24 * 60 * 60
FAILURE_TTL = 24 * 60 * 60

_TASKS = {
    JobKind.WRITTEN_VIEW: "worker.tasks.write_view_task",
    JobKind.INDEX: "worker.tasks.index_meeting_task",
    JobKind.LEFTOVER: "worker.tasks.delete_leftover_task",
    JobKind.CHECK: "worker.tasks.check_provider_task",
    JobKind.PERIODIC: "worker.tasks.periodic_task",
}
"""By kind of job; a meeting's own job has several (`task_for`)."""

_CHECK_TIMEOUT = 120
_WRITTEN = "cantomeet:written"
_REWRITE_SECONDS = 10.0
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FULL = 100
"""With more jobs in the queues than this, hardly any meeting is woken again, because due ones are in a queue already.
"""
_FEW = 5
"""So many meetings are woken in each round all the same, the longest due first, because a job may have been lost."""

_OVERLOOKED = 3
"""Wake-ups by the rescuer after which a job, due for half a minute, may lie in a queue that nobody serves."""

_SOON = 2.0
"""Seconds; what is due sooner is also woken by this process itself. RQ's scheduler may be two seconds late, and is all
that is left where this process ends before.
"""
_MARGIN = 0.01
"""Seconds by which the database's clock may run slower."""

_log = logging.getLogger(__name__)


def queue_for(meeting: Meeting, *, llm_apart: bool = False) -> str:
    """Recognition on this machine has a queue of its own, so that a summary never waits behind it.

    `llm_apart`: a summary, which waits for a language model, goes to queues of their own too.
    """
    recognising = meeting.deleted_at is None and meeting.status == MeetingStatus.TRANSCRIBING
    if recognising and meeting.stage == Stage.PREPARED and meeting.transcriber == "whisper":
        return RECOGNITION
    high = meeting.priority == "high"
    summarizing = meeting.deleted_at is None and meeting.status == MeetingStatus.SUMMARIZING
    if llm_apart and summarizing:
        return LLM_HIGH if high else LLM
    return HIGH if high else DEFAULT


def task_for(meeting: Meeting) -> str:
    """The entry point in `worker.tasks` by name, so that the web enqueues it without importing it."""
    if meeting.deleted_at is not None:
        return "worker.tasks.delete_meeting_task"
    if meeting.status == MeetingStatus.SUMMARIZING:
        return "worker.tasks.summarize_meeting_task"
    return "worker.tasks.transcribe_meeting_task"


def queue_of_check(name: str) -> str:
    """The queue of a check: the recogniser is tested where it is loaded anyway."""
    return RECOGNITION if name == "whisper" else HIGH


class JobOptions(TypedDict, total=False):
    """Options of a job in RQ; times are in seconds."""

    job_timeout: int
    result_ttl: int
    failure_ttl: int
    ttl: int
    at_front: bool
    description: str


@dataclass(frozen=True)
class WorkerSeen:
    name: str
    state: str
    queues: tuple[str, ...]
    last_heartbeat: datetime | None


@dataclass(frozen=True)
class QueueOverview:
    queues: tuple[tuple[str, int], ...]
    """Name and number of waiting jobs."""
    workers: tuple[WorkerSeen, ...]
    failed: int
    """Jobs in RQ's failed registries."""


class JobQueue:
    """Enqueues jobs, and reads the queues of one Redis."""

    def __init__(self, url: str, *, llm_apart: bool = False) -> None:
        """`llm_apart`: a process of its own does the steps that wait for a language model."""
        self._redis = connect(url)
        self._llm_apart = llm_apart

    @classmethod
    def of(cls, settings: Settings) -> JobQueue:
        return cls(settings.effective_redis_url, llm_apart=settings.effective_llm_at_once > 0)

    def close(self) -> None:
        self._redis.close()

    def goes_apart(self, job: Due) -> bool:
        """Whether the job, if it waits for a language model, goes to the process that does such steps side by side.

        Not where a worker died at its present step: the step is done where no other runs beside it, so that it alone
        counts the deaths that it causes. Nor where it was overlooked and no worker serves those queues, as under a
        command that names other queues only. Raises `redis.RedisError`.
        """
        if not self._llm_apart or job.deaths or job.lease_until is not None:
            return False
        return job.wake_count < _OVERLOOKED or self._alive(Worker.all_keys(queue=self._queue(LLM))) > 0

    def wake(self, meeting: Meeting, delay: float = 0.0) -> bool:
        """Ask for the meeting's next step in `delay` seconds. False where Redis does not take it: the rescuer will."""
        try:
            name = queue_for(meeting, llm_apart=self.goes_apart(meeting.job))
        except redis.RedisError:
            return False
        options: JobOptions = {
            "job_timeout": JOB_TIMEOUT,
            # What names a deleted meeting goes with it.
            "result_ttl": RESULT_TTL if meeting.deleted_at is None else 0,
            "failure_ttl": FAILURE_TTL,
            "at_front": _goes_before(name, meeting, delay),
            "description": f"{meeting.status} {meeting.id}",
        }
        return self._enqueue(name, task_for(meeting), meeting.id, delay, options)

    def wake_job(self, kind: JobKind, subject: str, delay: float = 0.0, *, apart: bool | None = None) -> bool:
        """The same for a job that is no meeting's own; none goes before the steps of meetings of high priority, but
        for a check, for whose answer somebody waits. `apart`: what `goes_apart` said of the job; None for a new one.
        """
        options: JobOptions = {"job_timeout": JOB_TIMEOUT, "result_ttl": RESULT_TTL, "failure_ttl": FAILURE_TTL}
        if kind not in (JobKind.WRITTEN_VIEW, JobKind.INDEX):
            options["description"] = str(kind)  # the subject is no meeting that `erase` could look for
        if kind is not JobKind.CHECK:
            apart = self._llm_apart if apart is None else apart
            name = LLM if kind is JobKind.WRITTEN_VIEW and apart else DEFAULT
            return self._enqueue(name, _TASKS[kind], subject, delay, options)
        # An answer that nobody waits for any more is not worth having.
        options |= {"job_timeout": _CHECK_TIMEOUT, "ttl": int(PATIENCE_SECONDS), "at_front": True}
        return self._enqueue(queue_of_check(subject), _TASKS[kind], subject, delay, options)

    def wake_next(self, job: Due, delay: float = 0.0) -> bool:
        """`wake_job` for a job that has been worked on."""
        try:
            apart = self.goes_apart(job)
        except redis.RedisError:
            return False
        return self.wake_job(JobKind(job.kind), job.subject, delay, apart=apart)

    def ask_check(self, name: str) -> bool:
        """Have a worker test `name`, before everything that waits. False if Redis does not accept it."""
        return self.wake_job(JobKind.CHECK, name)

    def _enqueue(self, name: str, task: str, argument: str, delay: float, options: JobOptions) -> bool:
        try:
            queue = self._queue(name)
            if delay > 0:
                queue.enqueue_at(_whole_second(delay), task, argument, **options)
                if delay < _SOON:
                    # Of the two wake-ups the later one finds nothing due.
                    timer = threading.Timer(delay + _MARGIN, self._enqueue, (name, task, argument, 0.0, options))
                    timer.daemon = True
                    timer.start()
            else:
                queue.enqueue(task, argument, **options)
        except redis.RedisError as error:
            _log.warning("Redis does not take a wake-up (%s); the rescuer will", type(error).__name__)
            return False
        return True

    def _queue(self, name: str) -> Queue:
        return Queue(name, connection=self._redis, serializer=JSONSerializer)

    def answers(self) -> bool:
        """Whether Redis answers a ping within half a second."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def waiting(self) -> int:
        """Jobs that wait for a short step or a language model. Raises `redis.RedisError`."""
        names = (HIGH, DEFAULT, LLM_HIGH, LLM)
        return sum(len(self._queue(name)) for name in names)

    def worker_count(self) -> int:
        """The number of workers that RQ believes alive. Raises `redis.RedisError`."""
        return self._alive(Worker.all_keys(connection=self._redis))

    def _alive(self, workers: list[str]) -> int:
        # RQ's own count has those, too, that nobody has removed since they were killed.
        alive: Any = self._redis.exists(*workers) if workers else 0
        return int(alive)

    def forget_workers(self, pids: Collection[int]) -> bool:
        """Strike off the workers of processes of this machine that have died. False where Redis is away.

        RQ would believe them alive for as long as the step under way might have taken: two hours.
        """
        try:
            for worker in Worker.all(connection=self._redis):
                if worker.hostname == socket.gethostname() and worker.pid in pids:
                    worker.register_death()  # type: ignore[no-untyped-call]  # RQ has no type here
        except redis.RedisError:
            return False
        return True

    def try_write(self) -> None:
        """Write something small that expires by itself. Raises `redis.ResponseError` if Redis accepts no writes."""
        self._redis.set(_WRITTEN, int(time.time()), ex=60)

    def erase(self, gone: Callable[[Collection[str]], set[str]], *, rewrite: bool) -> bool:
        """Remove the jobs of those meetings that `gone` returns, and with `rewrite` have Redis rewrite its file without
        them.

        False if something is left: a job of such a meeting is running, or Redis is unreachable.
        """
        try:
            jobs = self._jobs_by_meeting()
            left = [self._remove(key) for meeting_id in gone(jobs) for key in jobs[meeting_id]] if jobs else []
            return all(left) and (not rewrite or self._rewrite())
        except redis.RedisError:
            return False

    def _jobs_by_meeting(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key in self._redis.scan_iter(match="rq:job:*", count=1000):
            # Every job of a meeting names it there, RQ's own wording ("task('id')") included.
            description = self._redis.hget(key, "description")
            told = description.decode(errors="replace") if isinstance(description, bytes) else ""
            for meeting_id in _ID.findall(told):
                found.setdefault(meeting_id, []).append(key.decode().removeprefix("rq:job:"))
        return found

    def _remove(self, job_id: str) -> bool:
        try:
            job = Job.fetch(job_id, connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return True
        if job.get_status() == JobStatus.STARTED:
            return False
        job.delete()
        return True

    def _rewrite(self) -> bool:
        """The append-only file contains every command since it was last rewritten, those of removed jobs too."""
        try:
            self._redis.execute_command("BGREWRITEAOF")  # type: ignore[no-untyped-call]  # redis-py has no type here
        except redis.ResponseError:
            return False  # one is under way, which may have begun too early
        deadline = time.monotonic() + _REWRITE_SECONDS
        while time.monotonic() < deadline:
            now: Any = self._redis.info("persistence")
            if not now["aof_rewrite_in_progress"] and not now["aof_rewrite_scheduled"]:
                return bool(now["aof_last_bgrewrite_status"] == "ok")
            time.sleep(0.05)
        return False

    def overview(self) -> QueueOverview:
        """Queue lengths and workers. Raises `redis.RedisError`."""
        queues = [self._queue(name) for name in QUEUES]
        return QueueOverview(
            queues=tuple((queue.name, len(queue)) for queue in queues),
            workers=tuple(_seen(worker) for worker in Worker.all(connection=self._redis)),
            failed=sum(len(FailedJobRegistry(queue=queue)) for queue in queues),
        )


def _goes_before(queue: str, meeting: Meeting, delay: float) -> bool:
    """Whether the meeting's job precedes those that wait in the same queue.

    A short step with a due time of its own, above all a reserved turn, must not miss it behind a hundred new
    recordings. A prepared recording is sent before the next one is prepared. Summaries wait in line.
    """
    if queue == RECOGNITION:
        return meeting.priority == "high" and delay == 0
    return delay > 0 or (meeting.stage == Stage.PREPARED and meeting.status == MeetingStatus.TRANSCRIBING)


def _whole_second(delay: float) -> datetime:
    """`delay` seconds from now, rounded up: RQ's scheduler drops fractions, and a job that came a moment too early
    would find nothing due and leave its meeting to the rescuer.
    """
    return datetime.fromtimestamp(math.ceil(time.time() + delay), UTC)


def rescue(store: Database, queue: JobQueue) -> int:
    """Wake the due jobs that are in no queue. Returns how many. Marks nothing while Redis is unreachable.

    Any number of processes may do this: compare-and-set gives each job to one of them.
    """
    try:
        room = max(_FEW, _FULL - queue.waiting())
    except redis.RedisError:
        return 0
    return sum(
        queue.wake(due) if isinstance(due, Meeting) else queue.wake_next(due) for due in store.jobs.wake_due(room)
    )


def _seen(worker: BaseWorker) -> WorkerSeen:
    beat = worker.last_heartbeat
    if beat is not None and beat.tzinfo is None:
        beat = beat.replace(tzinfo=UTC)
    return WorkerSeen(worker.name, str(worker.get_state()), tuple(worker.queue_names()), beat)
