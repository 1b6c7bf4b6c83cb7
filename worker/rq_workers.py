"""RQ's workers as this program runs them: one alone in its process, or several in the threads of one."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType
from typing import Any
from uuid import uuid4

import redis
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from cantomeet.queue import DEFAULT, HIGH, LLM, LLM_HIGH, QUEUES, RECOGNITION
from cantomeet.settings import Settings
from worker import stopping, throttling
from worker.children import STOP_SECONDS

ROLES = {"general": (HIGH, DEFAULT), "recognition": (RECOGNITION,), "llm": (LLM_HIGH, LLM)}
_WORKER_TTL = 60
_MAINTENANCE = 30
"""Seconds. With RQ's defaults a dead worker counts as alive for 13 minutes. A job's lease expires sooner."""
_STOPS = (signal.SIGTERM, signal.SIGINT)
_LOOK_SECONDS = 1
"""Seconds between looks of an idle thread for a request to stop: a signal interrupts the main thread only."""
_log = logging.getLogger(__name__)


class LoneWorker(SimpleWorker):
    """The only RQ worker of its process. It finishes its job before it stops, and tells the job of the request."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        stopping.request()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ has no type here

    def _start_scheduler(self, *args: Any, **kwargs: Any) -> None:
        # The one scheduler moves the due jobs of every queue, because the other workers have none.
        served, self.queues = self.queues, _queues(self.connection, QUEUES)
        super()._start_scheduler(*args, **kwargs)
        self.queues = served


class ThreadWorker(SimpleWorker):
    """One of several RQ workers in the threads of a process. It finishes its job before it stops."""

    # SIGALRM reaches the main thread only.
    death_penalty_class = TimerDeathPenalty
    # Of a thread that waits for Redis to come back; nothing interrupts that sleep.
    max_connection_wait_time = 2.0

    def _install_signal_handlers(self) -> None:
        """Signals are for the main thread, see `work_in_threads`."""

    def register_birth(self) -> None:
        # The thread before this one may have ended because Redis was away, which then could not be told.
        self.connection.delete(self.key)
        super().register_birth()  # type: ignore[no-untyped-call]  # RQ has no type here

    def subscribe(self) -> None:
        """Nothing: RQ's commands to a worker end its process or its child. It would take another thread for each."""

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        while not stopping.requested():
            if throttling.held():
                time.sleep(_LOOK_SECONDS)
                continue
            found: tuple[Job, Queue] | None = super().dequeue_job_and_maintain_ttl(timeout, _LOOK_SECONDS)
            if found is not None:
                return found
        raise StopRequested

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        try:
            super().heartbeat(timeout, pipeline)
        except redis.RedisError:
            # RQ would try again until Redis is back.
            if stopping.requested():
                raise StopRequested from None
            raise


def work_alone(settings: Settings, role: str) -> None:
    """Serve the role's queues in this process until SIGTERM or SIGINT. The running step is finished first."""
    worker = _worker(LoneWorker, settings, role)
    worker.work(with_scheduler=role == "general", logging_level="WARNING")


def work_in_threads(settings: Settings, role: str, threads: int) -> None:
    """The same with several steps side by side, for steps that mostly wait. A thread that ends is replaced.

    Returns `STOP_SECONDS` after the request at the latest. The end of the process then ends the steps under way.
    """
    for number in _STOPS:
        signal.signal(number, _stop)
    # Here, because the parent of all workers imports this module and needs no tools.
    from worker.runtime import toolbox

    toolbox()  # Built once, before the threads begin: its cache has no lock.
    running = [_started(settings, role, uuid4().hex) for _ in range(threads)]
    # Not by waiting for the event: its lock would be held when the handler interrupts this thread to set it.
    while not stopping.requested():
        time.sleep(_LOOK_SECONDS / 2)
        running = [thread if thread.is_alive() else _started(settings, role, thread.name) for thread in running]
    until = time.monotonic() + STOP_SECONDS
    for thread in running:
        thread.join(max(0.0, until - time.monotonic()))


def _started(settings: Settings, role: str, name: str) -> threading.Thread:
    """A thread whose RQ worker has the thread's name."""
    thread = threading.Thread(target=_serve, args=(settings, role, name), name=name, daemon=True)
    thread.start()
    return thread


def _serve(settings: Settings, role: str, name: str) -> None:
    try:
        _worker(ThreadWorker, settings, role, name).work(logging_level="WARNING")
    except redis.RedisError as error:
        # RQ waits for Redis only where it waits for a job.
        _log.warning("Redis does not answer a thread: %s", type(error).__name__)


def _stop(*_: object) -> None:
    # A second signal would interrupt this handler and then wait forever for the event's lock.
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    stopping.request()


def _worker(kind: type[SimpleWorker], settings: Settings, role: str, name: str | None = None) -> SimpleWorker:
    # Not `cantomeet.queue.connect`: its short timeouts would end a worker's blocking wait for jobs.
    connection = redis.Redis.from_url(settings.effective_redis_url)
    return kind(
        _queues(connection, ROLES[role]),
        name=name,
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=_WORKER_TTL,
        maintenance_interval=_MAINTENANCE,
    )


def _queues(connection: redis.Redis, names: tuple[str, ...]) -> list[Queue]:
    return [Queue(name, connection=connection, serializer=JSONSerializer) for name in names]
