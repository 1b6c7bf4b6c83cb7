"""Stores recordings in a local folder.

`<root>/ab/abcd...` is a recording, and `abcd....part` is one that is still being received. `abcd....upload` describes
a resumable upload. `abcd....wav`, `abcd....ogg` and `abcd....playback` are copies of the recording (`Copy`).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from cantomeet import media
from cantomeet.atomic import TEMPORARY, sync_folder, translating_no_room
from cantomeet.errors import ErrorCode, NotFound, RecordingRefused, StorageFull
from cantomeet.private import make_folder
from cantomeet.storage.incoming import IncomingFile, sha256_of
from cantomeet.storage.port import Copy, Stored, Upload
from cantomeet.storage.uploads import LockedFile, lock_upload, write_upload

MIN_FREE_BYTES = 256 * 1024 * 1024
"""Space that is left free for the database and others on the disk."""

_PART, _UPLOAD = "part", "upload"
_SWEPT = (*(f".{suffix}" for suffix in (_PART, _UPLOAD, Copy.DECODED, Copy.SENT)), TEMPORARY)
"""Endings of files that are swept even if their meeting is kept."""
_KEY = re.compile(r"[0-9a-f]{32}")
_MIB = 1024 * 1024
_PIECE = _MIB // 4


class FolderStorage:
    """Recordings under `root`, each of at most `max_bytes`. At least `min_free_bytes` of the disk are left free."""

    def __init__(self, root: Path, max_bytes: int, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self.root, self._max_bytes, self._min_free = root, max_bytes, min_free_bytes

    @property
    def max_bytes(self) -> int:
        return self._max_bytes

    @staticmethod
    def new_key() -> str:
        return uuid4().hex

    def path(self, key: str, suffix: str | None = None) -> Path:
        """The path of the recording or, by its suffix, of a `Copy` or of a file of an upload.

        The file need not exist. Raises `NotFound` for a malformed key.
        """
        if not _KEY.fullmatch(key):
            raise NotFound("no such recording")
        return self.root / key[:2] / (f"{key}.{suffix}" if suffix else key)

    def receive(self, key: str | None = None) -> IncomingFile:
        # The decoder's process starts now, so that probing does not wait for it when everything is received.
        media.warm_up()
        key = self.new_key() if key is None else key
        with translating_no_room():
            return IncomingFile(
                key, self.path(key, _PART), self.path(key), self.require_size, lambda: self.require_room(0)
            )

    def received_bytes(self, key: str) -> int:
        for path in (self.path(key), self.path(key, _PART)):
            with suppress(FileNotFoundError):
                return path.stat().st_size
        return 0

    def stored(self, key: str) -> Stored:
        path = self.path(key)
        try:
            # It is in use again: a sweep must not remove it before its meeting's row is written.
            os.utime(path)
            return Stored(key, path.stat().st_size, sha256_of(path), media.probe(path))
        except FileNotFoundError as error:
            raise NotFound("no such recording") from error

    def size(self, key: str, copy: Copy | None = None) -> int | None:
        try:
            return self.path(key, copy).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, key: str, start: int, stop: int, copy: Copy | None = None) -> Iterator[bytes]:
        try:
            file = self.path(key, copy).open("rb")
        except FileNotFoundError as error:
            raise NotFound("no such recording") from error
        return _pieces(file.fileno(), file.close, start, stop)

    @contextmanager
    def local(self, key: str, copy: Copy | None = None) -> Iterator[Path]:
        path = self.path(key, copy)
        try:
            if copy is None:
                path.stat()
            else:
                os.utime(path)
        except FileNotFoundError as error:
            raise NotFound("no such recording") from error
        yield path

    @contextmanager
    def making(self, key: str, copy: Copy) -> Iterator[Path]:
        yield self.path(key, copy)

    def remove(self, key: str, copy: Copy) -> None:
        self.path(key, copy).unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        folder = self.path(key).parent
        for path in [*folder.glob(key), *folder.glob(f"{key}.*")]:
            path.unlink(missing_ok=True)
        if folder.exists():
            sync_folder(folder)

    def require_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise RecordingRefused(
                f"over {self._max_bytes} bytes", code=ErrorCode.TOO_LARGE, limit_mb=self._max_bytes // _MIB
            )

    def require_room(self, size: int) -> None:
        make_folder(self.root)
        if shutil.disk_usage(self.root).free - size < self._min_free:
            raise StorageFull("not enough free space for recordings")

    def try_write(self) -> None:
        self.require_room(0)
        with translating_no_room(), tempfile.TemporaryFile(dir=self.root, buffering=0) as file:
            file.write(b"?")

    def create_upload(self, length: int, metadata: dict[str, str]) -> Upload:
        self.require_size(length)
        self.require_room(length)
        upload = Upload(self.new_key(), length, metadata)
        write_upload(self.path(upload.id, _UPLOAD), upload)
        return upload

    def lock_upload(self, upload_id: str) -> LockedFile:
        return lock_upload(upload_id, self.path(upload_id, _UPLOAD))

    def sweep(self, older_than_seconds: float, keep: Container[str]) -> int:
        gone = 0
        before = time.time() - older_than_seconds
        for key, paths in self._files_by_key():
            if all(_modified(path) < before for path in paths):
                gone += sum(_remove(path) for path in paths if key not in keep or path.suffix in _SWEPT)
        return gone

    def _files_by_key(self) -> Iterator[tuple[str, list[Path]]]:
        files: dict[str, list[Path]] = {}
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            files.clear()
            for path in folder.iterdir():
                files.setdefault(path.name.split(".")[0], []).append(path)
            yield from [(key, paths) for key, paths in files.items() if _KEY.fullmatch(key)]


def _pieces(descriptor: int, close: Callable[[], None], start: int, stop: int) -> Iterator[bytes]:
    try:
        while start < stop and (piece := os.pread(descriptor, min(_PIECE, stop - start), start)):
            yield piece
            start += len(piece)
    finally:
        close()


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
