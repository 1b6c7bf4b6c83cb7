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
    """A file that is made from a recording, lies beside it, and can be made again."""

    DECODED = "wav"
    """Decoded sound for the local recogniser."""
    SENT = "ogg"
    """For a provider that cannot read the recording."""
    PLAYBACK = "playback"
    """For browsers that cannot play the recording, or whose times would differ from the transcript's."""


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
    """Receives one recording.

    Methods may be called from any thread, one at a time. `abort` waits for a `write` that is under way.
    """

    @property
    def size(self) -> int:
        """The bytes received, including those of earlier requests."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append `data`.

        Raises `StorageFull`. Raises `RecordingRefused` before it writes any of `data`: 413 if the recording becomes too
        large, 415 if its first bytes are not those of a recording.
        """

    def finish(self) -> Stored:
        """Check the recording and keep it, durably. On any error nothing is left behind.

        Raises `RecordingRefused` (400 for no bytes, 415 for no recording), `StorageFull`.
        """

    def leave(self) -> None:
        """Stop writing and keep what was received, so that it can be continued."""

    def abort(self) -> None:
        """Remove what was received; after `finish` or `leave` this does nothing."""


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
        """A writer for a new recording, or one that appends to the received part of `key`. Raises `StorageFull`."""

    def received_bytes(self, key: str) -> int:
        """The bytes received of `key`, whether it is complete or not."""

    def stored(self, key: str) -> Stored:
        """The result of `Incoming.finish`, computed again. Raises `NotFound`, `RecordingRefused`."""

    def size(self, key: str, copy: Copy | None = None) -> int | None:
        """The bytes of the recording or a copy, or None if it does not exist. Raises `NotFound` for a malformed key."""

    def read(self, key: str, start: int, stop: int, copy: Copy | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces. Raises `NotFound` if the file does not exist."""

    def local(self, key: str, copy: Copy | None = None) -> AbstractContextManager[Path]:
        """A local file with the same bytes, until the block ends. It must not be changed.

        The time of a copy is renewed, so the sweep does not remove it while it is used. Raises `NotFound` if the file
        does not exist.
        """

    def making(self, key: str, copy: Copy) -> AbstractContextManager[Path]:
        """A path to which to write that copy atomically; it is kept if the block ends without an error."""

    def remove(self, key: str, copy: Copy) -> None:
        """Remove a copy, if there is one."""

    def delete(self, key: str) -> None:
        """Remove the recording and all files made from it, if there are any."""

    def sweep(self, older_than_seconds: float, keep: Container[str]) -> int:
        """Remove files that were not used for `older_than_seconds`; returns how many were removed.

        These are unfinished uploads, interrupted writes, and recordings without a meeting (the process died before it
        wrote the row) with the files made from them. Copies for a transcriber go too; it makes them again if it needs
        them. `keep` holds the keys of all meetings. Read it before the call: newer recordings are kept for their age.
        Two sweeps may run at once.
        """

    def require_size(self, size: int) -> None:
        """Raises `RecordingRefused` (413) for more than `max_bytes`."""

    def require_room(self, size: int) -> None:
        """Raises `StorageFull` if `size` more bytes would fill the storage."""

    def try_write(self) -> None:
        """Write a byte and remove it. Raises `StorageFull`, and `OSError` if the storage cannot be written."""

    def create_upload(self, length: int, metadata: dict[str, str]) -> Upload:
        """Create an upload without bytes. Raises `RecordingRefused` (413), `StorageFull`."""

    def lock_upload(self, upload_id: str) -> LockedUpload:
        """Lock an upload for one request until `release`. Raises `NotFound`, and `UploadBusy` if it is locked.

        It does not wait, because that would block a thread that other requests need.
        """
