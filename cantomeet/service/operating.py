"""What whoever runs the installation does: the pause switch, tests of keys."""

from __future__ import annotations

from datetime import datetime

import redis

from cantomeet.access import Action, Actor, require
from cantomeet.checking import CHECKED, Check, dumps, remembered_as
from cantomeet.errors import ErrorCode, InvalidRequest, Unavailable
from cantomeet.jobs import JobKind
from cantomeet.queue import queue_of_check
from cantomeet.service.changing import changing
from cantomeet.service.services import QueueWatch, Services


def pause(services: Services, actor: Actor, paused: bool) -> datetime | None:
    """Take no further step of any meeting, or go on; since when nothing is done. Raises `NotAllowed`."""
    with changing(services, actor, Action.ADMINISTER) as change:
        change.tx.pause(paused)
        change.publish_all()
        return change.tx.paused_since()


def ask_check(services: Services, actor: Actor, name: str) -> Check:
    """Have a worker test a key; the question as it was asked. The answer comes to the same place in the database.

    Raises `NotAllowed`, `InvalidRequest` for what cannot be tested, `Unavailable` where nobody is there to answer.
    """
    require(actor, Action.ADMINISTER)
    if name not in CHECKED:
        raise InvalidRequest(f"one of {', '.join(CHECKED)}", field="name")
    queue = _served(services.queue, name)
    with changing(services, actor, Action.ADMINISTER) as change:
        asked = Check("asked", change.tx.now())
        before = change.tx.remembered(remembered_as(name))
        change.tx.remember(remembered_as(name), dumps(asked))
        job = change.tx.schedule_job(JobKind.CHECK, name)
    # The command fails where Redis does not take the job, so this is no telling that may be lost.
    if not queue.ask_check(name):
        services.store.withdraw_job(job)
        if before is not None:
            services.store.remember(remembered_as(name), before)
        raise Unavailable("Redis did not take the job", code=ErrorCode.QUEUE_AWAY)
    return asked


def _served(queue: QueueWatch | None, name: str) -> QueueWatch:
    """The queue, where a worker serves what the test needs. Raises `Unavailable`."""
    if queue is None:
        raise Unavailable("no queue is watched", code=ErrorCode.QUEUE_AWAY)
    try:
        workers = queue.overview().workers
    except redis.RedisError as error:
        raise Unavailable(type(error).__name__, code=ErrorCode.QUEUE_AWAY) from None
    if not any(queue_of_check(name) in worker.queues for worker in workers):
        raise Unavailable("no worker serves the queue", code=ErrorCode.NO_WORKER)
    return queue
