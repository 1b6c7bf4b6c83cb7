"""Recordings for tests, made on the spot: tones or espeak-ng's speech, in every format that is taken."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from tests.conftest import lacking

Samples = NDArray[np.int16]
"""Mono, 16 bits."""


@dataclass(frozen=True)
class Kind:
    container: str
    """FFmpeg's name of the muxer."""
    codec: str
    rate: int = 48_000
    options: dict[str, str] = field(default_factory=dict)
    """Of the muxer."""
    with_picture: bool = False
    bit_rate: int | None = None


KINDS = {
    "mp3": Kind("mp3", "libmp3lame"),
    "m4a": Kind("ipod", "aac"),
    "mp4": Kind("mp4", "aac", with_picture=True),
    "wav": Kind("wav", "pcm_s16le", 16_000),
    "ogg": Kind("ogg", "libopus"),
    "webm": Kind("webm", "libopus"),
    "mkv": Kind("matroska", "aac", with_picture=True),
    "flac": Kind("flac", "flac"),
    "aac": Kind("adts", "aac"),
    "amr": Kind("amr", "libopencore_amrnb", 8_000),
    "asf": Kind("asf", "wmav2", 44_100, bit_rate=64_000),
    # The same containers as some recorders write them.
    "3gp": Kind("3gp", "libopencore_amrnb", 8_000),
    "mov": Kind("mov", "aac", with_picture=True),
    "m4a-faststart": Kind("ipod", "aac", options={"movflags": "faststart"}),
    "alac": Kind("ipod", "alac"),
    "mp3-without-length": Kind("mp3", "libmp3lame", options={"write_xing": "0"}),
    "webm-live": Kind("webm", "libopus", options={"live": "1"}),
}
COMMON = ("mp3", "m4a", "mp4", "wav", "ogg", "webm", "mkv", "flac", "aac", "amr", "asf")
"""One of each format that `cantomeet.media` knows."""


def make_recording(path: Path, kind: str = "wav", seconds: float = 2.0, *, speech: str | None = None) -> Path:
    """Write a recording of `kind` (a key of `KINDS`): `speech` said by espeak-ng, else a tone of `seconds`."""
    chosen = KINDS[kind]
    rate = chosen.rate
    samples = tone(seconds, rate) if speech is None else spoken(path.parent, speech, rate)
    with av.open(str(path), "w", format=chosen.container, options=chosen.options) as out:
        sound = out.add_stream(chosen.codec, rate=rate, layout="mono")
        assert isinstance(sound, AudioStream)
        if chosen.bit_rate is not None:
            sound.bit_rate = chosen.bit_rate
        picture = out.add_stream("mpeg4", rate=10) if chosen.with_picture else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
            for _ in range(int(10 * len(samples) / rate)):
                out.mux(picture.encode(av.VideoFrame(32, 32, "yuv420p")))
            out.mux(picture.encode(None))
        for frame in frames_of(samples, rate):
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path


def make_silent_video(path: Path) -> Path:
    """An MP4 with pictures and no sound."""
    with av.open(str(path), "w", format="mp4") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        for _ in range(10):
            out.mux(picture.encode(av.VideoFrame(32, 32, "yuv420p")))
        out.mux(picture.encode(None))
    return path


def make_large_wav(path: Path, size: int) -> Path:
    """A WAV of about `size` bytes, of noise that no file system can shrink."""
    noise = np.random.default_rng(1).integers(-8000, 8000, 512 * 1024, np.int16).tobytes()
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(48_000)
        for _ in range(max(1, size // len(noise))):
            wav.writeframesraw(noise)
    return path


def tone(seconds: float, rate: int, hertz: float = 440.0) -> Samples:
    """A sine at a quarter of full loudness."""
    time = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * time) * 8000).astype(np.int16)


def spoken(folder: Path, text: str, rate: int, voice: str = "en-us") -> Samples:
    """What espeak-ng makes of `text`; its English is recognised well."""
    if shutil.which("espeak-ng") is None:
        lacking("espeak-ng")
    path = folder / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    path.unlink()
    samples: Samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return samples


def heard(path: Path) -> Samples:
    """The samples of a mono 16-bit WAV."""
    with wave.open(str(path)) as wav:
        return np.frombuffer(wav.readframes(wav.getnframes()), np.int16)


def frames_of(samples: Samples, rate: int, size: int = 4800) -> Iterator[AudioFrame]:
    """The samples in frames of `size`, with their times."""
    for start in range(0, len(samples), size):
        frame = AudioFrame.from_ndarray(samples[start : start + size].reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, start
        yield frame
