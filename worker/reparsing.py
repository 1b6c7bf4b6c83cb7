"""`cantomeet reparse` parses stored provider answers again, without another paid request."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cantomeet.access import Actor
from cantomeet.errors import CantoMeetError, Conflict, ErrorCode, NotFound, PermanentError
from cantomeet.models import Meeting
from cantomeet.queries.answers import kept_answer
from cantomeet.service import Services, meetings
from worker.providers import RemoteTranscript
from worker.providers.speechmatics.parse import parse_json_v2
from worker.steps.recognition import new_segment

PARSERS: Mapping[str, Callable[[bytes], RemoteTranscript]] = {"speechmatics": parse_json_v2}


@dataclass(frozen=True)
class ReparseOutcome:
    meeting_id: str
    what: str
    """The outcome as text for the terminal."""
    ok: bool = True
    changed: Meeting | None = None
    """The meeting, if its transcript changed."""


def reparse(services: Services, actor: Actor, meeting_ids: Sequence[str], *, force: bool) -> Iterator[ReparseOutcome]:
    """Parse the stored answers of `meeting_ids` again. Yields one outcome a meeting; an error of one stops no other.

    With `force`, corrections that no longer fit are dropped.
    """
    for meeting_id in meeting_ids:
        try:
            yield _reparse_one(services, actor, meeting_id, force)
        except CantoMeetError as error:
            yield ReparseOutcome(meeting_id, f"left as it was: {error}", ok=False)


def resummarize(services: Services, actor: Actor, meeting: Meeting) -> ReparseOutcome:
    """Summarize a reparsed meeting again. A summary that a person started meanwhile is left alone."""
    try:
        going = meetings.retry(services, actor, meeting.id, "summarize")
    except CantoMeetError as error:
        return ReparseOutcome(meeting.id, f"its summary is not made anew: {error}", ok=False, changed=meeting)
    return ReparseOutcome(meeting.id, "its summary is being made anew", changed=going)


def _reparse_one(services: Services, actor: Actor, meeting_id: str, force: bool) -> ReparseOutcome:
    raw = kept_answer(services, actor, meeting_id)
    if raw is None or raw.provider not in PARSERS:
        raise NotFound("no provider's answer is kept for it")
    transcript = PARSERS[raw.provider](_decompressed(raw.body))
    try:
        lines = [new_segment(line) for line in transcript.segments]
        done = meetings.replace_transcript(services, actor, meeting_id, lines, force=force)
    except Conflict as conflict:
        hint = "; --force drops them" if "corrected" in str(conflict) else ""
        raise Conflict(f"{conflict}{hint}") from None
    if not done.changed:
        return ReparseOutcome(meeting_id, "already as this version parses it")
    told = f"parsed anew, {len(transcript.segments)} lines; corrections kept {done.kept}, dropped {done.lost}"
    return ReparseOutcome(meeting_id, told, changed=done.meeting)


def _decompressed(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        raise PermanentError("the stored answer is damaged", code=ErrorCode.PROVIDER_BAD_ANSWER) from None
