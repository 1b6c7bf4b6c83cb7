"""The sound of one recording: mono frames on an even clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.media import sniffing
from cantomeet.media.ffmpeg import frames_in, opened
from cantomeet.media.probing import audio_of

_GAP_SECONDS = 0.1
"""Sound missing for longer is filled with silence, so that times in the transcript are times in the player."""
_LONGEST_GAP_SECONDS = 3600.0
"""A longer jump is taken for a broken clock, not for silence."""
_PROGRESS_SECONDS = 10.0


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
def sound_of(src: Path) -> Iterator[_Sound]:
    try:
        with src.open("rb") as file, opened(file) as container:
            stream = audio_of(container)
            if stream is None:
                raise unreadable(sniffing.NO_SOUND)
            yield _Sound(container, stream)
    except FFmpegError as error:
        raise unreadable(sniffing.UNDECODABLE) from error


def _silence(seconds: float, rate: int) -> Iterator[AudioFrame]:
    left = round(seconds * rate)
    while left > 0:
        frame = AudioFrame("s16", "mono", min(left, rate))
        frame.sample_rate = rate
        plane = frame.planes[0]
        plane.update(bytes(plane.buffer_size))
        left -= frame.samples
        yield frame


def reporting(
    frames: Iterator[AudioFrame], rate: int, on_progress: Callable[[float], None] | None
) -> Iterator[AudioFrame]:
    samples = reported = 0
    for frame in frames:
        yield frame
        samples += frame.samples
        if on_progress and samples - reported >= _PROGRESS_SECONDS * rate:
            reported = samples
            on_progress(samples / rate)


def unreadable(code: str) -> PermanentError:
    return PermanentError(f"found: {code}", code=ErrorCode.RECORDING_UNREADABLE, found=code)
