"""Checking a recording to its end, and bringing it into the form that the transcriber takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cantomeet import media
from cantomeet.errors import ErrorCode, PermanentError, RecordingRefused, TransientError
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.media.sniffing import CUT_OFF
from cantomeet.models import Meeting
from cantomeet.recordings import Recordings
from cantomeet.store import Try
from worker.lease import Lease
from worker.toolbox import Toolbox

DECODED = "wav"
PLAYBACK = "playback"

_TOLERATED_SECONDS = 2.0
_TOLERATED_SHARE = 0.02
"""Headers are rough; more than both of these missing means that the recording was cut off."""


def prepare(tools: Toolbox, lease: Lease, _tried: Try) -> Meeting:
    """Decode the whole recording: its real duration, and for the local recogniser its sound.

    Not in the timeline: it leads straight on to the first step that can fail for reasons outside.
    """
    meeting = lease.meeting
    meeting = tools.store.commit_working(
        meeting.id,
        meeting.run,
        status=MeetingStatus.TRANSCRIBING,
        transcriber=meeting.transcriber or tools.transcriber,
        transcriber_name=tools.name_of(meeting.transcriber or tools.transcriber),
        progress=None,
    )
    tools.publish(meeting.id, meeting.version)
    source = source_of(tools.recordings, meeting)
    # Nobody else reads a remote one's sound, and an hour of it is 115 MB: it is measured without being kept.
    local = meeting.transcriber in tools.locals
    seconds = decode(tools, lease, source) if local else _measure(tools, lease, source)
    warnings = list(meeting.warnings)
    if _ends_early(meeting.duration_seconds, seconds):
        warnings.append("ends_early")
    return tools.store.commit_step(
        meeting.id,
        meeting.run,
        stage=Stage.PREPARED,
        progress=0,
        duration_seconds=seconds,
        warnings=list(dict.fromkeys(warnings)),
        has_playback_copy=_playback_copy(tools, meeting, source, lease),
    )


def source_of(recordings: Recordings, meeting: Meeting) -> Path:
    """The recording's file. Raises `PermanentError` where it is gone."""
    path = recordings.path(meeting.recording_key)
    if not path.exists():
        raise PermanentError("the recording's file is gone", code=ErrorCode.RECORDING_MISSING)
    return path


def decode(tools: Toolbox, lease: Lease, source: Path) -> float:
    """The sound as 16 kHz mono WAV beside the recording; its real length in seconds."""
    target = tools.recordings.work_path(lease.meeting.recording_key, DECODED)
    made = media.decode_to_wav(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)
    return made.seconds


def guard(tools: Toolbox, lease: Lease) -> Callable[[float], None]:
    """For what writes for long: ends it where the meeting was taken, or where the disk's reserve would be touched.

    Raises `StorageFull` at once where there is no room to begin with.
    """
    tools.recordings.require_room(0)

    def look(_seconds: float) -> None:
        lease.check()
        tools.recordings.require_room(0)

    return look


def _measure(tools: Toolbox, lease: Lease, source: Path) -> float:
    found = media.measure(source, lambda _seconds: lease.check(), longest_seconds=tools.longest_seconds)
    return found.seconds


def _ends_early(claimed: float | None, seconds: float) -> bool:
    missing = (claimed or 0.0) - seconds
    return missing > _TOLERATED_SECONDS and missing > _TOLERATED_SHARE * (claimed or 0.0)


def _playback_copy(tools: Toolbox, meeting: Meeting, source: Path, lease: Lease) -> bool:
    """Make a copy that browsers can play; False where they can play the recording itself."""
    try:
        probe = media.probe(source)
    except RecordingRefused as error:
        found = str(error.params.get("found", "?"))
        if found == CUT_OFF:
            raise TransientError(error.detail, code=ErrorCode.WORKER_DIED, times=2) from error
        raise PermanentError(error.detail, code=ErrorCode.RECORDING_UNREADABLE, found=found) from error
    if media.playable_in_browsers(probe):
        return False
    target = tools.recordings.work_path(meeting.recording_key, PLAYBACK)
    media.make_playback_copy(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)
    return True
