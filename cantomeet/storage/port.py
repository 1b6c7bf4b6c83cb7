"""The port of storage: what the program asks of the place where recordings lie.

A recording has a key that the server makes; no name that a person gave reaches the storage. Nothing above this port
knows a folder: a path is lent for the length of a with-block, to libraries that read or write files.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from cantomeet.errors import Conflict, ErrorCode
from cantomeet.media import Probe


class Copy(StrEnum):
    """What is made from a recording, lies beside it, and can be made again."""

    DECODED = "wav"
    """For the recogniser on this machine."""
    SENT = "ogg"
    """For a provider that does not take the recording as it is."""
    PLAYBACK = "playback"
    """For browsers that cannot play the recording, or would play it at other times than it was transcribed."""


@dataclass(frozen=True)
class Stored:
    """A recording that is safe."""

    key: str
    bytes: int
    sha256: str
    probe: Probe


@dataclass(frozen=True)
class Upload:
    """A resumable upload that is not finished."""

    id: str
    """Also the key of the recording that it becomes."""
    length: int
    """Bytes in all."""
    metadata: dict[str, str]


class UploadBusy(Conflict):
    """Another request has the upload: a second window, or a connection whose end was not noticed yet."""

    status = 423
    code = ErrorCode.UPLOAD_BUSY


class Incoming(Protocol):
    """A recording that comes in. Any thread may call a method, one at a time; `abort` waits for a running `write`."""

    @property
    def size(self) -> int:
        """Bytes that have come in, those of earlier requests too."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append `data`. Raises `StorageFull`, and `RecordingRefused` before anything of `data` is written:
        413 for a byte too many, 415 where the first bytes are no recording's.
        """

    def finish(self) -> Stored:
        """Check what came in and keep it, durable. After any error nothing is left.

        Raises `RecordingRefused` (400 for no bytes, 415 for no recording), `StorageFull`.
        """

    def leave(self) -> None:
        """Stop writing and keep what came in, to go on later."""

    def abort(self) -> None:
        """Remove what came in. Nothing happens after `finish` or `leave`."""


class LockedUpload(Protocol):
    """An upload that no other request may touch until `release`."""

    @property
    def upload(self) -> Upload: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def forget(self) -> None:
        """Remove the upload: it has become a meeting, or was refused or ended."""

    def release(self) -> None: ...


class Storage(Protocol):
    """Recordings, what was made from them, and uploads that are not finished."""

    @property
    def max_bytes(self) -> int:
        """The largest recording that is taken."""

    def receive(self, key: str | None = None) -> Incoming:
        """A new recording, or what has come in of `key`, to go on at its end. Raises `StorageFull`."""

    def received_bytes(self, key: str) -> int:
        """How much of `key` has come in, whole or not."""

    def stored(self, key: str) -> Stored:
        """What `Incoming.finish` returned, made again. Raises `NotFound`, `RecordingRefused`."""

    def size(self, key: str, copy: Copy | None = None) -> int | None:
        """Bytes of the recording, or of a copy; None where there is none. Raises `NotFound` for what is no key."""

    def read(self, key: str, start: int, stop: int, copy: Copy | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces. Raises `NotFound` where there is none."""

    def local(self, key: str, copy: Copy | None = None) -> AbstractContextManager[Path]:
        """A file of this machine with the same bytes, until the block ends; it must not be changed.

        A copy that is read is not swept before it has lain unused again. Raises `NotFound` where there is none.
        """

    def making(self, key: str, copy: Copy) -> AbstractContextManager[Path]:
        """A path at which to write that copy, whole or not at all; it is kept when the block ends well."""

    def remove(self, key: str, copy: Copy) -> None:
        """Remove a copy; nothing happens where there is none."""

    def delete(self, key: str) -> None:
        """Remove the recording and all that was made from it; nothing happens where there is none."""

    def sweep(self, older_than_seconds: float, keep: Container[str]) -> int:
        """Remove what nobody came back for in that time; the number of files that went.

        Goes: unfinished uploads, recordings without a meeting (the process died before its row was written) with all
        that was made from them, files whose writing was broken off, and copies for a transcriber. `keep` holds the
        keys that meetings have; read it before calling: what is newer is kept for its age. Safe when run twice at once.
        """

    def require_size(self, size: int) -> None:
        """Raises `RecordingRefused` (413) for more bytes than are taken."""

    def require_room(self, size: int) -> None:
        """Raises `StorageFull` where `size` more bytes would fill the storage."""

    def try_write(self) -> None:
        """Write a byte and take it away again. Raises `StorageFull`, and `OSError` where no writes are taken."""

    def create_upload(self, length: int, metadata: dict[str, str]) -> Upload:
        """A new upload without bytes. Raises `RecordingRefused` (413), `StorageFull`."""

    def lock_upload(self, upload_id: str) -> LockedUpload:
        """The upload, for this request alone until `release`. Raises `NotFound`, and `UploadBusy` while another
        request has it. It does not wait: a waiting thread is one that no other request has.
        """
