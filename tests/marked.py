"""Six seconds in which three tones say what time it is, written as all kinds of files."""

from __future__ import annotations

import io
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from tests.recordings_factory import Samples, heard

SECONDS = 6.0
MARKS = {500: 1.0, 900: 3.0, 1300: 5.0}
"""Hertz, and when they begin; each for half a second."""
_LASTS = 0.5
_WINDOW = 0.05
_RATE = 16_000
"""Of decoded sound."""


def marked(rate: int = 48_000, begin: float = 0.0, end: float = SECONDS) -> Samples:
    """The seconds from `begin` to `end`."""
    time = np.arange(int(SECONDS * rate)) / rate
    sound = np.zeros(len(time))
    for hertz, at in MARKS.items():
        sound += np.sin(2 * np.pi * hertz * time) * ((time >= at) & (time < at + _LASTS))
    return (sound * 8000).astype(np.int16)[int(begin * rate) : int(end * rate)]


def marks_in(wav: Path) -> dict[int, float | None]:
    """When each of the tones is first heard alone; None where it is not."""
    samples = heard(wav).astype(float)
    size = int(_RATE * _WINDOW)
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    spectra = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2
    loud = spectra.sum(axis=1) > 1e-2 * spectra.sum(axis=1).max(initial=1.0)
    found: dict[int, float | None] = {}
    for hertz in MARKS:
        place = round(hertz * _WINDOW)
        alone = spectra[:, place - 2 : place + 3].sum(axis=1) > 0.8 * spectra.sum(axis=1)
        found[hertz] = float((alone & loud).argmax() * _WINDOW) if (alone & loud).any() else None
    return found


def assert_whole(wav: Path, seconds: float = SECONDS, shift: float = 0.0) -> None:
    """All the tones are heard, at their times."""
    found = marks_in(wav)
    late = {hertz: None if at is None else round(at - MARKS[hertz] - shift, 2) for hertz, at in found.items()}
    assert all(by is not None and abs(by) <= 0.15 for by in late.values()), late
    assert abs(len(heard(wav)) / _RATE - seconds) < 0.3


def wav_bytes(channels: NDArray[np.int16] | Samples, rate: int = 48_000) -> bytes:
    """A WAV file; a row for each channel."""
    rows = np.atleast_2d(channels)
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(len(rows))
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.ascontiguousarray(rows.T).tobytes())
    return written.getvalue()


def file_bytes(
    container: str,
    codec: str,
    tracks: Sequence[Samples],
    rate: int = 48_000,
    options: dict[str, str] | None = None,
    starts: Sequence[float] = (),
    bit_rate: int | None = None,
) -> bytes:
    """A file of FFmpeg's muxer `container`; `starts` are the seconds at which the tracks begin."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        _write(path, container, codec, tracks, rate, options or {}, starts, bit_rate)
        return path.read_bytes()


def _write(
    path: Path,
    container: str,
    codec: str,
    tracks: Sequence[Samples],
    rate: int,
    options: dict[str, str],
    starts: Sequence[float],
    bit_rate: int | None,
) -> None:
    with av.open(str(path), "w", format=container, options=options) as out:
        streams = [out.add_stream(codec, rate=rate, layout="mono") for _ in tracks]
        for stream in streams:
            assert isinstance(stream, AudioStream)
            if bit_rate:
                stream.bit_rate = bit_rate
        for number, (stream, samples) in enumerate(zip(streams, tracks, strict=True)):
            assert isinstance(stream, AudioStream)
            first = int((starts[number] if starts else 0.0) * rate)
            for at in range(0, len(samples), 4800):
                frame = AudioFrame.from_ndarray(samples[None, at : at + 4800], format="s16", layout="mono")
                frame.sample_rate, frame.pts = rate, first + at
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
