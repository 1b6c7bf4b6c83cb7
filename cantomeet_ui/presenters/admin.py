"""Meetings on the admin page: failures by cause, stuck meetings, and timelines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cantomeet.errors import ErrorCode
from cantomeet.going_on import GoingOn, going_on
from cantomeet.i18n import counted, has_text, text
from cantomeet.listing import FailureCause, MeetingFilter
from cantomeet.models import Attempt, Meeting
from cantomeet.queries.admin import Failures
from cantomeet.queries.meetings import Timeline
from cantomeet.reasons import reason_text
from cantomeet_ui import routes
from cantomeet_ui.presenters import times
from cantomeet_ui.presenters.rows import MeetingRow, plain_row, reason_of


@dataclass(frozen=True)
class CauseRow:
    key: str
    remedy: str
    """What happened, what is safe and what to do: the reason of the newest meeting."""
    count: int
    retry: str
    """The text of the button."""
    rows: list[MeetingRow]
    more: str
    href: str
    """The address of all meetings with the same error code."""


@dataclass(frozen=True)
class Step:
    """A line of the timeline: one attempt, or what is going on now."""

    name: str
    outcome: str
    tone: str
    """ "done", "retry", "failed" or "now"."""
    when: str
    lasted: str
    detail: str
    """Why the attempt did not succeed."""
    job: str
    """The id of the job at the provider, or empty."""
    next: str
    """When the step is taken or retried, or empty."""


def cause_key(cause: FailureCause) -> str:
    """The key that names a cause in the page."""
    return "|".join([cause.code, cause.provider, cause.setting, "sent" if cause.sent else ""])


def cause_of(key: str) -> FailureCause:
    """The cause that `cause_key` named. A browser may send any text; it then gets a cause that no meeting has."""
    code, _, rest = key.partition("|")
    provider, setting, sent = ["", "", *rest.rsplit("|", 2)][-3:]
    return FailureCause(code, provider, setting, sent == "sent")


def failed_for(key: str) -> MeetingFilter:
    """The filter for all meetings that failed for a cause. Raises `InvalidRequest`."""
    return MeetingFilter(cause=cause_of(key))


def causes(failures: Iterable[Failures], now: datetime, language: str) -> list[CauseRow]:
    """One row for each cause, in the given order. Meetings that a person stopped come last: they need no attention."""
    ordered = sorted(failures, key=lambda failed: failed.cause.code == ErrorCode.CANCELLED)
    return [_cause(failed, now, language) for failed in ordered]


def _cause(failed: Failures, now: datetime, language: str) -> CauseRow:
    hidden = failed.count - len(failed.newest)
    return CauseRow(
        key=cause_key(failed.cause),
        remedy=reason_of(failed.newest[0], language),
        count=failed.count,
        retry=counted(language, "admin.retry_all", failed.count),
        rows=[plain_row(meeting, now, language) for meeting in failed.newest],
        more=counted(language, "admin.and_more", hidden) if hidden > 0 else "",
        href=routes.admin({"error_code": failed.cause.code}),
    )


def stuck_rows(stuck: Iterable[Meeting], now: datetime, language: str) -> list[MeetingRow]:
    """Meetings that do not move; `left` says since when."""
    return [_stuck_row(meeting, now, language) for meeting in stuck]


def _stuck_row(meeting: Meeting, now: datetime, language: str) -> MeetingRow:
    since = times.time_of_day(meeting.updated_at, now, language)
    row = plain_row(meeting, now, language)
    return MeetingRow(**{**vars(row), "left": text(language, "admin.stuck.since", time=since)})


def steps_of(timeline: Timeline | None, language: str) -> list[Step]:
    """The same of a timeline; empty where no meeting is opened, or it is gone."""
    if timeline is None:
        return []
    return steps(timeline.meeting, timeline.attempts, timeline.now, language, paused=timeline.paused)


def steps(
    meeting: Meeting, attempts: Sequence[Attempt], now: datetime, language: str, *, paused: bool = False
) -> list[Step]:
    """The timeline, newest first: what is going on now, if anything, then all attempts."""
    tried = [_step(attempt, now, language) for attempt in reversed(attempts)]
    found = going_on(meeting, now, paused=paused)
    return tried if found is None else [_now(found, meeting.provider_job_id, now, language), *tried]


def _now(found: GoingOn, job: str | None, now: datetime, language: str) -> Step:
    """Built from the meeting, because polling a provider and waiting leave no attempt."""
    due = found.next_run_at if found.state == "waiting" else None
    return Step(
        name=text(language, f"step.{found.step}"),
        outcome=text(language, f"now.{found.state}"),
        tone="now",
        when=text(language, "now"),
        lasted="",
        detail="",
        job=_job(job, language),
        next="" if due is None else _at(due, now, language),
    )


def _job(job: str | None, language: str) -> str:
    return "" if job is None else text(language, "step.job", job=job)


def _at(due: datetime, now: datetime, language: str) -> str:
    return text(language, "step.next", time=times.time_of_day(due, now, language, seconds=True))


def _step(attempt: Attempt, now: datetime, language: str) -> Step:
    name, outcome = f"step.{attempt.step}", f"outcome.{attempt.outcome}"
    return Step(
        name=text(language, name) if has_text(name) else attempt.step,
        outcome=text(language, outcome) if has_text(outcome) else attempt.outcome,
        tone=attempt.outcome,
        when=times.time_of_day(attempt.started_at, now, language, seconds=True),
        lasted=times.lasted(attempt.finished_at - attempt.started_at, language),
        detail=_attempt_reason(attempt, language) or attempt.detail,
        job=_job(attempt.provider_job_id, language),
        next=_next(attempt, now, language),
    )


def _next(attempt: Attempt, now: datetime, language: str) -> str:
    """When a failed step is retried. A step that succeeded has no retry to show."""
    due = attempt.next_run_at
    if due is None or attempt.outcome != "retry":
        return ""
    return _at(due, now, language)


def _attempt_reason(attempt: Attempt, language: str) -> str:
    """Why the attempt failed. Only a final failure says what to do; an attempt that was retried names the cause."""
    code = attempt.error_code
    if code is None or code not in set(ErrorCode):
        return code or ""
    if attempt.outcome == "failed":
        return reason_text(code, attempt.error_params, language)
    return " · ".join(part for part in (cause_name(code, language), attempt.detail) if part)


def cause_name(code: str, language: str) -> str:
    """An error code in a few words, or the code itself if this version does not know it."""
    key = f"cause.{code}"
    return text(language, key) if has_text(key) else code
