"""What the admin page shows of meetings: failures by cause, what does not move, and each meeting's timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cantomeet.errors import ErrorCode
from cantomeet.lifecycle import ACTIVE
from cantomeet.models import Attempt, Meeting
from cantomeet.reasons import REASONS, reason_text
from cantomeet_ui import routes
from cantomeet_ui.i18n import counted, text
from cantomeet_ui.i18n.texts import TEXTS
from cantomeet_ui.views import times
from cantomeet_ui.views.rows import MeetingRow, plain_row, reason_of

STUCK_AFTER = timedelta(minutes=20)
_WORTH_TELLING = timedelta(seconds=1)
SHOWN_OF_A_CAUSE = 5
_CAUSE_PARAMS = ("provider", "setting", "sent")
"""What tells two causes of the same code apart; a reference or a message differs from meeting to meeting."""


@dataclass(frozen=True)
class Cause:
    key: str
    remedy: str
    """What happened, what is safe, what to do: the reason of its newest meeting."""
    count: int
    retry: str
    """The button's text."""
    rows: list[MeetingRow]
    more: str
    href: str
    """All of its code."""


@dataclass(frozen=True)
class Step:
    """One attempt."""

    name: str
    outcome: str
    tone: str
    """ "done", "retry" or "failed"."""
    when: str
    lasted: str
    detail: str
    """Why it did not succeed."""
    job: str
    """The provider's id of it; empty where there is none."""
    next: str
    """When it is tried again; empty where it is not."""


def cause_key(meeting: Meeting) -> str:
    """Meetings with the same key failed for the same reason."""
    params = [str(meeting.error_params.get(name, "")) for name in _CAUSE_PARAMS]
    return "|".join([meeting.error_code or ErrorCode.INTERNAL.value, *params])


def code_of(key: str) -> ErrorCode | None:
    """The error code of a cause; None for what is no cause of ours."""
    try:
        return ErrorCode(key.partition("|")[0])
    except ValueError:
        return None


def causes(failed: Iterable[Meeting], now: datetime, language: str) -> list[Cause]:
    """The largest first; what a person stopped comes last, for it needs nobody."""
    groups: dict[str, list[Meeting]] = {}
    for meeting in failed:
        groups.setdefault(cause_key(meeting), []).append(meeting)
    ordered = sorted(groups.items(), key=lambda group: (code_of(group[0]) is ErrorCode.CANCELLED, -len(group[1])))
    return [_cause(key, meetings, now, language) for key, meetings in ordered]


def _cause(key: str, meetings: list[Meeting], now: datetime, language: str) -> Cause:
    hidden = len(meetings) - SHOWN_OF_A_CAUSE
    return Cause(
        key=key,
        remedy=reason_of(meetings[0], language),
        count=len(meetings),
        retry=counted(language, "admin.retry_all", len(meetings)),
        rows=[plain_row(meeting, now, language) for meeting in meetings[:SHOWN_OF_A_CAUSE]],
        more=counted(language, "admin.and_more", hidden) if hidden > 0 else "",
        href=routes.admin({"error_code": meetings[0].error_code or ErrorCode.INTERNAL.value}),
    )


def is_stuck(meeting: Meeting, now: datetime) -> bool:
    """Its next step is long overdue, nobody holds it, and nothing about it has changed for as long."""
    if (
        meeting.status not in ACTIVE
        or meeting.waits_for_names
        or (meeting.lease_until is not None and meeting.lease_until > now)
    ):
        return False
    overdue = meeting.next_run_at is None or now - meeting.next_run_at > STUCK_AFTER
    return overdue and now - meeting.updated_at > STUCK_AFTER


def stuck_rows(active: Iterable[Meeting], now: datetime, language: str) -> list[MeetingRow]:
    """The meetings that do not move, each with since when in `left`."""
    return [_stuck_row(meeting, now, language) for meeting in active if is_stuck(meeting, now)]


def _stuck_row(meeting: Meeting, now: datetime, language: str) -> MeetingRow:
    since = times.time_of_day(meeting.updated_at, now, language)
    row = plain_row(meeting, now, language)
    return MeetingRow(**{**vars(row), "left": text(language, "admin.stuck.since", time=since)})


def steps(attempts: Sequence[Attempt], now: datetime, language: str) -> list[Step]:
    """The timeline, newest first."""
    return [_step(attempt, now, language) for attempt in reversed(attempts)]


def _step(attempt: Attempt, now: datetime, language: str) -> Step:
    name, outcome = f"step.{attempt.step}", f"outcome.{attempt.outcome}"
    return Step(
        name=text(language, name) if name in TEXTS else attempt.step,
        outcome=text(language, outcome) if outcome in TEXTS else attempt.outcome,
        tone=attempt.outcome,
        when=times.time_of_day(attempt.started_at, now, language, seconds=True),
        lasted=times.lasted(attempt.finished_at - attempt.started_at, language),
        detail=_attempt_reason(attempt, language) or attempt.detail,
        job="" if attempt.provider_job_id is None else text(language, "step.job", job=attempt.provider_job_id),
        next=_next(attempt, now, language),
    )


def _next(attempt: Attempt, now: datetime, language: str) -> str:
    """A step that was done leads on by itself; only a wait is worth telling."""
    due = attempt.next_run_at
    if due is None or (attempt.outcome == "done" and due - attempt.finished_at < _WORTH_TELLING):
        return ""
    return text(language, "step.next", time=times.time_of_day(due, now, language, seconds=True))


def _attempt_reason(attempt: Attempt, language: str) -> str:
    """Why it did not succeed. The reason's "what to do" fits the last try; a try in between needs only the cause."""
    code = attempt.error_code
    if code is None or code not in {known.value for known in REASONS}:
        return code or ""
    if attempt.outcome == "failed":
        return reason_text(code, attempt.error_params, language)
    return " · ".join(part for part in (cause_name(code, language), attempt.detail) if part)


def cause_name(code: str, language: str) -> str:
    """An error code in a few words; of a newer version's the code itself."""
    key = f"cause.{code}"
    return text(language, key) if key in TEXTS else code
