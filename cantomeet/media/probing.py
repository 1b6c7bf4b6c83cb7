"""What a recording is: told by FFmpeg from its content, never from its name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from cantomeet.errors import ErrorCode, RecordingRefused
from cantomeet.media import sniffing
from cantomeet.media.ffmpeg import frames_in, opened

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
}
"""Of each `Probe.format`."""

_PLAYABLE = {
    "mp3": {"mp3"},
    "m4a": {"aac", "mp3", "opus", "flac"},
    "mp4": {"aac", "mp3", "opus", "flac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_mulaw", "pcm_alaw"},
    "ogg": {"opus", "vorbis", "flac"},
    "webm": {"opus", "vorbis"},
    "flac": {"flac"},
}
"""Codecs that Chromium, Firefox and Safari all play and can seek in, by container."""
_GUESSED_DURATION = {"aac", "amr"}
"""Containers without a stated length: FFmpeg guesses it from the bit rate of the first frames."""


_WAV_PLACEHOLDER = 0x7FFF0000
"""From this size on, what a recorder writes that cannot go back to its header (sox: 0x7FFFFFFF less some)."""
_PACKETS_TO_TRY = 500
"""In which the first frame must decode for a file to count as a recording."""


@dataclass(frozen=True)
class Probe:
    format: str
    """A key of `CONTENT_TYPES`."""
    codec: str
    """FFmpeg's name of the sound's codec."""
    duration_seconds: float | None
    """As the header states; None where it states nothing and any figure would be a guess."""

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]


def probe(path: Path) -> Probe:
    """What the file is. Raises `RecordingRefused` (415; `found` is a code of `sniffing`) for no recording."""
    with path.open("rb") as file:
        head = file.read(sniffing.HEAD_BYTES)
        refuse_foreign(head)
        first_frame = _after_id3(file, head)
        try:
            with opened(file) as container:
                return _probe(container, head, first_frame)
        except FFmpegError as error:
            raise _refused(sniffing.INCOMPLETE if head[4:8] == b"ftyp" else sniffing.UNKNOWN) from error


def refuse_foreign(head: bytes) -> None:
    """Raises `RecordingRefused` (415) where a file's first bytes already say that it is something else."""
    code = sniffing.foreign(head)
    if code is not None:
        raise _refused(code)


def playable_in_browsers(probe: Probe) -> bool:
    """True where every current browser plays the file as it is, and can jump to any line of it."""
    if probe.format == "webm" and probe.duration_seconds is None:
        # As browsers themselves record it: without an index nothing can be jumped to.
        return False
    return probe.codec in _PLAYABLE.get(probe.format, ())


def _after_id3(file: BinaryIO, head: bytes) -> bytes:
    """The first bytes of sound; an ID3 tag with a cover picture can be megabytes long. Leaves the file at its start."""
    if head.startswith(b"ID3") and len(head) > 10:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        file.seek(10 + size)
        head = file.read(sniffing.HEAD_BYTES)
    file.seek(0)
    return head


def _probe(container: InputContainer, head: bytes, first_frame: bytes) -> Probe:
    stream = audio_of(container)
    if stream is None:
        raise _refused(sniffing.NO_SOUND)
    format = _format_of(container, head)
    # Before decoding: FFmpeg rewrites what the header said as it reads on.
    stated = _stated_seconds(container, format, first_frame)
    if next(islice(frames_in(container, stream, _PACKETS_TO_TRY), 1), None) is None:
        raise _refused(sniffing.UNDECODABLE)
    return Probe(format, stream.codec_context.codec.canonical_name, stated)


def audio_of(container: InputContainer) -> AudioStream | None:
    stream = container.streams.best("audio")
    return stream if isinstance(stream, AudioStream) and stream.codec_context is not None else None


def _format_of(container: InputContainer, head: bytes) -> str:
    name = container.format.name.split(",")[0]
    if name == "matroska":
        return "webm" if b"webm" in head[:64] else "mkv"
    if name == "mov":
        pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        return "mp4" if pictures else "m4a"
    return name


def _stated_seconds(container: InputContainer, format: str, first_frame: bytes) -> float | None:
    if container.duration is None or format in _GUESSED_DURATION:
        return None
    if format == "mp3" and not any(tag in first_frame for tag in (b"Xing", b"Info", b"VBRI")):
        return None
    seconds = container.duration / 1_000_000
    # FFmpeg believes the file's size; that a WAV was cut off shows only in its header.
    return max(seconds, _wav_seconds(first_frame)) if format == "wav" else seconds


def _wav_seconds(head: bytes) -> float:
    """As the header of a WAV states; 0.0 where it does not, or holds what recorders put in before they know."""
    bytes_a_second, at = 0, 12
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            bytes_a_second = int.from_bytes(head[at + 16 : at + 20], "little")
        if name == b"data":
            known = bytes_a_second and head[:4] == b"RIFF" and size < _WAV_PLACEHOLDER
            return size / bytes_a_second if known else 0.0
        at += 8 + size + size % 2
    return 0.0


def _refused(code: str) -> RecordingRefused:
    return RecordingRefused(f"found: {code}", code=ErrorCode.NOT_A_RECORDING, found=code)
