"""Decodes a whole recording, to measure it and to convert it for the transcriber."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cantomeet import media
from cantomeet.errors import ErrorCode, NotFound, PermanentError
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.storage import Copy, Storage
from cantomeet.store import NewAttempt
from cantomeet.stored_json import WarningDetails
from worker.lease import MeetingLease
from worker.toolbox import Toolbox

_WARNINGS = ("ends_early", "sound_missing", "tracks_unread", "part_unread")
"""The warnings that decoding yields. Each try replaces them."""
_TOLERANCE_SECONDS = 0.05
"""Differences in duration up to this many seconds are ignored."""
_MOST_PLACES = 20
"""Limit on the places that a warning names."""


def prepare(tools: Toolbox, lease: MeetingLease, _tried: NewAttempt) -> Meeting:
    """Decode the whole recording: save its real duration, and for the local transcriber its sound.

    The timeline does not show this step: it leads at once to the first step that depends on anything external.
    """
    meeting = lease.meeting
    meeting = tools.store.pipeline.commit_working(
        meeting.id,
        meeting.job.run,
        status=MeetingStatus.TRANSCRIBING,
        transcriber=meeting.transcriber or tools.transcriber,
        transcriber_name=tools.name_of(meeting.transcriber or tools.transcriber),
        progress=None,
    )
    tools.publish(meeting.id, meeting.version)
    with source_of(tools.recordings, meeting) as source:
        # A provider does not need the decoded sound, and an hour of it takes 115 MB, so it is only measured.
        local = meeting.transcriber in tools.locals
        decoded = decode(tools, lease, source) if local else _measure(tools, lease, source)
        has_playback_copy = _playback_copy(tools, meeting, source, lease, decoded)
    details = sound_warnings(decoded)
    others = [code for code in meeting.warnings if code not in _WARNINGS]
    return tools.store.pipeline.commit_step(
        meeting.id,
        meeting.job.run,
        stage=Stage.PREPARED,
        progress=0,
        duration_seconds=decoded.seconds,
        warnings=[*others, *details],
        warning_details=details,
        has_playback_copy=has_playback_copy,
    )


def sound_warnings(decoded: media.Decoded) -> dict[str, WarningDetails]:
    """The warnings about a recording's sound, by code, each with the parameters of its text.

    The texts are in `cantomeet.i18n.warnings`.
    """
    late = [gap for gap in decoded.missing if gap.at + gap.seconds > decoded.seconds + _TOLERANCE_SECONDS]
    inside = [gap for gap in decoded.missing if gap not in late]
    found: dict[str, WarningDetails] = {}
    if late:
        found["ends_early"] = {"seconds": round(sum(gap.seconds for gap in late), 1), "at": round(decoded.seconds, 1)}
    if inside:
        found["sound_missing"] = {
            "seconds": round(sum(gap.seconds for gap in inside), 1),
            "places": [[round(gap.at, 1), round(gap.seconds, 1)] for gap in inside[:_MOST_PLACES]],
        }
    if decoded.unread_tracks:
        found["tracks_unread"] = {"count": decoded.unread_tracks}
    if decoded.unread_bytes:
        found["part_unread"] = {"kilobytes": max(1, decoded.unread_bytes // 1000)}
    return found


@contextmanager
def source_of(recordings: Storage, meeting: Meeting) -> Iterator[Path]:
    """The recording as a local file, until the block ends. Raises `PermanentError` if it is missing."""
    with ExitStack() as stack:
        try:
            source = stack.enter_context(recordings.local(meeting.recording_key))
        except NotFound as error:
            raise PermanentError("the recording's file is gone", code=ErrorCode.RECORDING_MISSING) from error
        yield source


def decode(tools: Toolbox, lease: MeetingLease, source: Path) -> media.Decoded:
    """Write the sound beside the recording, as 16 kHz mono WAV."""
    with tools.recordings.making(lease.meeting.recording_key, Copy.DECODED) as target:
        return media.decode_to_wav(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)


def guard(tools: Toolbox, lease: MeetingLease) -> Callable[[float], None]:
    """A callback for long writes. It raises `LeaseLost` if the lease is lost, `StorageFull` if the disk is nearly full.

    Raises `StorageFull` at once if there is no room to start.
    """
    tools.recordings.require_room(0)

    def check(_seconds: float) -> None:
        lease.check()
        tools.recordings.require_room(0)

    return check


def _measure(tools: Toolbox, lease: MeetingLease, source: Path) -> media.Decoded:
    return media.measure(source, lambda _seconds: lease.check(), longest_seconds=tools.longest_seconds)


def _playback_copy(tools: Toolbox, meeting: Meeting, source: Path, lease: MeetingLease, decoded: media.Decoded) -> bool:
    """Make a copy that browsers can play. False if they play the recording itself, with the sound that was decoded."""
    if decoded.plays_alike:
        return False
    with tools.recordings.making(meeting.recording_key, Copy.PLAYBACK) as target:
        media.make_playback_copy(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)
    return True
