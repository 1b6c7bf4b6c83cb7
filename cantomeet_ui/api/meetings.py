"""Meetings: list, read, edit, retry, cancel, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import SORTS, TRANSCRIBERS, parse_filter
from cantomeet.queries.lists import listed_meetings
from cantomeet.queries.meetings import meeting_detail, segment_page
from cantomeet.service import meetings
from cantomeet.service.edits import MeetingEdit, SummaryWishes
from cantomeet.service.meetings import Start
from cantomeet.templates import SummaryLanguage
from cantomeet.wording import LONGEST_DESCRIPTION, LONGEST_TITLE
from cantomeet_ui.api.dependencies import Allowed, AllowedMeeting, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.downloads import in_pieces
from cantomeet_ui.api.fields import Day
from cantomeet_ui.api.projection import head_of, listed_of, meeting_in_pieces, meeting_out, segments_of, written_of
from cantomeet_ui.api.schemas import DeletedOut, MeetingHead, MeetingOut, MeetingPageOut, SegmentPageOut
from cantomeet_ui.api.versions import etag_of, is_known, precondition_of

router = APIRouter(prefix="/api/meetings", tags=["meetings"])

PARTS = ("segments", "summary", "written")
_USUAL_PARTS = ("segments", "summary")


class MeetingEditIn(BaseModel):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)] = ""
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_DESCRIPTION)] = ""
    meeting_date: Day | None = None
    summary_language: SummaryLanguage = "zh-Hant-HK"
    template: str = ""
    name_speakers_first: Annotated[bool, Field(strict=True)] = False
    """The last three apply to the next summary. `retry` starts one at once."""


class RetryIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Start = Field("failed", alias="from")
    """"failed": from the step that stopped; "summarize": only the summary; "transcribe": from the recording."""
    confirm_cost: Annotated[bool, Field(strict=True)] = False
    """Required if transcribing again costs money again."""
    template: str | None = None
    summary_language: SummaryLanguage | None = None
    name_speakers_first: Annotated[bool | None, Field(strict=True)] = None
    """The last three apply to this summary and later ones. Omitted fields stay unchanged."""


@router.get("", dependencies=[Depends(Allowed(Action.LIST))], response_model=MeetingPageOut)
def listed(
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    status: Annotated[str, Query(description=f"Any of {', '.join(MeetingStatus)}, comma-separated.")] = "",
    q: Annotated[str, Query(description="Text in title, description, transcript or shown summary.")] = "",
    from_: Annotated[str, Query(alias="from", description="YYYY-MM-DD in Hong Kong, inclusive.")] = "",
    to: Annotated[str, Query(description="YYYY-MM-DD in Hong Kong, inclusive.")] = "",
    error_code: Annotated[str, Query(description="The error code of failed meetings.")] = "",
    waiting_for: Annotated[str, Query(description="names: meetings that wait for the speakers' names.")] = "",
    transcriber: Annotated[
        str, Query(description=f"One of {', '.join(TRANSCRIBERS)}: the one that transcribed or will transcribe it.")
    ] = "",
    age: Annotated[str, Query(description="30m, 12h, 7d: uploaded at least that long ago.")] = "",
    sort: Annotated[str, Query(description=f"One of {', '.join(SORTS)}. Default: -created_at.")] = "",
    limit: Annotated[str, Query(description="1 to 100. Default: 50.")] = "",
    cursor: Annotated[str, Query(description="`next_cursor` of the previous page.")] = "",
) -> Response:
    """One page of the list. An empty parameter counts as omitted."""
    wanted = {"status": status, "q": q, "from": from_, "to": to, "error_code": error_code, "waiting_for": waiting_for}
    wanted |= {"transcriber": transcriber, "age": age, "sort": sort, "limit": limit, "cursor": cursor}
    page = listed_meetings(services, actor, parse_filter(wanted, next_transcriber=services.settings.chosen_transcriber))
    items = [listed_of(row, language) for row in page.items]
    # FastAPI would check and convert it again.
    body = MeetingPageOut(items=items, next_cursor=page.next_cursor).model_dump_json()
    return Response(body, media_type="application/json")


@router.get(
    "/{meeting_id}",
    response_model=MeetingOut,
    response_model_exclude_unset=True,
    responses={304: {"description": "If-None-Match names the current ETag."}},
)
def read(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    response: Response,
    include: Annotated[str, Query(description=f"Any of {', '.join(PARTS)}, comma-separated, or empty.")] = ",".join(
        _USUAL_PARTS
    ),
    summary_version: Annotated[int | None, Query(ge=1, lt=2**31, description="Default: the shown version.")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> MeetingOut | Response:
    """A meeting with its transcript and its shown summary. During transcription, with the lines so far."""
    parts = _parts(include)
    found = meeting_detail(
        services,
        actor,
        meeting_id,
        segments="segments" in parts,
        summary="summary" in parts,
        written="written" in parts,
        summary_version=summary_version,
        is_known=lambda meeting: is_known(if_none_match, etag_of(meeting, language)),
    )
    headers = {"ETag": etag_of(found.meeting, language), "Vary": "Accept-Language", "Content-Language": language}
    if is_known(if_none_match, headers["ETag"]):
        return Response(None, 304, headers)
    summary = [found.summary] if "summary" in parts else []
    if found.lines is not None:
        return StreamingResponse(
            in_pieces(meeting_in_pieces(found.meeting, language, found.lines, summary)),
            headers=headers,
            media_type="application/json",
        )
    response.headers.update(headers)
    spoken = found.transcript
    written = [] if spoken is None else [written_of(found.written, spoken, language)]
    return meeting_out(found.meeting, language, spoken if "segments" in parts else None, summary, written)


@router.get("/{meeting_id}/segments", responses={409: {"description": "`after` belongs to an earlier transcript."}})
def segments(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.READ))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    after: Annotated[str, Query(max_length=36, description="`next` of the previous page; empty for the first.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 300,
) -> SegmentPageOut:
    """A page of the transcript in spoken order. During transcription, ask again with `after` set to your last line."""
    page = segment_page(services, actor, meeting_id, after, limit)
    return SegmentPageOut(
        segments=segments_of(page.segments, page.speakers, language),
        next=page.segments[-1].id if page.more else None,
    )


@router.patch(
    "/{meeting_id}",
    responses={
        412: {"description": "The meeting was changed since the version in If-Match."},
        428: {"description": "If-Match is missing."},
    },
)
def edit(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.EDIT))],
    wanted: MeetingEditIn,
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of GET, or *.")] = None,
) -> MeetingHead:
    """Change title, description, meeting_date, or the wishes for the next summary.

    Switching name_speakers_first off starts a summary that waits for it.
    """
    given = MeetingEdit(**wanted.model_dump(exclude_unset=True))
    changed = meetings.edit(services, actor, meeting_id, given, precondition_of(if_match))
    response.headers["ETag"] = etag_of(changed, language)
    return head_of(changed, language)


@router.post("/{meeting_id}/retry", status_code=202)
def retry(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.RETRY))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    wanted: RetryIn | None = None,
) -> MeetingHead:
    """Restart a failed or completed meeting. Without a body, from the step that failed."""
    wanted = wanted or RetryIn()
    wishes = SummaryWishes(wanted.template, wanted.summary_language, wanted.name_speakers_first)
    going = meetings.retry(services, actor, meeting_id, wanted.start, confirm_cost=wanted.confirm_cost, wishes=wishes)
    return head_of(going, language)


@router.post("/{meeting_id}/cancel", status_code=202)
def cancel(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.CANCEL))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
) -> MeetingHead:
    """Stop processing. The meeting becomes FAILED with the code `cancelled`."""
    return head_of(meetings.cancel(services, actor, meeting_id), language)


@router.post("/{meeting_id}/run-now", status_code=202)
def run_now(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.RETRY))],
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
) -> MeetingHead:
    """Run the next step now instead of when it is due. 409 if no step is due or a worker runs it."""
    return head_of(meetings.run_now(services, actor, meeting_id), language)


@router.delete("/{meeting_id}", status_code=202)
def delete(
    meeting_id: Annotated[str, Depends(AllowedMeeting(Action.DELETE))], services: CurrentServices, actor: CurrentActor
) -> DeletedOut:
    """Hide the meeting at once. A worker then deletes the provider's copy, the files and the row."""
    return DeletedOut(id=meetings.delete(services, actor, meeting_id).id)


def _parts(include: str) -> set[str]:
    parts = {part.strip() for part in include.split(",") if part.strip()}
    if not parts <= set(PARTS):
        raise InvalidRequest(f"any of {', '.join(PARTS)}", field="include")
    return parts
