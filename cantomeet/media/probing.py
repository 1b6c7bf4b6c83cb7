"""Detects the format of a recording with FFmpeg, by its content and never by its name."""

from __future__ import annotations

from itertools import islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from cantomeet.media import sniffing
from cantomeet.media.ffmpeg import decoded, opened, packets_in
from cantomeet.media.found import Probe, refuse_foreign, refused
from cantomeet.media.limits import LONGEST_SECONDS
from cantomeet.media.mpeg_frames import mp3_stated_seconds
from cantomeet.media.parts import Part, first_part
from cantomeet.media.sound import sound_tracks

_GUESSED_DURATION = {"aac", "amr", "ac3", "eac3", "dts", "loas", "mpegts", "mpeg", "dv"}
"""Containers without a stated duration. FFmpeg guesses it from the bit rate of the first frames."""
_RAW = {"mp3", "aac", "ac3", "eac3", "dts", "loas", "mpegts", "mpeg", "dv", "dhav"}
"""Formats without a header, which FFmpeg may detect in arbitrary bytes."""
_PACKETS_TO_BE_SURE = 40
_PACKETS_TO_TRY = 500
"""A file counts as a recording only if a frame of its first packets can be decoded."""


def probe(path: Path) -> Probe:
    """Probe a file. Raises `RecordingRefused` (415; `found` is a code of `sniffing`) if it is no recording."""
    with path.open("rb") as file:
        head = file.read(sniffing.HEAD_BYTES)
        refuse_foreign(head)
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return _probe_part(file, data, first_part(data))


def _probe_part(file: BinaryIO, data: mmap, part: Part) -> Probe:
    head = bytes(data[part.start : part.start + sniffing.HEAD_BYTES])
    if part.start:
        # Bytes before the recording must not bypass the check.
        refuse_foreign(head)
    try:
        with opened(file, part.start, part.end, part.patches, part.options, part.skipped) as container:
            return _probe(container, head, data, part)
    except FFmpegError as error:
        raise refused(_reason(head)) from error


def _reason(head: bytes) -> str:
    if head[4:8] == b"ftyp" or head[:4] == b"caff":
        return sniffing.INCOMPLETE
    return sniffing.TEXT if sniffing.is_text(head) else sniffing.UNKNOWN


def _probe(container: InputContainer, head: bytes, data: mmap, part: Part) -> Probe:
    tracks = sound_tracks(container)
    if not tracks:
        raise refused(sniffing.UNDECODABLE if container.streams.audio else sniffing.NO_SOUND)
    format = _format_of(container, head)
    # Read it before decoding: FFmpeg overwrites the header's values while it reads.
    stated = _stated_seconds(container, format, part, data)
    if stated is not None and stated > LONGEST_SECONDS:
        stated = None
    for track in tracks:
        if _decodes(container, track, surely=format in _RAW):
            return Probe(format, track.codec_context.codec.canonical_name, stated)
        container.seek(0)
    raise refused(sniffing.UNKNOWN if format in _RAW else sniffing.UNDECODABLE)


def _decodes(container: InputContainer, track: AudioStream, *, surely: bool) -> bool:
    """Whether any frame of the first packets can be decoded. With `surely`, more than half of them must."""
    good = tried = 0
    for packet in islice(packets_in(container, track), _PACKETS_TO_TRY):
        if packet is not None and packet.size:
            tried += 1
            good += bool(decoded(packet.decode))
        if good and (not surely or tried >= _PACKETS_TO_BE_SURE):
            break
    good += bool(decoded(lambda: track.codec_context.decode(None)))
    return 2 * good > tried if surely else good > 0


def _format_of(container: InputContainer, head: bytes) -> str:
    name = container.format.name.split(",")[0]
    if name == "matroska":
        return "webm" if b"webm" in head[:64] else "mkv"
    if name == "mov":
        pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        return "mp4" if pictures else "m4a"
    return name


def _stated_seconds(container: InputContainer, format: str, part: Part, data: mmap) -> float | None:
    if format == "mp3":
        return mp3_stated_seconds(data, part.start)
    if container.duration is None or format in _GUESSED_DURATION:
        return None
    seconds = container.duration / 1_000_000
    if format in ("webm", "mkv"):
        # They state the end, on a clock that may not start at zero.
        seconds -= max(0.0, (container.start_time or 0) / 1_000_000)
    if part.data_bytes and part.missing_bytes:
        # FFmpeg uses the file's size, but only the header shows that a WAV is truncated.
        seconds *= part.data_bytes / max(1, part.data_bytes - part.missing_bytes)
    return seconds
