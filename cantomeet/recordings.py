"""Storage of recordings under keys that the server makes.

`<root>/ab/abcd...` is a recording, and `abcd....part` is one that is still being received. `abcd....upload` describes
a resumable upload (`cantomeet_ui.api.tus_store` writes it). `abcd....wav`, `abcd....ogg` and `abcd....playback` are
made from the recording and can be made again. No name that a person gave is used on the disk.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from cantomeet import media
from cantomeet.atomic import TEMPORARY, sync_folder, translating_no_room
from cantomeet.errors import ErrorCode, NotFound, RecordingRefused, StorageFull
from cantomeet.media.sniffing import HEAD_BYTES
from cantomeet.private import make_folder, opener

PART = "part"
UPLOAD = "upload"
MIN_FREE_BYTES = 256 * 1024 * 1024
"""Space that is left free for the database and others on the disk."""

_FOR_TRANSCRIBERS = (".wav", ".ogg")
"""Decoded sound for the local recogniser, and the copy for a provider that cannot read the recording."""
_KEY = re.compile(r"[0-9a-f]{32}")
_SUFFIX = re.compile(r"[a-z0-9]{1,16}")
_MIB = 1024 * 1024
_FREE_SPACE_EVERY = 64 * _MIB


@dataclass(frozen=True)
class Stored:
    """A recording that is durable on disk."""

    key: str
    bytes: int
    sha256: str
    probe: media.Probe


class Recordings:
    """The recordings under `root`.

    None is larger than `max_bytes`, and at least `min_free_bytes` of the disk stay free.
    """

    def __init__(self, root: Path, max_bytes: int, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self.root, self.max_bytes, self._min_free = root, max_bytes, min_free_bytes

    @staticmethod
    def new_key() -> str:
        return uuid4().hex

    def path(self, key: str) -> Path:
        """The path of the recording, which need not exist. Raises `NotFound` for a malformed key."""
        if not _KEY.fullmatch(key):
            raise NotFound("no such recording")
        return self.root / key[:2] / key

    def work_path(self, key: str, suffix: str) -> Path:
        """The path of a file that belongs to the recording; `suffix` is a short word of a-z and 0-9."""
        path = self.path(key)
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"not a suffix: {suffix!r}")
        return path.with_name(f"{key}.{suffix}")

    def has_for_use(self, key: str, suffix: str) -> bool:
        """True if that file exists. Its time is renewed, so the sweep does not remove it while it is used."""
        try:
            os.utime(self.work_path(key, suffix))
        except FileNotFoundError:
            return False
        return True

    def receive(self, key: str | None = None) -> RecordingWriter:
        """A writer for a new recording, or one that appends to the received part of `key`.

        Raises `StorageFull`.
        """
        # The decoder's process starts now, so that probing does not wait for it when everything is received.
        media.warm_up()
        with translating_no_room():
            return RecordingWriter(self, self.new_key() if key is None else key)

    def received_bytes(self, key: str) -> int:
        """The bytes received of `key`, whether it is complete or not."""
        for path in (self.path(key), self.work_path(key, PART)):
            with suppress(FileNotFoundError):
                return path.stat().st_size
        return 0

    def stored(self, key: str) -> Stored:
        """The result of `RecordingWriter.finish`, computed again. Raises `NotFound`, `RecordingRefused`."""
        path = self.path(key)
        try:
            # A new time keeps a concurrent sweep from removing the recording before its meeting's row exists.
            os.utime(path)
            return Stored(key, path.stat().st_size, _sha256_of(path), media.probe(path))
        except FileNotFoundError as error:
            raise NotFound("no such recording") from error

    def delete(self, key: str) -> None:
        """Remove the recording and all files made from it, if there are any."""
        folder = self.path(key).parent
        for path in [*folder.glob(key), *folder.glob(f"{key}.*")]:
            path.unlink(missing_ok=True)
        if folder.exists():
            sync_folder(folder)

    def require_size(self, size: int) -> None:
        """Raises `RecordingRefused` (413) for more than `max_bytes`."""
        if size > self.max_bytes:
            raise RecordingRefused(
                f"over {self.max_bytes} bytes", code=ErrorCode.TOO_LARGE, limit_mb=self.max_bytes // _MIB
            )

    def require_room(self, size: int) -> None:
        """Raises `StorageFull` if `size` more bytes would fill the disk."""
        make_folder(self.root)
        if shutil.disk_usage(self.root).free - size < self._min_free:
            raise StorageFull("not enough free space for recordings")

    def try_write(self) -> None:
        """Write a byte and remove it. Raises `StorageFull`, and `OSError` if the disk cannot be written."""
        self.require_room(0)
        with translating_no_room(), tempfile.TemporaryFile(dir=self.root, buffering=0) as file:
            file.write(b"?")

    def sweep(self, older_than_seconds: float, keep: Container[str]) -> int:
        """Remove files that were not used for `older_than_seconds`; returns how many were removed.

        These are unfinished uploads, interrupted writes, and recordings without a meeting (the process died before it
        wrote the row) with the files made from them. Files made for a transcriber go too; it makes them again if it
        needs them. `keep` holds the keys of all meetings. Read it before the call: newer recordings are kept for their
        age. Two sweeps may run at once.
        """
        gone = 0
        before = time.time() - older_than_seconds
        for key, paths in self._families():
            if all(_modified(path) < before for path in paths):
                gone += sum(_remove(path) for path in paths if key not in keep or _is_passing(path))
        return gone

    def _families(self) -> Iterator[tuple[str, list[Path]]]:
        families: dict[str, list[Path]] = {}
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            families.clear()
            for path in folder.iterdir():
                families.setdefault(path.name.split(".")[0], []).append(path)
            yield from [(key, paths) for key, paths in families.items() if _KEY.fullmatch(key)]


class RecordingWriter:
    """Receives one recording. As a context manager it removes what it received, unless `finish` or `leave` was called.

    Methods may be called from any thread, one at a time. `abort` waits for a `write` that is under way.
    """

    def __init__(self, recordings: Recordings, key: str) -> None:
        self.key = key
        self._recordings = recordings
        self._final, self._part = recordings.path(key), recordings.work_path(key, PART)
        make_folder(self._part.parent)
        self._file = open(self._part, "ab", buffering=0, opener=opener)  # noqa: SIM115  # closed by finish, leave, abort
        self.size = self._file.tell()
        # Bytes that an earlier process wrote are not in this hash, so `finish` reads the file again.
        self._hash = hashlib.sha256() if self.size == 0 else None
        self._checked_at: int | None = None
        self._lock = threading.Lock()
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append `data`.

        Raises `StorageFull`. Raises `RecordingRefused` before it writes any of `data`: 413 if the recording becomes too
        large, 415 if its first bytes are not those of a recording.
        """
        with self._lock, translating_no_room():
            self._recordings.require_size(self.size + len(data))
            if self.size == 0 and len(data) >= HEAD_BYTES:
                media.refuse_foreign(bytes(data[:HEAD_BYTES]))
            self._require_room()
            view = memoryview(data)
            while view:
                written = self._file.write(view) or 0
                if self._hash is not None:
                    self._hash.update(view[:written])
                self.size += written
                view = view[written:]

    def finish(self) -> Stored:
        """Check the recording and move it to its final path, durably. On any error nothing is left behind.

        Raises `RecordingRefused` (400 for no bytes, 415 for no recording), `StorageFull`.
        """
        try:
            with self._lock, translating_no_room():
                if not self.size:
                    raise RecordingRefused("no bytes", code=ErrorCode.EMPTY_UPLOAD)
                probe = media.probe(self._part)
                digest = self._hash.hexdigest() if self._hash else _sha256_of(self._part)
                os.fsync(self._file.fileno())
                self._part.replace(self._final)
                sync_folder(self._final.parent)
                self._close()
        except BaseException:
            self.abort()
            raise
        return Stored(self.key, self.size, digest, probe)

    def leave(self) -> None:
        """Stop writing and keep what was received, so that it can be continued."""
        with self._lock:
            self._close()

    def abort(self) -> None:
        """Remove what was received; after `finish` or `leave` this does nothing."""
        with self._lock:
            if self._open:
                self._close()
                self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        self._open = False
        self._file.close()

    def _require_room(self) -> None:
        if self._checked_at is None or self.size - self._checked_at >= _FREE_SPACE_EVERY:
            self._recordings.require_room(0)
            self._checked_at = self.size


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _is_passing(path: Path) -> bool:
    return path.suffix in (f".{PART}", f".{UPLOAD}", TEMPORARY, *_FOR_TRANSCRIBERS)
