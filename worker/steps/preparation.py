"""Checking a recording to its end, and bringing it into the form that the transcriber takes."""

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
"""What decoding may find; another try finds it out for itself."""
_MOMENT = 0.05
"""Seconds that do not matter."""
_MOST_PLACES = 20
"""Named in a warning."""


def prepare(tools: Toolbox, lease: MeetingLease, _tried: NewAttempt) -> Meeting:
    """Decode the whole recording: its real duration, and for the local recogniser its sound.

    Not in the timeline: it leads straight on to the first step that can fail for reasons outside.
    """
    meeting = lease.meeting
    meeting = tools.store.commit_working(
        meeting.id,
        meeting.job.run,
        status=MeetingStatus.TRANSCRIBING,
        transcriber=meeting.transcriber or tools.transcriber,
        transcriber_name=tools.name_of(meeting.transcriber or tools.transcriber),
        progress=None,
    )
    tools.publish(meeting.id, meeting.version)
    with source_of(tools.recordings, meeting) as source:
        # Nobody else reads a remote one's sound, and an hour of it is 115 MB: it is measured without being kept.
        local = meeting.transcriber in tools.locals
        decoded = decode(tools, lease, source) if local else _measure(tools, lease, source)
        has_playback_copy = _playback_copy(tools, meeting, source, lease, decoded)
    details = found_wanting(decoded)
    others = [code for code in meeting.warnings if code not in _WARNINGS]
    return tools.store.commit_step(
        meeting.id,
        meeting.job.run,
        stage=Stage.PREPARED,
        progress=0,
        duration_seconds=decoded.seconds,
        warnings=[*others, *details],
        warning_details=details,
        has_playback_copy=has_playback_copy,
    )


def found_wanting(decoded: media.Decoded) -> dict[str, WarningDetails]:
    """The warnings about a recording's sound, each with what its text needs (`cantomeet.i18n.warnings`)."""
    late = [gap for gap in decoded.missing if gap.at + gap.seconds > decoded.seconds + _MOMENT]
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
    """The recording as a file, until the block ends. Raises `PermanentError` where it is gone."""
    with ExitStack() as stack:
        try:
            source = stack.enter_context(recordings.local(meeting.recording_key))
        except NotFound as error:
            raise PermanentError("the recording's file is gone", code=ErrorCode.RECORDING_MISSING) from error
        yield source


def decode(tools: Toolbox, lease: MeetingLease, source: Path) -> media.Decoded:
    """Write the sound as 16 kHz mono WAV beside the recording."""
    with tools.recordings.making(lease.meeting.recording_key, Copy.DECODED) as target:
        return media.decode_to_wav(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)


def guard(tools: Toolbox, lease: MeetingLease) -> Callable[[float], None]:
    """For what writes for long: ends it where the meeting was taken, or where the disk's reserve would be touched.

    Raises `StorageFull` at once where there is no room to begin with.
    """
    tools.recordings.require_room(0)

    def look(_seconds: float) -> None:
        lease.check()
        tools.recordings.require_room(0)

    return look


def _measure(tools: Toolbox, lease: MeetingLease, source: Path) -> media.Decoded:
    return media.measure(source, lambda _seconds: lease.check(), longest_seconds=tools.longest_seconds)


def _playback_copy(tools: Toolbox, meeting: Meeting, source: Path, lease: MeetingLease, decoded: media.Decoded) -> bool:
    """Make a copy that browsers play; False where they play the recording itself as it was decoded."""
    if decoded.plays_alike:
        return False
    with tools.recordings.making(meeting.recording_key, Copy.PLAYBACK) as target:
        media.make_playback_copy(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)
    return True
