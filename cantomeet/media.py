"""What a recording is and how it sounds: told and decoded by PyAV (FFmpeg), from its content, never from its name."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from cantomeet import found
from cantomeet.atomic import replacing
from cantomeet.errors import ErrorCode, PermanentError, RecordingRefused
from cantomeet.ffmpeg import created, frames_in, opened

RATE = 16_000
"""Samples a second of decoded sound; mono, 16 bits."""
PLAYBACK_CONTENT_TYPE = "audio/webm"
"""Of what `make_playback_copy` makes."""

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
_GAP_SECONDS = 0.1
"""Sound missing for longer is filled with silence, so that times in the transcript are times in the player."""
_LONGEST_GAP_SECONDS = 3600.0
"""A longer jump is taken for a broken clock, not for silence."""
_PROGRESS_SECONDS = 10.0
_LONGEST_WAV_SECONDS = (2**32 - 1024) / (2 * RATE)
"""37 hours: a WAV header counts its bytes in 32 bits."""


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


@dataclass(frozen=True)
class Decoded:
    seconds: float
    """Of sound really decoded, silence in gaps included."""


def probe(path: Path) -> Probe:
    """What the file is. Raises `RecordingRefused` (415; `found` is a code of `cantomeet.found`) for no recording."""
    with path.open("rb") as file:
        head = file.read(found.HEAD_BYTES)
        refuse_foreign(head)
        first_frame = _after_id3(file, head)
        try:
            with opened(file) as container:
                return _probe(container, head, first_frame)
        except FFmpegError as error:
            raise _refused(found.INCOMPLETE if head[4:8] == b"ftyp" else found.UNKNOWN) from error


def refuse_foreign(head: bytes) -> None:
    """Raises `RecordingRefused` (415) where a file's first bytes already say that it is something else."""
    code = found.foreign(head)
    if code is not None:
        raise _refused(code)


def decode_to_wav(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Write the sound of `src` to `dst` as 16 kHz mono 16-bit WAV; `dst` appears whole or not at all.

    `on_progress` is called now and then with the seconds done; what it raises ends the work. Broken packets are
    skipped and a file that ends early gives what there is. Raises `PermanentError` (recording_unreadable) where
    nothing decodes, `StorageFull`.
    """
    with _sound_of(src) as sound, replacing(dst) as file, wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        samples = 0
        for frame in _reporting(sound.frames(RATE), RATE, on_progress):
            samples += frame.samples
            if samples > _LONGEST_WAV_SECONDS * RATE:
                raise _unreadable(found.TOO_LONG)
            wav.writeframesraw(bytes(frame.planes[0])[: 2 * frame.samples])
        if not samples:
            raise _unreadable(found.UNDECODABLE)
    return Decoded(samples / RATE)


def measure(src: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """How long the sound of `src` really is, decoded to its end; with the errors of `decode_to_wav`."""
    with _sound_of(src) as sound:
        samples = sum(frame.samples for frame in _reporting(sound.frames(RATE), RATE, on_progress))
    if not samples:
        raise _unreadable(found.UNDECODABLE)
    return Decoded(samples / RATE)


def playable_in_browsers(probe: Probe) -> bool:
    """True where every current browser plays the file as it is, and can jump to any line of it."""
    if probe.format == "webm" and probe.duration_seconds is None:
        # As browsers themselves record it: without an index nothing can be jumped to.
        return False
    return probe.codec in _PLAYABLE.get(probe.format, ())


def make_playback_copy(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Write the sound of `src` to `dst` as mono Opus in WebM, with the errors and promises of `decode_to_wav`."""
    return _make_opus(src, dst, "webm", on_progress)


def make_upload_copy(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """As `make_playback_copy`, in Ogg: the form that transcription providers take. 14 MB an hour."""
    return _make_opus(src, dst, "ogg", on_progress)


def _make_opus(src: Path, dst: Path, container: str, on_progress: Callable[[float], None] | None) -> Decoded:
    rate, samples = 48_000, 0
    with (
        _sound_of(src) as sound,
        replacing(dst) as file,
        created(file, container) as out,
    ):
        stream = out.add_stream("libopus", rate=rate, layout="mono", options={"compression_level": "5"})
        stream.bit_rate = 32_000
        for frame in _reporting(sound.frames(rate), rate, on_progress):
            samples += frame.samples
            frame.pts = None
            out.mux(stream.encode(frame))
        if not samples:
            raise _unreadable(found.UNDECODABLE)
        out.mux(stream.encode(None))
    return Decoded(samples / rate)


def _after_id3(file: BinaryIO, head: bytes) -> bytes:
    """The first bytes of sound; an ID3 tag with a cover picture can be megabytes long. Leaves the file at its start."""
    if head.startswith(b"ID3") and len(head) > 10:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        file.seek(10 + size)
        head = file.read(found.HEAD_BYTES)
    file.seek(0)
    return head


def _probe(container: InputContainer, head: bytes, first_frame: bytes) -> Probe:
    stream = _audio_of(container)
    if stream is None:
        raise _refused(found.NO_SOUND)
    format = _format_of(container, head)
    # Before decoding: FFmpeg rewrites what the header said as it reads on.
    stated = _stated_seconds(container, format, first_frame)
    if next(islice(frames_in(container, stream, _PACKETS_TO_TRY), 1), None) is None:
        raise _refused(found.UNDECODABLE)
    return Probe(format, stream.codec_context.codec.canonical_name, stated)


def _audio_of(container: InputContainer) -> AudioStream | None:
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


class _Sound:
    """The frames of one recording, mono and evenly timed."""

    def __init__(self, container: InputContainer, stream: AudioStream) -> None:
        self._container, self._stream = container, stream

    def frames(self, rate: int) -> Iterator[AudioFrame]:
        """16-bit mono frames at `rate`, gaps filled with silence."""
        clock = _Clock((self._container.start_time or 0) / 1_000_000)
        resampler: AudioResampler | None = None
        shape: object = None
        for frame in frames_in(self._container, self._stream):
            silence, found_shape = clock.gap_before(frame), (frame.format.name, frame.layout, frame.rate)
            if resampler is None or silence or found_shape != shape:
                yield from resampler.resample(None) if resampler else ()
                yield from _silence(silence, rate)
                resampler, shape = AudioResampler("s16", "mono", rate), found_shape
            frame.pts = None
            yield from resampler.resample(frame)
        yield from resampler.resample(None) if resampler else ()


class _Clock:
    """Where the sound so far ends, against where the next frame says that it begins (seconds)."""

    def __init__(self, origin: float) -> None:
        self._origin, self._position = origin, 0.0

    def gap_before(self, frame: AudioFrame) -> float:
        """Seconds of silence that belong before `frame`; the frame itself is counted as heard."""
        gap = 0.0 if frame.time is None else frame.time - self._origin - self._position
        if gap > _LONGEST_GAP_SECONDS:
            self._origin += gap
        gap = gap if _GAP_SECONDS < gap <= _LONGEST_GAP_SECONDS else 0.0
        self._position += gap + frame.samples / frame.rate
        return gap


@contextmanager
def _sound_of(src: Path) -> Iterator[_Sound]:
    try:
        with src.open("rb") as file, opened(file) as container:
            stream = _audio_of(container)
            if stream is None:
                raise _unreadable(found.NO_SOUND)
            yield _Sound(container, stream)
    except FFmpegError as error:
        raise _unreadable(found.UNDECODABLE) from error


def _silence(seconds: float, rate: int) -> Iterator[AudioFrame]:
    left = round(seconds * rate)
    while left > 0:
        frame = AudioFrame("s16", "mono", min(left, rate))
        frame.sample_rate = rate
        plane = frame.planes[0]
        plane.update(bytes(plane.buffer_size))
        left -= frame.samples
        yield frame


def _reporting(
    frames: Iterator[AudioFrame], rate: int, on_progress: Callable[[float], None] | None
) -> Iterator[AudioFrame]:
    samples = reported = 0
    for frame in frames:
        yield frame
        samples += frame.samples
        if on_progress and samples - reported >= _PROGRESS_SECONDS * rate:
            reported = samples
            on_progress(samples / rate)


def _refused(code: str) -> RecordingRefused:
    return RecordingRefused(f"found: {code}", code=ErrorCode.NOT_A_RECORDING, found=code)


def _unreadable(code: str) -> PermanentError:
    return PermanentError(f"found: {code}", code=ErrorCode.RECORDING_UNREADABLE, found=code)
