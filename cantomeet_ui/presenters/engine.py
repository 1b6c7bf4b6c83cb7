"""The engine panel: pause switch, queues, workers and key checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cantomeet.checking import CHECKED, PATIENCE_SECONDS, Check
from cantomeet.i18n import counted, has_text, text
from cantomeet.queries.admin import EngineOverview
from cantomeet.queue import QueueOverview, WorkerSeen
from cantomeet.reasons import cause_text, setting_rule
from cantomeet_ui.presenters import times


@dataclass(frozen=True)
class QueueLine:
    name: str
    waiting: str


@dataclass(frozen=True)
class WorkerLine:
    name: str
    state: str
    queues: str
    seen: str


@dataclass(frozen=True)
class CheckLine:
    name: str
    label: str
    text: str
    tone: str
    """ "", "asked", "ok" or "failed"."""
    set_up: bool


@dataclass(frozen=True)
class Engine:
    note: str = ""
    """Says that Redis is away or that no worker runs."""
    paused: str = ""
    """Since when the queue is paused; empty while it runs."""
    oldest: str = ""
    """How long the oldest due meeting has waited."""
    queues: list[QueueLine] = field(default_factory=list)
    workers: list[WorkerLine] = field(default_factory=list)
    failed: str = ""
    checks: list[CheckLine] = field(default_factory=list)

    @property
    def asking(self) -> bool:
        """True while a check has no answer yet."""
        return any(check.tone == "asked" for check in self.checks)


def engine(room: EngineOverview, language: str) -> Engine:
    overview, now = room.overview, room.now
    paused = room.paused_since
    return Engine(
        note=_note(overview, language),
        paused="" if paused is None else text(language, "admin.paused", time=times.time_of_day(paused, now, language)),
        oldest=_oldest(room.oldest_due, language),
        queues=[] if overview is None else [_queue(name, waiting, language) for name, waiting in overview.queues],
        workers=[] if overview is None else [_worker(worker, now, language) for worker in overview.workers],
        failed=counted(language, "admin.failed_jobs", overview.failed)
        if overview is not None and overview.failed
        else "",
        checks=[_check(name, room.checks.get(name), name in room.set_up, now, language) for name in CHECKED],
    )


def _note(overview: QueueOverview | None, language: str) -> str:
    if overview is None:
        return text(language, "admin.redis_away")
    return "" if overview.workers else text(language, "admin.no_workers")


def _oldest(seconds: float, language: str) -> str:
    if seconds < 1:
        return text(language, "admin.oldest.none")
    return text(language, "admin.oldest", time=times.lasted(timedelta(seconds=seconds), language))


def _queue(name: str, waiting: int, language: str) -> QueueLine:
    return QueueLine(text(language, f"admin.queue.{name}"), str(waiting))


def _worker(worker: WorkerSeen, now: datetime, language: str) -> WorkerLine:
    state = f"admin.worker.{worker.state}"
    beat = worker.last_heartbeat
    return WorkerLine(
        name=worker.name[:8],
        state=text(language, state) if has_text(state) else worker.state,
        queues=" · ".join(text(language, f"admin.queue.{name}") for name in worker.queues if _known(name)),
        seen="" if beat is None else text(language, "admin.worker.seen", time=times.time_of_day(beat, now, language)),
    )


def _known(queue: str) -> bool:
    return has_text(f"admin.queue.{queue}")


def _check(name: str, check: Check | None, set_up: bool, now: datetime, language: str) -> CheckLine:
    told, tone = _outcome(name, check, set_up, now, language)
    return CheckLine(name, text(language, f"check.{name}"), told, tone, set_up)


def _outcome(name: str, check: Check | None, set_up: bool, now: datetime, language: str) -> tuple[str, str]:
    if not set_up:
        return text(language, f"check.not_set.{name}"), ""
    if check is None:
        return text(language, "check.never"), ""
    time = times.time_of_day(check.at, now, language)
    if check.state == "asked":
        if now - check.at > timedelta(seconds=PATIENCE_SECONDS):
            return text(language, "check.silent", time=time), "failed"
        return text(language, "check.asked"), "asked"
    if check.state == "ok":
        return text(language, "check.ok", time=time), "ok"
    return text(language, "check.failed", time=time, why=_why(check, language)), "failed"


def _why(check: Check, language: str) -> str:
    params = {name: str(check.params.get(name) or "?") for name in ("setting", "message", "provider")}
    params["rule"] = setting_rule(params["setting"], language)
    params["cause"] = cause_text(str(check.params.get("cause", "")), language)
    key = f"check.why.{check.code}"
    return text(language, key, **params) if has_text(key) else (check.code or "?")
