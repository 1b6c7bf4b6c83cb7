"""Commands on a whole meeting. Every function raises `NotFound` and `NotAllowed`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cantomeet.access import Action, Actor, require
from cantomeet.errors import Conflict, ErrorCode, VersionConflict
from cantomeet.models import Meeting, WrittenView
from cantomeet.service.changing import changing, changing_meeting
from cantomeet.service.edits import MeetingEdit, Precondition, SummaryWishes, any_version, given
from cantomeet.service.services import Services
from cantomeet.store import NewSegment, Reparsed

Start = Literal["failed", "transcribe", "summarize"]


def _accept_any_cost(going: Meeting) -> None:
    """The default of `agree`."""


def retry(
    services: Services,
    actor: Actor,
    meeting_id: str,
    start: Start = "failed",
    *,
    confirm_cost: bool = False,
    wishes: SummaryWishes | None = None,
    version: int | None = None,
    agree: Callable[[Meeting], None] = _accept_any_cost,
) -> Meeting:
    """Restart a meeting, as `Meetings.retry` does. Raises `Conflict`, `InvalidRequest`.

    `agree` is called with the restarted meeting before the commit. If it raises, nothing is changed.
    """
    wishes = wishes or SummaryWishes()
    with changing_meeting(services, actor, Action.RETRY, meeting_id) as (change, _):
        going = change.tx.meetings.retry(
            meeting_id,
            start,
            confirm_cost=confirm_cost,
            template=wishes.template,
            summary_language=wishes.summary_language,
            name_speakers_first=wishes.name_speakers_first,
            version=version,
        )
        agree(going)
        return change.wake(going)


def run_now(services: Services, actor: Actor, meeting_id: str) -> Meeting:
    """Run the next step now instead of when it is due. Raises `Conflict` if none is due or a worker runs it."""
    with changing_meeting(services, actor, Action.RETRY, meeting_id) as (change, _):
        due = change.tx.pipeline.due_now(meeting_id)
        if due is None:
            raise Conflict("no step is due, or a worker has it")
        return change.wake(due)


def poll_job(services: Services, actor: Actor, provider_job_id: str) -> None:
    """Poll a job now, because the provider says that it has ended. A job that no meeting waits for is ignored."""
    with changing(services, actor, Action.RETRY) as change:
        meeting = change.tx.pipeline.due_now_by_job(provider_job_id)
        if meeting is not None:
            require(actor, Action.RETRY, meeting)
            change.wake(meeting)


def summarize(services: Services, actor: Actor, meeting_id: str) -> Meeting:
    """Start the summary that waits for the speakers' names. Raises `Conflict` if none waits."""
    with changing_meeting(services, actor, Action.RETRY, meeting_id) as (change, _):
        return change.wake(change.tx.meetings.summarize(meeting_id))


def show_summary(services: Services, actor: Actor, meeting_id: str, version: int) -> Meeting:
    """Show this version of the summary until another one is chosen or written."""
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, _):
        return change.publish(change.tx.summaries.show(meeting_id, version))


def cancel(
    services: Services, actor: Actor, meeting_id: str, *, confirm_cost: bool = True, version: int | None = None
) -> Meeting:
    """Stop processing. Without `confirm_cost`, raises `Conflict` if a paid transcription would be lost."""
    with changing_meeting(services, actor, Action.CANCEL, meeting_id) as (change, _):
        language = services.settings.language
        return change.publish(
            change.tx.meetings.cancel(meeting_id, language, confirm_cost=confirm_cost, version=version)
        )


def delete(
    services: Services, actor: Actor, meeting_id: str, *, confirm_cost: bool = True, version: int | None = None
) -> Meeting:
    """Hide the meeting now; a worker deletes its data. Raises `Conflict` as `Meetings.mark_deleted` does."""
    with changing_meeting(services, actor, Action.DELETE, meeting_id) as (change, _):
        return change.wake(change.tx.meetings.mark_deleted(meeting_id, confirm_cost=confirm_cost, version=version))


def edit(
    services: Services,
    actor: Actor,
    meeting_id: str,
    wanted: MeetingEdit,
    precondition: Precondition = any_version,
) -> Meeting:
    """Change the given fields. A summary that no longer has to wait for names is started.

    Raises `VersionConflict`, `InvalidRequest`.
    """
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, meeting):
        precondition(meeting.version)
        changes = given(wanted)
        if not changes:
            return change.publish(meeting)
        changed = change.tx.meetings.edit(meeting_id, meeting.version, **changes)
        goes_on = meeting.waits_for_names and not changed.waits_for_names
        return change.wake(changed) if goes_on else change.publish(changed)


@dataclass(frozen=True)
class Naming:
    """A meeting's title and date, as the form had them when it was opened or as it is sent."""

    title: str
    day: date | None


def rename(services: Services, actor: Actor, meeting_id: str, seen: Naming, wanted: Naming) -> Meeting:
    """Change title and date. Raises `VersionConflict` if another change than this one was made since `seen`.

    Progress changes the version every second, so a new version alone is no conflict.
    """
    while True:
        with suppress(_MovedOn), changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, meeting):
            if meeting.title not in (seen.title, wanted.title) or meeting.meeting_date not in (seen.day, wanted.day):
                raise VersionConflict("title or date were changed meanwhile")
            try:
                changed = change.tx.meetings.edit(
                    meeting_id, meeting.version, title=wanted.title, meeting_date=wanted.day
                )
            except VersionConflict:
                raise _MovedOn from None
            return change.publish(changed)


class _MovedOn(Exception):
    """The version rose between the look and the edit."""


def ask_for_written(services: Services, actor: Actor, meeting_id: str) -> WrittenView:
    """Start to rewrite the transcript in written Chinese.

    Raises `Conflict` without a transcript or (`written_unavailable`) without a language model.
    """
    with changing_meeting(services, actor, Action.RETRY, meeting_id) as (change, _):
        if services.settings.chosen_summarizer != "llm":
            raise Conflict("no language model", code=ErrorCode.WRITTEN_UNAVAILABLE, setting="OPENAI_MODEL")
        view = change.tx.written_views.ask(meeting_id)
        change.wake_written(change.tx.meetings.get(meeting_id))
        return view


def replace_transcript(
    services: Services, actor: Actor, meeting_id: str, segments: Sequence[NewSegment], *, force: bool = False
) -> Reparsed:
    """Replace the shown transcript by a reparsed one, as `Transcripts.reparse` does. Raises `Conflict`."""
    with changing_meeting(services, actor, Action.RETRY, meeting_id) as (change, _):
        done = change.tx.transcripts.reparse(meeting_id, segments, force=force)
        if done.changed:
            change.publish(done.meeting)
        return done
