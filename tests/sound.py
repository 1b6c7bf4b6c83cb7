"""Recordings that the tests make themselves: tones, silence, and English speech by espeak-ng."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np

from tests.conftest import lacking

RATE = 16_000


def tone(path: Path, seconds: float = 3.0, loudness: float = 0.1) -> float:
    """A low tone; its length in seconds."""
    path.write_bytes(tone_bytes(seconds, loudness))
    return seconds


def tone_bytes(seconds: float = 3.0, loudness: float = 0.1, pitch: float = 220.0) -> bytes:
    """A low tone as a WAV file; `pitch` in Hz."""
    times = np.arange(int(seconds * RATE)) / RATE
    samples = (np.sin(2 * np.pi * pitch * times) * loudness * 32767).astype("<i2")
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())
    return written.getvalue()


def silence(path: Path, seconds: float = 3.0) -> float:
    """Nothing to hear."""
    return tone(path, seconds, 0.0)


def speech(path: Path, text: str) -> float:
    """espeak-ng reads `text` in English; the length in seconds."""
    if shutil.which("espeak-ng") is None:
        lacking("espeak-ng")
    spoken = path.with_name(path.name + ".spoken.wav")
    subprocess.run(["espeak-ng", "-v", "en", "-s", "150", "-w", str(spoken), text], check=True)
    spoken.replace(path)
    with wave.open(str(path)) as sound:
        seconds: float = sound.getnframes() / sound.getframerate()
        return seconds
