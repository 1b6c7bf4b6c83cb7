"""Having a worker test what does the work: the web knows no provider, so it asks through the queue."""

from __future__ import annotations

import redis

from cantomeet.checking import CHECKED, Check, dumps, remembered_as
from cantomeet.errors import ErrorCode, InvalidRequest, Unavailable
from cantomeet.jobs import JobKind
from cantomeet.queue import queue_of_check
from cantomeet_ui.api.deps import Deps


def ask_check(deps: Deps, name: str) -> Check:
    """The question as it was asked; the answer comes to the same place in the database.

    Raises `InvalidRequest` for what cannot be tested, `Unavailable` where there is nobody to answer.
    """
    if name not in CHECKED:
        raise InvalidRequest(f"one of {', '.join(CHECKED)}", field="name")
    if deps.queue is None:
        raise Unavailable("no queue is watched", code=ErrorCode.QUEUE_AWAY)
    try:
        workers = deps.queue.overview().workers
    except redis.RedisError as error:
        raise Unavailable(type(error).__name__, code=ErrorCode.QUEUE_AWAY) from None
    if not any(queue_of_check(name) in worker.queues for worker in workers):
        raise Unavailable("no worker serves the queue", code=ErrorCode.NO_WORKER)
    asked = Check("asked", deps.store.now())
    before = deps.store.remembered(remembered_as(name))
    deps.store.remember(remembered_as(name), dumps(asked))
    job = deps.store.schedule_job(JobKind.CHECK, name)
    if not deps.queue.ask_check(name):
        deps.store.withdraw_job(job)
        if before is not None:
            deps.store.remember(remembered_as(name), before)
        raise Unavailable("Redis did not take the job", code=ErrorCode.QUEUE_AWAY)
    return asked
