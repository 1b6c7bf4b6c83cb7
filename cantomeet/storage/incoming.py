"""Receives one recording into a folder."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from cantomeet import media
from cantomeet.atomic import sync_folder, translating_no_room
from cantomeet.errors import ErrorCode, RecordingRefused
from cantomeet.media.sniffing import HEAD_BYTES
from cantomeet.private import make_folder, opener
from cantomeet.storage.port import Stored

_FREE_SPACE_EVERY = 64 * 1024 * 1024


class IncomingFile:
    """Appends to the file `part`, which `finish` renames to `final`.

    At the end of a with-block the bytes are removed, unless `finish` or `leave` was called.
    """

    def __init__(
        self, key: str, part: Path, final: Path, require_size: Callable[[int], None], require_room: Callable[[], None]
    ) -> None:
        self.key = key
        self._part, self._final = part, final
        self._require_size, self._require_room = require_size, require_room
        make_folder(part.parent)
        self._file = open(part, "ab", buffering=0, opener=opener)  # noqa: SIM115  # closed by finish, leave, abort
        self._size = self._file.tell()
        # The bytes of an earlier process are not hashed here. In that case `finish` hashes the whole file.
        self._hash = hashlib.sha256() if self._size == 0 else None
        self._checked_at: int | None = None
        self._lock = threading.Lock()
        self._open = True

    @property
    def size(self) -> int:
        return self._size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        with self._lock, translating_no_room():
            self._require_size(self._size + len(data))
            if self._size == 0 and len(data) >= HEAD_BYTES:
                media.refuse_foreign(bytes(data[:HEAD_BYTES]))
            self._check_room()
            view = memoryview(data)
            while view:
                written = self._file.write(view) or 0
                if self._hash is not None:
                    self._hash.update(view[:written])
                self._size += written
                view = view[written:]

    def finish(self) -> Stored:
        try:
            with self._lock, translating_no_room():
                if not self._size:
                    raise RecordingRefused("no bytes", code=ErrorCode.EMPTY_UPLOAD)
                probe = media.probe(self._part)
                digest = self._hash.hexdigest() if self._hash else sha256_of(self._part)
                os.fsync(self._file.fileno())
                self._part.replace(self._final)
                sync_folder(self._final.parent)
                self._close()
        except BaseException:
            self.abort()
            raise
        return Stored(self.key, self._size, digest, probe)

    def leave(self) -> None:
        with self._lock:
            self._close()

    def abort(self) -> None:
        with self._lock:
            if self._open:
                self._close()
                self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        self._open = False
        self._file.close()

    def _check_room(self) -> None:
        if self._checked_at is None or self._size - self._checked_at >= _FREE_SPACE_EVERY:
            self._require_room()
            self._checked_at = self._size


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
