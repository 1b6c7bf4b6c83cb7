"""Decodes a recording to WAV for the transcriber, or to Opus for browsers and providers."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path

from av.audio.frame import AudioFrame

from cantomeet.atomic import replacing
from cantomeet.media import sniffing
from cantomeet.media.ffmpeg import created
from cantomeet.media.found import RATE, Decoded, Missing, unreadable
from cantomeet.media.mixing import Samples
from cantomeet.media.sound import Sound, reporting, sound_of
from cantomeet.media.timeline import plays_alike

_LONGEST_WAV_SECONDS = (2**32 - 1024) / (2 * RATE)
"""37 hours, because a WAV header has 32 bits for the number of bytes."""


def decode_to_wav(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Write the sound of `src` to `dst`, atomically, as 16 kHz mono 16-bit WAV.

    `on_progress` is called periodically with the seconds done. An exception of it ends the work. Broken packets are
    skipped, and of a truncated file everything that is there is decoded. Raises `PermanentError`
    (recording_unreadable) if nothing can be decoded, and `StorageFull`.
    """
    with sound_of(src) as sound, replacing(dst) as file, wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        samples = 0
        for block in reporting(sound.blocks(RATE), RATE, on_progress):
            samples += len(block)
            if samples > _LONGEST_WAV_SECONDS * RATE:
                raise unreadable(sniffing.TOO_LONG)
            wav.writeframesraw(block.tobytes())
        return _decoded(src, sound, samples / RATE)


def measure(src: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Decode `src` to its end to measure it, without writing it. Raises the errors of `decode_to_wav`."""
    with sound_of(src) as sound:
        samples = sum(len(block) for block in reporting(sound.blocks(RATE), RATE, on_progress))
        return _decoded(src, sound, samples / RATE)


def make_playback_copy(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """Write the sound of `src` to `dst` as mono Opus in WebM. Otherwise as `decode_to_wav`."""
    return _make_opus(src, dst, "webm", on_progress)


def make_upload_copy(src: Path, dst: Path, on_progress: Callable[[float], None] | None = None) -> Decoded:
    """As `make_playback_copy`, but in Ogg, which transcription providers accept. An hour takes 14 MB."""
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
        for block in reporting(sound.blocks(rate), rate, on_progress):
            samples += len(block)
            for frame in _frames(block, rate):
                out.mux(stream.encode(frame))
        decoded = _decoded(src, sound, samples / rate)
        out.mux(stream.encode(None))
    return decoded


def _frames(block: Samples, rate: int) -> Iterator[AudioFrame]:
    if len(block):
        frame = AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        yield frame


def _decoded(src: Path, sound: Sound, seconds: float) -> Decoded:
    """The result of a decoding of `seconds`. Raises `PermanentError` if there are none."""
    if not seconds:
        raise unreadable(sniffing.UNDECODABLE)
    found = sound.findings
    return Decoded(
        seconds,
        tuple(_merged(found.missing)),
        found.unread_tracks,
        found.unread_bytes,
        plays_alike(sound, seconds),
    )


def _merged(gaps: list[Missing]) -> Iterator[Missing]:
    """The gaps in order. Overlapping gaps of several tracks are merged."""
    held: Missing | None = None
    for gap in sorted(gaps, key=lambda gap: gap.at):
        if held and gap.at <= held.at + held.seconds:
            held = Missing(held.at, max(held.seconds, gap.at + gap.seconds - held.at))
        else:
            if held:
                yield held
            held = gap
    if held:
        yield held
