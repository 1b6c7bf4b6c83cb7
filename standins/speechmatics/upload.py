"""Parses and hashes an upload as it arrives, without holding it in memory.

It keeps a recording's hash, its size, and enough of both ends to tell its type and duration.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import av
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from standins.speechmatics.rules import JobRefusal, ReceivedConfig, read_config

MAX_CONFIG = 16 * 1024 * 1024
HEAD = 256 * 1024
TAIL = 1024 * 1024
GUESSED_BYTES_A_SECOND = 32_000
"""Rate for a recording whose duration cannot be read; it is high, so that the invented transcript fits the recording.
"""

KINDS: dict[str, tuple[tuple[bytes, int], ...]] = {
    "wav": ((b"RIFF", 0), (b"WAVE", 8)),
    "ogg": ((b"OggS", 0),),
    "flac": ((b"fLaC", 0),),
    "amr": ((b"#!AMR", 0),),
    "mp4": ((b"ftyp", 4),),
    "m4a": ((b"ftyp", 4),),
    "mpeg": ((b"\0\0\1", 0),),
    "mp3": (),
    "aac": (),
}
"""The accepted extensions, with the bytes that a file must have at the given positions."""
CONTENT_TYPES: dict[str, tuple[str, ...]] = {
    "wav": ("audio/wav", "audio/x-wav", "audio/wave"),
    "ogg": ("audio/ogg", "application/ogg"),
    "flac": ("audio/flac", "audio/x-flac"),
    "amr": ("audio/amr",),
    "mp4": ("video/mp4", "audio/mp4"),
    "m4a": ("audio/mp4", "audio/x-m4a", "audio/m4a"),
    "mpeg": ("video/mpeg", "audio/mpeg"),
    "mp3": ("audio/mpeg", "audio/mp3"),
    "aac": ("audio/aac", "audio/x-aac"),
}


@dataclass(frozen=True)
class JobSubmission:
    config: ReceivedConfig
    filename: str
    sha256: str
    size: int
    """Bytes of the recording."""
    seconds: float

    @property
    def reference(self) -> str:
        return self.config.reference


@dataclass
class _FormPart:
    name: str = ""
    filename: str | None = None
    content_type: str = ""
    size: int = 0
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> None:
        self.size += len(data)
        if self.name == "config":
            if self.size > MAX_CONFIG:
                raise JobRefusal("config is too long", error="Malformed request")
            self.head += data
            return
        self.sha256.update(data)
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        self.tail += data
        if len(self.tail) > 2 * TAIL:
            del self.tail[:-TAIL]


async def read_upload(content_type: str, body: AsyncIterator[bytes]) -> JobSubmission:
    """Parse a submission. Raises `ApiError` for what the API would refuse, and may then leave the body unread."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise JobRefusal("Content-Type must be multipart/form-data", error="Malformed request")
    reader = _FormReader(options[b"boundary"])
    async for chunk in body:
        reader.write(chunk)
    return _checked(reader.finished())


class _FormReader:
    def __init__(self, boundary: bytes) -> None:
        self._parts: list[_FormPart] = []
        self._header: tuple[bytes, bytes] = (b"", b"")
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": lambda: self._parts.append(_FormPart()),
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_part_data": lambda data, start, end: self._parts[-1].take(data[start:end]),
                "on_end": self._on_end,
            },
        )

    def write(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise JobRefusal(f"multipart: {error}", error="Malformed request") from None

    def finished(self) -> list[_FormPart]:
        if not self._ended:
            raise JobRefusal("multipart: the closing boundary is missing", error="Malformed request")
        return self._parts

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], b"")

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _on_header_end(self) -> None:
        name, value = self._header
        self._header = (b"", b"")
        part = self._parts[-1]
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                part.filename = options[b"filename"].decode("utf-8", "replace")
        elif name.lower() == b"content-type":
            part.content_type = value.decode("latin-1").lower()

    def _on_end(self) -> None:
        self._ended = True


def _checked(parts: list[_FormPart]) -> JobSubmission:
    names = sorted(part.name for part in parts)
    if "data_file" not in names:
        raise JobRefusal("data_file is required", error="Missing data_file")
    if names != ["config", "data_file"]:
        raise JobRefusal(f"expected one config and one data_file, got {', '.join(names)}", error="Malformed request")
    config, data = sorted(parts, key=lambda part: part.name)
    read = read_config(bytes(config.head))
    _check_recording(data)
    return JobSubmission(
        config=read,
        filename=data.filename or "",
        sha256=data.sha256.hexdigest(),
        size=data.size,
        seconds=_seconds(data),
    )


def _check_recording(part: _FormPart) -> None:
    invalid = "Job rejected due to invalid audio"
    if not part.filename:
        raise JobRefusal("data_file has no filename", error="Missing data_file")
    ending = part.filename.rpartition(".")[2].lower()
    if ending not in KINDS:
        raise JobRefusal(f"file type {ending!r} is not supported", error=invalid)
    if part.content_type not in CONTENT_TYPES[ending]:
        raise JobRefusal(f"{part.content_type!r} is not the content type of {ending}", error=invalid)
    if not all(part.head[place : place + len(magic)] == magic for magic, place in KINDS[ending]):
        raise JobRefusal(f"the data are not {ending}", error=invalid)
    if ending in ("mp3", "aac") and not (part.head[:3] == b"ID3" or part.head[:1] == b"\xff"):
        raise JobRefusal(f"the data are not {ending}", error=invalid)


def _seconds(part: _FormPart) -> float:
    if part.head[:4] == b"RIFF" and part.head[12:16] == b"fmt ":
        rate = int.from_bytes(part.head[28:32], "little")
        return max(0.0, part.size - 44) / (rate or GUESSED_BYTES_A_SECOND)
    try:
        with av.open(_TwoEnds(part), "r") as container:
            if container.duration:
                return container.duration / av.time_base
    except (av.error.FFmpegError, ValueError):
        pass
    return part.size / GUESSED_BYTES_A_SECOND


class _TwoEnds(io.RawIOBase):
    """The recording as a file of its full size of which only the two ends exist; the middle reads as zeros."""

    def __init__(self, part: _FormPart) -> None:
        self._head = bytes(part.head)
        self._tail = bytes(part.tail[-TAIL:])
        self._size = part.size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        start, self._at = self._at, max(self._at, end)
        block = bytearray(max(0, end - start))
        for kept, begins in ((self._head, 0), (self._tail, self._size - len(self._tail))):
            low, high = max(start, begins), min(end, begins + len(kept))
            if low < high:
                block[low - start : high - start] = kept[low - begins : high - begins]
        return bytes(block)
