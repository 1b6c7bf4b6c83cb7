"""Small recordings and shortcuts for the tests of the Speechmatics client and its stand-in."""

from __future__ import annotations

import struct
from pathlib import Path

import httpx

from worker.providers import SubmitOptions
from worker.providers.speechmatics.transcriber import SpeechmaticsTranscriber

KEY = "sk-canary-0123456789"
QUICK = httpx.Timeout(connect=5.0, read=2.0, write=5.0, pool=2.0)


def wav(path: Path, *, seconds: float = 20.0, salt: bytes = b"", size: int | None = None) -> Path:
    """Write silence as 16 kHz mono WAV; `salt` makes the recording unique, `size` (bytes) makes a sparse file."""
    length = int(seconds * 32_000)
    header = b"RIFF" + struct.pack("<I", 36 + length) + b"WAVEfmt "
    header += struct.pack("<IHHIIHH", 16, 1, 1, 16_000, 32_000, 2, 16) + b"data" + struct.pack("<I", length)
    with path.open("wb") as file:
        file.write(header + salt)
        file.truncate(size if size is not None else len(header) + length)
    return path


def options(submit_key: str = "key-1", **changes: object) -> SubmitOptions:
    return SubmitOptions(**{"language": "yue", "submit_key": submit_key, "filename": "週會.wav", **changes})  # type: ignore[arg-type]


def client(url: str, **changes: object) -> SpeechmaticsTranscriber:
    """Build the client with the right key, without certificates, whose loading takes longer than most of the tests."""
    changes = {"transport": httpx.HTTPTransport(verify=False), **changes}
    return SpeechmaticsTranscriber(KEY, url, **changes)  # type: ignore[arg-type]


def ignore(_fraction: float) -> None:
    """Ignore the progress."""
