"""Recognises accepted file types and streams the multipart body of a submission.

The first bytes show the type, since stored recordings have no extension. Source of the types: the provider's page
"Input: supported file types", whose list is exhaustive.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cantomeet.errors import ErrorCode, PermanentError, TransientError
from worker.providers.speechmatics.config import JobConfig
from worker.providers.speechmatics.errors import PROVIDER

CHUNK = 64 * 1024
"""Bytes read and sent at a time, which is also the memory of an upload. A cancellation is noticed between two chunks,
even on a slow connection.
"""
MAX_BODY = 1_000_000_000
"""The body must have fewer bytes than this; the provider's limit is 1 GB."""
MAX_RECORDING = MAX_BODY - 32_000_000
"""Bytes of the largest recording; the body also contains a config with up to a thousand terms."""
HEAD = 4096


@dataclass(frozen=True)
class Kind:
    ending: str
    content_type: str


WAV = Kind("wav", "audio/wav")
MP3 = Kind("mp3", "audio/mpeg")
AAC = Kind("aac", "audio/aac")
OGG = Kind("ogg", "audio/ogg")
MPEG = Kind("mpeg", "video/mpeg")
AMR = Kind("amr", "audio/amr")
M4A = Kind("m4a", "audio/mp4")
MP4 = Kind("mp4", "video/mp4")
FLAC = Kind("flac", "audio/flac")
KINDS = (WAV, MP3, AAC, OGG, MPEG, AMR, M4A, MP4, FLAC)


def kind_of(head: bytes) -> Kind | None:
    """Return the file type by the first bytes, or None if the provider does not accept it (webm, mov, mkv, wma)."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[4:8] == b"ftyp":
        return {b"qt  ": None, b"M4A ": M4A, b"M4B ": M4A}.get(head[8:12], MP4)
    starts = {b"OggS": OGG, b"fLaC": FLAC, b"#!AMR": AMR, b"ID3": MP3, b"\0\0\1\xba": MPEG, b"\0\0\1\xb3": MPEG}
    kind = next((kind for start, kind in starts.items() if head.startswith(start)), None)
    return kind or _framed_kind(head)


def _framed_kind(head: bytes) -> Kind | None:
    """Recognise MPEG audio without a tag: eleven set bits, then the layer, which is zero for ADTS (AAC)."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return AAC
    return MP3 if head[1] & 0x06 else None


def takes(recording: Path) -> bool:
    """Tell whether the provider accepts the file as it is; another type, or a file that is too large, must be
    transcoded.
    """
    with recording.open("rb") as file:
        return kind_of(file.read(HEAD)) is not None and recording.stat().st_size < MAX_RECORDING


class MultipartBody:
    """`config` and `data_file` as multipart/form-data, read from the disk only while it is sent.

    The recording is open from the start, so it cannot change between the check and the upload. Use it as a context
    manager. `length` is in bytes.
    """

    def __init__(self, config: JobConfig, recording: Path, stem: str, on_progress: Callable[[float], None]) -> None:
        self._file = _open(recording)
        try:
            kind = kind_of(self._file.read(HEAD))
            self._size = self._file.seek(0, 2)
            if kind is None:
                raise PermanentError(
                    f"{PROVIDER} does not take this kind of file",
                    code=ErrorCode.RECORDING_UNREADABLE,
                    found="not wav, mp3, aac, ogg, mpeg, amr, m4a, mp4 or flac",
                )
            self._on_progress = on_progress
            boundary = secrets.token_hex(16)
            self.content_type = f"multipart/form-data; boundary={boundary}"
            self._head_of_body = _head_of_body(boundary, config, f"{stem}.{kind.ending}", kind)
            self._after = f"\r\n--{boundary}--\r\n".encode()
            self.length = len(self._head_of_body) + self._size + len(self._after)
            if self.length >= MAX_BODY:
                raise _too_large(self.length)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> MultipartBody:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body. Raises `TransientError` if the disk cannot be read, and whatever `on_progress` raises."""
        yield self._head_of_body
        sent = 0
        self._file.seek(0)
        while sent < self._size:
            chunk = self._read(min(CHUNK, self._size - sent))
            yield chunk
            sent += len(chunk)
            self._on_progress(sent / self._size)
        yield self._after

    def _read(self, size: int) -> bytes:
        try:
            chunk = self._file.read(size)
        except OSError as error:
            raise _unreadable(error) from error
        if not chunk:
            raise TransientError("the recording's file was cut short", code=ErrorCode.RECORDING_MISSING)
        return chunk


def _open(recording: Path) -> BinaryIO:
    try:
        return recording.open("rb", buffering=0)
    except FileNotFoundError:
        raise PermanentError("no such recording file", code=ErrorCode.RECORDING_MISSING) from None
    except OSError as error:
        raise _unreadable(error) from error


def _unreadable(error: OSError) -> TransientError:
    return TransientError(f"the recording cannot be read: {error.strerror}", code=ErrorCode.RECORDING_MISSING)


def _too_large(length: int) -> PermanentError:
    return PermanentError(
        f"a body of {length} bytes",
        code=ErrorCode.PROVIDER_REJECTED,
        provider=PROVIDER,
        message=f"{length / 1e6:,.0f} MB, less than {MAX_BODY / 1e6:,.0f} MB is taken",
    )


def _head_of_body(boundary: str, config: JobConfig, filename: str, kind: Kind) -> bytes:
    """Return everything before the recording's bytes; `filename` is ours and ASCII, so it needs no quoting."""
    return (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="config"\r\n\r\n'
        f"{json.dumps(config)}\r\n"
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="data_file"; filename="{filename}"\r\n'
        f"Content-Type: {kind.content_type}\r\n\r\n"
    ).encode()
