"""The port of storage: what the program requires of the place where recordings are stored.

The server makes the key of a recording. File names of people never reach the storage. Code above this port knows no
folder: for libraries that read or write files it gets a path that is valid within a with-block.
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
    """A file that is derived from a recording and can be made again."""

    DECODED = "wav"
    """For the transcriber on this machine."""
    SENT = "ogg"
    """For a provider that does not accept the recording itself."""
    PLAYBACK = "playback"
    """For browsers that cannot play the recording, or that would play it at other times than those transcribed."""


@dataclass(frozen=True)
class Stored:
    """A recording that was stored durably."""

    key: str
    bytes: int
    sha256: str
    probe: Probe


@dataclass(frozen=True)
class Upload:
    """An unfinished resumable upload."""

    id: str
    """Also the key of the recording that it becomes."""
    length: int
    """Total size in bytes."""
    metadata: dict[str, str]


class UploadBusy(Conflict):
    """Another request uses the upload: a second window, or a broken connection that was not noticed yet."""

    status = 423
    code = ErrorCode.UPLOAD_BUSY


class Incoming(Protocol):
    """A recording that is being received. Any thread may call a method, one at a time; `abort` waits for `write`."""

    @property
    def size(self) -> int:
        """Bytes received so far, earlier requests included."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append `data`. Raises `StorageFull`.

        Raises `RecordingRefused` before any of `data` is written: 413 if the recording becomes too large, 415 if it
        does not start like a recording.
        """

    def finish(self) -> Stored:
        """Validate the recording and store it durably. After an error all its bytes are removed.

        Raises `RecordingRefused` (400 for no bytes, 415 for no recording), `StorageFull`.
        """

    def leave(self) -> None:
        """Stop writing and keep the bytes, to continue later."""

    def abort(self) -> None:
        """Remove the bytes. Does nothing after `finish` or `leave`."""


class LockedUpload(Protocol):
    """An upload that no other request may touch until `release`."""

    @property
    def upload(self) -> Upload: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def forget(self) -> None:
        """Remove the upload's metadata, because it became a meeting, was refused or was cancelled."""

    def release(self) -> None: ...


class Storage(Protocol):
    """Recordings, their copies, and unfinished uploads."""

    @property
    def max_bytes(self) -> int:
        """The size of the largest recording that is accepted."""

    def receive(self, key: str | None = None) -> Incoming:
        """Start a new recording, or continue to receive `key` at its end. Raises `StorageFull`."""

    def received_bytes(self, key: str) -> int:
        """The number of bytes received of `key`, finished or not."""

    def stored(self, key: str) -> Stored:
        """What `Incoming.finish` returned, computed again. Raises `NotFound`, `RecordingRefused`."""

    def size(self, key: str, copy: Copy | None = None) -> int | None:
        """Bytes of the recording or of a copy. None if it does not exist. Raises `NotFound` for an invalid key."""

    def read(self, key: str, start: int, stop: int, copy: Copy | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`, exclusive, in pieces. Raises `NotFound` if it does not exist."""

    def local(self, key: str, copy: Copy | None = None) -> AbstractContextManager[Path]:
        """A local file with the same bytes, until the block ends. It must not be changed.

        Reading a copy resets its age for `sweep`. Raises `NotFound` if it does not exist.
        """

    def making(self, key: str, copy: Copy) -> AbstractContextManager[Path]:
        """A path to write that copy to, atomically. It is kept when the block ends without an error."""

    def remove(self, key: str, copy: Copy) -> None:
        """Remove a copy, if it exists."""

    def delete(self, key: str) -> None:
        """Remove the recording and all its copies, if they exist."""

    def sweep(self, older_than_seconds: float, keep: Container[str]) -> int:
        """Remove files that were not used for that time. Returns the number of removed files.

        Removed are unfinished uploads, recordings without a meeting (the process died before the row was written) with
        their copies, partly written files, and copies for a transcriber. `keep` holds the keys of all meetings. Read
        it before the call: newer recordings are kept because of their age. Safe to run twice at once.
        """

    def require_size(self, size: int) -> None:
        """Raises `RecordingRefused` (413) if `size` bytes are more than is accepted."""

    def require_room(self, size: int) -> None:
        """Raises `StorageFull` if `size` more bytes would use up the free space."""

    def try_write(self) -> None:
        """Write and remove a byte. Raises `StorageFull`, and `OSError` if the storage is read-only."""

    def create_upload(self, length: int, metadata: dict[str, str]) -> Upload:
        """Create an upload without bytes. Raises `RecordingRefused` (413), `StorageFull`."""

    def lock_upload(self, upload_id: str) -> LockedUpload:
        """Lock an upload for one request until `release`. Raises `NotFound`, and `UploadBusy` if it is locked.

        It does not wait, because that would block a thread that other requests need.
        """
