"""Is it well? Answered within two seconds whatever hangs, without holding up anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import redis
from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from cantomeet_ui.api.deps import Deps, QueueWatch
from cantomeet_ui.api.schemas import HealthOut

router = APIRouter(tags=["health"])

DATABASE_SECONDS = 1.5
REDIS_SECONDS = 0.5

T = TypeVar("T")


class OneAtATime(Generic[T]):
    """A question that may hang, asked in a thread of its own; while it hangs no second thread is spent on it."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._asked: Future[T] | None = None

    async def answer(self, seconds: float) -> T:
        """Raises `TimeoutError`, or what the question raised."""
        if self._asked is None or self._asked.done():
            self._asked = self._thread.submit(self._ask)
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._asked)), seconds)


@dataclass(frozen=True)
class Checks:
    """The questions that `/health` asks."""

    oldest_due: OneAtATime[float]
    workers: OneAtATime[int]

    @classmethod
    def of(cls, deps: Deps) -> Checks:
        return cls(
            OneAtATime(deps.store.oldest_due_seconds),
            OneAtATime(lambda: _workers(deps.queue)),
        )


@router.get("/health", responses={503: {"model": HealthOut, "description": "The database does not answer."}})
async def health(request: Request, response: Response) -> HealthOut:
    """ "ok"; "degraded" where Redis is away or no worker serves; "down" and 503 without the database."""
    checks: Checks = request.app.state.checks
    oldest_due, workers = await asyncio.gather(_oldest_due(checks), _worker_count(checks))
    if oldest_due is None:
        response.status_code = 503
    return HealthOut(
        status="down" if oldest_due is None else "ok" if workers else "degraded",
        database="down" if oldest_due is None else "ok",
        redis="down" if workers is None else "ok",
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


def _workers(queue: QueueWatch | None) -> int:
    if queue is None:
        raise redis.ConnectionError("no queue is watched")
    return queue.worker_count()
