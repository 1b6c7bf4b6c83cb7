"""The health check, which answers within two seconds even if the database, Redis or the disk hangs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import redis
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cantomeet.database import refuses_writes
from cantomeet.errors import StorageFull
from cantomeet.service import QueueWatch, Services
from cantomeet_ui.api.schemas import HealthOut

router = APIRouter(tags=["health"])

DATABASE_SECONDS = 1.5
REDIS_SECONDS = 0.5

FRESH_SECONDS = 2.0
"""How long the result of a write is reused: monitors and pages may probe often, and writes are expensive."""
_WRITE_KEY = "health.written"
"""Gets a new value each time, because SQLite writes nothing if a row stays the same."""

T = TypeVar("T")


class OneAtATime(Generic[T]):
    """Runs a probe that may hang in a thread of its own. While it hangs, no second one is started."""

    def __init__(self, probe: Callable[[], T], fresh_seconds: float = 0.0) -> None:
        """A result is reused for `fresh_seconds`."""
        self._probe, self._fresh = probe, fresh_seconds
        self._started_at = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._answer: Future[T] | None = None

    async def answer(self, seconds: float) -> T:
        """The probe's result. Raises `TimeoutError` after `seconds`, or what the probe raised."""
        if self._answer is None or (self._answer.done() and time.monotonic() - self._started_at >= self._fresh):
            self._started_at = time.monotonic()
            self._answer = self._thread.submit(self._probe)
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._answer)), seconds)


@dataclass(frozen=True)
class Checks:
    """The probes of `/health`."""

    oldest_due: OneAtATime[float]
    workers: OneAtATime[int]
    database_write: OneAtATime[None]
    redis_write: OneAtATime[None]
    storage_write: OneAtATime[None]

    @classmethod
    def of(cls, services: Services) -> Checks:
        return cls(
            OneAtATime(services.store.jobs.oldest_due_seconds),
            OneAtATime(lambda: _require_queue(services.queue).worker_count()),
            OneAtATime(lambda: services.store.key_values.put(_WRITE_KEY, str(time.time_ns())), FRESH_SECONDS),
            OneAtATime(lambda: _require_queue(services.queue).try_write(), FRESH_SECONDS),
            OneAtATime(services.recordings.try_write, FRESH_SECONDS),
        )


@router.get(
    "/health",
    responses={503: {"model": HealthOut, "description": "The database does not answer or accepts no writes."}},
)
async def health(request: Request, response: Response) -> HealthOut:
    """The state of the installation: "ok", "degraded" or "down".

    "degraded": Redis is down or accepts no writes, no worker runs, the recordings' disk is full or read-only, or the
    database is locked. "down", with 503: the database does not answer or accepts no writes.
    """
    checks: Checks = request.app.state.checks
    oldest_due, workers, database, redis_, storage = await asyncio.gather(
        _oldest_due(checks),
        _worker_count(checks),
        _database_write(checks),
        _redis_write(checks),
        _storage_write(checks),
    )
    down = oldest_due is None or database == "read_only"
    all_well = bool(workers) and database == redis_ == storage == "ok"
    if down:
        response.status_code = 503
    return HealthOut(
        status="down" if down else "ok" if all_well else "degraded",
        database="down" if oldest_due is None else database,
        redis="down" if workers is None else redis_,
        storage=storage,
        workers=workers,
        oldest_due_seconds=None if oldest_due is None else round(oldest_due, 1),
    )


async def _oldest_due(checks: Checks) -> float | None:
    try:
        return await checks.oldest_due.answer(DATABASE_SECONDS)
    except (SQLAlchemyError, TimeoutError):
        return None


async def _worker_count(checks: Checks) -> int | None:
    try:
        return await checks.workers.answer(REDIS_SECONDS)
    except (redis.RedisError, TimeoutError):
        return None


async def _database_write(checks: Checks) -> Literal["ok", "busy", "read_only"]:
    try:
        await checks.database_write.answer(DATABASE_SECONDS)
    except DBAPIError as error:
        return "read_only" if refuses_writes(error) else "busy"
    except (SQLAlchemyError, TimeoutError):
        return "busy"
    return "ok"


async def _redis_write(checks: Checks) -> Literal["ok", "down", "read_only"]:
    try:
        await checks.redis_write.answer(REDIS_SECONDS)
    except redis.ResponseError:
        # MISCONF (it cannot save), OOM (out of memory), READONLY (a replica), NOPERM.
        return "read_only"
    except (redis.RedisError, TimeoutError):
        return "down"
    return "ok"


async def _storage_write(checks: Checks) -> Literal["ok", "full", "read_only"]:
    try:
        await checks.storage_write.answer(DATABASE_SECONDS)
    except StorageFull:
        return "full"
    except (OSError, TimeoutError):
        return "read_only"
    return "ok"


def _require_queue(queue: QueueWatch | None) -> QueueWatch:
    if queue is None:
        raise redis.ConnectionError("no queue is watched")
    return queue
