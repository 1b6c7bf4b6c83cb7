"""What reading a recording finds.

Without FFmpeg and numpy: those who ask for a reading import neither, which is a fifth of a worker's start.
"""

from __future__ import annotations

from dataclasses import dataclass

from cantomeet.errors import ErrorCode, PermanentError, RecordingRefused
from cantomeet.media import sniffing

CONTENT_TYPES = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "webm": "audio/webm",
    "mkv": "video/x-matroska",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "amr": "audio/amr",
    "asf": "video/x-ms-asf",
    "aiff": "audio/aiff",
    "caf": "audio/x-caf",
    "w64": "audio/x-w64",
    "au": "audio/basic",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "ac3": "audio/ac3",
    "eac3": "audio/eac3",
    "dts": "audio/vnd.dts",
    "loas": "audio/mp4a-latm",
    "flv": "video/x-flv",
    "mxf": "application/mxf",
    "dv": "video/dv",
    "dhav": "application/octet-stream",
    "voc": "application/octet-stream",
    "oma": "application/octet-stream",
    "qcp": "audio/qcelp",
    "act": "application/octet-stream",
    "tta": "audio/x-tta",
    "wv": "audio/x-wavpack",
    "ape": "audio/x-ape",
    "tak": "audio/x-tak",
}
"""The content type of each `Probe.format`."""

RATE = 16_000
"""Sample rate of decoded sound in Hz. It is mono, 16 bits."""
PLAYBACK_CONTENT_TYPE = "audio/webm"
"""The content type of a playback copy."""


@dataclass(frozen=True)
class Probe:
    format: str
    """A key of `CONTENT_TYPES`."""
    codec: str
    """FFmpeg's name of the audio codec."""
    duration_seconds: float | None
    """The duration that the header states. None if it states none or more than a day."""

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]


@dataclass(frozen=True)
class Missing:
    """Sound that could not be read."""

    at: float
    """Position in seconds of the transcript's time."""
    seconds: float


@dataclass(frozen=True)
class Decoded:
    seconds: float
    """Duration of the decoded sound, including silence that fills gaps."""
    missing: tuple[Missing, ...] = ()
    """Sound that could not be read, in order."""
    unread_tracks: int = 0
    """Number of sound tracks that could not be decoded."""
    unread_bytes: int = 0
    """Bytes of recordings within the file that could not be decoded."""
    plays_alike: bool = False
    """Whether a browser that plays the file itself surely plays the same sound at the same times."""


def refuse_foreign(head: bytes) -> None:
    """Raises `RecordingRefused` (415) if the first bytes of a file show that it is something else."""
    code = sniffing.foreign(head)
    if code is not None:
        raise refused(code)


def refused(code: str) -> RecordingRefused:
    """The refusal of a file in which `code` was found."""
    return RecordingRefused(f"found: {code}", code=ErrorCode.NOT_A_RECORDING, found=code)


def unreadable(code: str) -> PermanentError:
    """The end of a recording that could not be decoded, because of `code`."""
    return PermanentError(f"found: {code}", code=ErrorCode.RECORDING_UNREADABLE, found=code)
