"""The metadata file of a resumable upload, and the lock that gives the upload to one request at a time.

The file is written once, when the upload is created. The offset is the size of the `.part` file, so nothing has to be
kept in sync and a process may be killed at any moment. The lock is a kernel lock (`flock`) on the metadata file: it
works across processes and is released when its process ends.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cantomeet.atomic import replacing
from cantomeet.errors import NotFound
from cantomeet.storage.port import Upload, UploadBusy


def write_upload(path: Path, upload: Upload) -> None:
    """Write the metadata of an upload atomically. Raises `StorageFull`."""
    with replacing(path) as file:
        file.write(json.dumps({"length": upload.length, "metadata": upload.metadata}).encode())


def lock_upload(upload_id: str, path: Path) -> LockedFile:
    """Lock the upload whose metadata file is `path`. Raises `NotFound`, `UploadBusy`."""
    while True:
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise NotFound("no such upload") from error
        if _try_lock(file):
            if _is_same_file(file, path):
                body = json.loads(file.read())
                return LockedFile(Upload(upload_id, body["length"], body["metadata"]), file, path)
            file.close()
            continue
        file.close()
        raise UploadBusy("another request has this upload")


class LockedFile:
    """A locked upload. At the end of a with-block it is released."""

    def __init__(self, upload: Upload, file: BinaryIO, path: Path) -> None:
        self._upload, self._file, self._path = upload, file, path

    @property
    def upload(self) -> Upload:
        return self._upload

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        self._file.close()


def _try_lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_same_file(file: BinaryIO, path: Path) -> bool:
    """Whether `file` is still at `path`. False if the upload was removed between opening its file and locking it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
