"""Commands of the operator: pause and resume, provider checks, the search index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import redis

from cantomeet.access import Action, Actor, require
from cantomeet.checking import CHECKED, Check, dumps, remembered_as
from cantomeet.errors import ErrorCode, InvalidRequest, Unavailable
from cantomeet.jobs import JobKind
from cantomeet.queue import queue_of_check
from cantomeet.service.changing import changing
from cantomeet.service.services import QueueWatch, Services

_INDEXED_AT_ONCE = 50


def pause(services: Services, actor: Actor, paused: bool) -> datetime | None:
    """Pause or resume all steps. Returns since when they are paused, or None. Raises `NotAllowed`."""
    with changing(services, actor, Action.ADMINISTER) as change:
        change.tx.switches.pause(paused)
        change.publish_all()
        return change.tx.switches.paused_since()


def rebuild_index(services: Services, actor: Actor) -> Iterator[int]:
    """Empty the search index and build it again; yields how many meetings are in it so far. Raises `NotAllowed`.

    Workers help, and go on where it is stopped. Of two at once each begins again, and both end with the whole index.
    """
    with changing(services, actor, Action.ADMINISTER) as change:
        change.tx.search.schedule_all()
    return _build_index(services)


def _build_index(services: Services) -> Iterator[int]:
    built = 0
    while some := services.store.search.update_some(_INDEXED_AT_ONCE):
        built += some
        yield built


def ask_check(services: Services, actor: Actor, name: str) -> Check:
    """Have a worker test a provider. Returns the pending check; its result will replace it in the database.

    Raises `NotAllowed`, `InvalidRequest` for an unknown name, `Unavailable` without Redis or a worker.
    """
    require(actor, Action.ADMINISTER)
    if name not in CHECKED:
        raise InvalidRequest(f"one of {', '.join(CHECKED)}", field="name")
    queue = _require_worker(services.queue, name)
    with changing(services, actor, Action.ADMINISTER) as change:
        asked = Check("asked", change.tx.now())
        before = change.tx.key_values.find(remembered_as(name))
        change.tx.key_values.put(remembered_as(name), dumps(asked))
        job = change.tx.jobs.schedule(JobKind.CHECK, name)
    # Not a notification that may get lost: the command fails if Redis does not accept the job.
    if not queue.ask_check(name):
        services.store.jobs.withdraw(job)
        if before is not None:
            services.store.key_values.put(remembered_as(name), before)
        raise Unavailable("Redis did not take the job", code=ErrorCode.QUEUE_AWAY)
    return asked


def _require_worker(queue: QueueWatch | None, name: str) -> QueueWatch:
    """The queue, if a worker serves the one that the check uses. Raises `Unavailable`."""
    if queue is None:
        raise Unavailable("no queue is watched", code=ErrorCode.QUEUE_AWAY)
    try:
        workers = queue.overview().workers
    except redis.RedisError as error:
        raise Unavailable(type(error).__name__, code=ErrorCode.QUEUE_AWAY) from None
    if not any(queue_of_check(name) in worker.queues for worker in workers):
        raise Unavailable("no worker serves the queue", code=ErrorCode.NO_WORKER)
    return queue
