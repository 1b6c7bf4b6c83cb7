"""Meetings: list, read, edit, retry, cancel, delete."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cantomeet.access import Action
from cantomeet.errors import Conflict, InvalidRequest, NotFound
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import SORTS, TRANSCRIBERS, list_meetings, parse_filter
from cantomeet.models import Meeting
from cantomeet.store import SummaryWithItems
from cantomeet.templates import SummaryLanguage
from cantomeet.wording import LONGEST_DESCRIPTION, LONGEST_TITLE
from cantomeet_ui.api.deps import Allowed, AllowedMeeting, Deps, Language, Provided
from cantomeet_ui.api.downloads import in_pieces
from cantomeet_ui.api.fields import Day
from cantomeet_ui.api.projection import head_of, listed_of, meeting_in_pieces, meeting_out, segment_out, written_of
from cantomeet_ui.api.receiving import waking
from cantomeet_ui.api.schemas import DeletedOut, MeetingHead, MeetingOut, MeetingPageOut, SegmentPageOut
from cantomeet_ui.api.versions import etag_of, is_known, version_to_edit

router = APIRouter(prefix="/api/meetings", tags=["meetings"])

PARTS = ("segments", "summary", "written")
_USUAL_PARTS = ("segments", "summary")


class Edit(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)] = ""
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_DESCRIPTION)] = ""
    meeting_date: Day | None = None
    summary_language: SummaryLanguage = "zh-Hant-HK"
    template: str = ""
    name_speakers_first: Annotated[bool, Field(strict=True)] = False
    """The last three are for the next summary; see `retry` for having it written at once."""


class Retry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Literal["failed", "transcribe", "summarize"] = Field("failed", alias="from")
    """"failed": where it stopped; "summarize": only the summary again; "transcribe": from the recording."""
    confirm_cost: Annotated[bool, Field(strict=True)] = False
    """Needed where transcribing again is paid for again."""
    template: str | None = None
    summary_language: SummaryLanguage | None = None
    name_speakers_first: Annotated[bool | None, Field(strict=True)] = None
    """The last three are for the summary that is written then, and for later ones; left out, as before."""


@router.get("", dependencies=[Depends(Allowed(Action.LIST))])
def listed(
    deps: Provided,
    language: Language,
    status: Annotated[str, Query(description=f"Of {', '.join(MeetingStatus)}; several with commas.")] = "",
    q: Annotated[str, Query(description="In title, description or transcript.")] = "",
    from_: Annotated[str, Query(alias="from", description="YYYY-MM-DD in Hong Kong, inclusive.")] = "",
    to: Annotated[str, Query(description="YYYY-MM-DD in Hong Kong, inclusive.")] = "",
    error_code: Annotated[str, Query(description="Of failed meetings.")] = "",
    waiting_for: Annotated[str, Query(description="names: whose summary waits for the speakers' names.")] = "",
    transcriber: Annotated[
        str, Query(description=f"One of {', '.join(TRANSCRIBERS)}: who transcribed it, or is to.")
    ] = "",
    age: Annotated[str, Query(description="30m, 12h, 7d: uploaded at least so long ago.")] = "",
    sort: Annotated[str, Query(description=f"One of {', '.join(SORTS)}; -created_at where left out.")] = "",
    limit: Annotated[str, Query(description="1 to 100; 50 where left out.")] = "",
    cursor: Annotated[str, Query(description="`next_cursor` of the page before.")] = "",
) -> MeetingPageOut:
    """One page of the list. An empty parameter is one that is left out."""
    wanted = {"status": status, "q": q, "from": from_, "to": to, "error_code": error_code, "waiting_for": waiting_for}
    wanted |= {"transcriber": transcriber, "age": age, "sort": sort, "limit": limit, "cursor": cursor}
    page = list_meetings(deps.store, parse_filter(wanted, next_transcriber=deps.settings.chosen_transcriber))
    return MeetingPageOut(items=[listed_of(row, language) for row in page.items], next_cursor=page.next_cursor)


@router.get(
    "/{meeting_id}",
    response_model=MeetingOut,
    response_model_exclude_unset=True,
    responses={304: {"description": "If-None-Match names what would be answered."}},
)
def read(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.READ))],
    deps: Provided,
    language: Language,
    response: Response,
    include: Annotated[str, Query(description=f"Of {', '.join(PARTS)}, with commas; none where empty.")] = ",".join(
        _USUAL_PARTS
    ),
    summary_version: Annotated[int | None, Query(ge=1, lt=2**31, description="The shown one where left out.")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Any:
    """A meeting with its transcript and its shown summary; while it is transcribed, with the lines so far."""
    parts = _parts(include)
    headers = {"ETag": etag_of(meeting, language), "Vary": "Accept-Language", "Content-Language": language}
    if is_known(if_none_match, headers["ETag"]):
        return Response(None, 304, headers)
    if "segments" in parts and "written" not in parts:
        spoken = deps.store.paged_transcript(meeting.id, words=False)
        summary = [_summary(deps, meeting, summary_version)] if "summary" in parts else []
        return StreamingResponse(
            in_pieces(meeting_in_pieces(meeting, language, spoken, summary)),
            headers=headers,
            media_type="application/json",
        )
    response.headers.update(headers)
    transcript = deps.store.transcript(meeting.id) if parts & {"segments", "written"} else None
    written = transcript and "written" in parts and written_of(deps.store.written(meeting.id), transcript, language)
    return meeting_out(
        meeting,
        language,
        transcript if "segments" in parts else None,
        [_summary(deps, meeting, summary_version)] if "summary" in parts else [],
        [written or None] if "written" in parts else [],
    )


@router.get("/{meeting_id}/segments", responses={409: {"description": "`after` is of an earlier transcript."}})
def segments(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.READ))],
    deps: Provided,
    language: Language,
    after: Annotated[str, Query(max_length=36, description="`next` of the page before; the first page without.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 300,
) -> SegmentPageOut:
    """A page of the transcript, in the order in which it was spoken. While it is transcribed, ask again later after
    the last line that you have.
    """
    page = deps.store.segment_page(meeting.id, after, limit)
    return SegmentPageOut(
        segments=[segment_out(s, page.speakers.get(s.speaker_id or ""), language) for s in page.segments],
        next=page.segments[-1].id if page.more else None,
    )


def _summary(deps: Deps, meeting: Meeting, version: int | None) -> SummaryWithItems | None:
    found = deps.store.summary(meeting.id, version)
    if found is None and version is not None:
        raise NotFound("no such version of the summary")
    return found


@router.patch(
    "/{meeting_id}",
    responses={
        412: {"description": "The meeting was changed since the version in If-Match."},
        428: {"description": "If-Match is missing."},
    },
)
def edit(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.EDIT))],
    wanted: Edit,
    deps: Provided,
    language: Language,
    response: Response,
    after: BackgroundTasks,
    if_match: Annotated[str | None, Header(description="The ETag that GET answered, or *.")] = None,
) -> MeetingHead:
    """Change title, description, meeting_date, or what the next summary is to be.

    Switching name_speakers_first off lets a summary go on that waits for it.
    """
    version = version_to_edit(if_match, meeting)
    columns = wanted.model_dump(exclude_unset=True)
    changed = deps.store.edit(meeting.id, version, **columns) if columns else meeting
    after.add_task(deps.publish, changed.id, changed.version)
    if meeting.waits_for_names and not changed.waits_for_names:
        after.add_task(waking(deps, changed))
    response.headers["ETag"] = etag_of(changed, language)
    return head_of(changed, language)


@router.post("/{meeting_id}/retry", status_code=202)
def retry(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.RETRY))],
    deps: Provided,
    language: Language,
    after: BackgroundTasks,
    wanted: Retry | None = None,
) -> MeetingHead:
    """Set a failed or completed meeting going again; without a body from where it failed."""
    wanted = wanted or Retry()
    going = deps.store.retry(
        meeting.id,
        wanted.start,
        confirm_cost=wanted.confirm_cost,
        template=wanted.template,
        summary_language=wanted.summary_language,
        name_speakers_first=wanted.name_speakers_first,
    )
    after.add_task(waking(deps, going))
    return head_of(going, language)


@router.post("/{meeting_id}/cancel", status_code=202)
def cancel(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.CANCEL))],
    deps: Provided,
    language: Language,
    after: BackgroundTasks,
) -> MeetingHead:
    """Stop what is going on: FAILED with code `cancelled`."""
    stopped = deps.store.cancel(meeting.id, deps.settings.language)
    after.add_task(deps.publish, stopped.id, stopped.version)
    return head_of(stopped, language)


@router.post("/{meeting_id}/run-now", status_code=202)
def run_now(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.RETRY))],
    deps: Provided,
    language: Language,
    after: BackgroundTasks,
) -> MeetingHead:
    """Take the next step now instead of when it is due; 409 where none is owed or a worker has it."""
    due = deps.store.due_now(meeting.id)
    if due is None:
        raise Conflict("nothing is owed, or a worker has it")
    after.add_task(waking(deps, due))
    return head_of(due, language)


@router.delete("/{meeting_id}", status_code=202)
def delete(
    meeting: Annotated[Meeting, Depends(AllowedMeeting(Action.DELETE))], deps: Provided, after: BackgroundTasks
) -> DeletedOut:
    """Hidden at once; the worker then deletes the provider's copy, the files and the row."""
    gone = deps.store.mark_deleted(meeting.id)
    after.add_task(waking(deps, gone))
    return DeletedOut(id=gone.id)


def _parts(include: str) -> set[str]:
    parts = {part.strip() for part in include.split(",") if part.strip()}
    if not parts <= set(PARTS):
        raise InvalidRequest(f"of {', '.join(PARTS)}", field="include")
    return parts
