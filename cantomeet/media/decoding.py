"""Decode a recording to WAV for a recogniser, or to Opus for browsers and providers."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cantomeet.atomic import replacing
from cantomeet.media import sniffing
from cantomeet.media.ffmpeg import created
from cantomeet.media.sound import reporting, sound_of, unreadable

RATE = 16_000
"""Samples a second of decoded sound; mono, 16 bits."""
PLAYBACK_CONTENT_TYPE = "audio/webm"
"""Of what `make_playback_copy` makes."""

_LONGEST_WAV_SECONDS = (2**32 - 1024) / (2 * RATE)
"""37 hours: a WAV header counts its bytes in 32 bits."""


@dataclass(frozen=True)
class Decoded:
    seconds: float
    """Of sound really decoded, silence in gaps included."""


def decode_to_wav(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Write the sound of `src` to `dst` as 16 kHz mono 16-bit WAV; `dst` appears whole or not at all.

    `on_progress` is called now and then with the seconds done; what it raises ends the work. Broken packets are
    skipped and a file that ends early gives what there is. Raises `PermanentError` (recordingunreadable) where
    nothing decodes, `StorageFull`.
    """
    with sound_of(src) as sound, replacing(dst) as file, wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        samples = 0
        for frame in reporting(sound.frames(RATE), RATE, on_progress):
            samples += frame.samples
            if samples > _LONGEST_WAV_SECONDS * RATE:
                raise unreadable(sniffing.TOO_LONG)
            wav.writeframesraw(bytes(frame.planes[0])[: 2 * frame.samples])
        if not samples:
            raise unreadable(sniffing.UNDECODABLE)
    return Decoded(samples / RATE)


def measure(src: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """How long the sound of `src` really is, decoded to its end; with the errors of `decode_to_wav`."""
    with sound_of(src) as sound:
        samples = sum(frame.samples for frame in reporting(sound.frames(RATE), RATE, on_progress))
    if not samples:
        raise unreadable(sniffing.UNDECODABLE)
    return Decoded(samples / RATE)


def make_playback_copy(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Write the sound of `src` to `dst` as mono Opus in WebM, with the errors and promises of `decode_to_wav`."""
    return _make_opus(src, dst, "webm", on_progress)


def make_upload_copy(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """As `make_playback_copy`, in Ogg: the form that transcription providers take. 14 MB an hour."""
    return _make_opus(src, dst, "ogg", on_progress)


def _make_opus(src: Path, dst: Path, container: str, on_progress: Callable[[float], None] | None) -> Decoded:
    rate, samples = 48_000, 0
    with (
        sound_of(src) as sound,
        replacing(dst) as file,
        created(file, container) as out,
    ):
        stream = out.add_stream("libopus", rate=rate, layout="mono", options={"compression_level": "5"})
        stream.bit_rate = 32_000
        for frame in reporting(sound.frames(rate), rate, on_progress):
            samples += frame.samples
            frame.pts = None
            out.mux(stream.encode(frame))
        if not samples:
            raise unreadable(sniffing.UNDECODABLE)
        out.mux(stream.encode(None))
    return Decoded(samples / rate)
