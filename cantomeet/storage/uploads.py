"""What is known of a resumable upload, in a file beside its bytes, and the lock that gives it to one request at a time.

The file is written once, when the upload is created; how far the upload has come is the size of its `.part`. So nothing
has to be kept in step, and a process may be killed at any moment. The lock is the kernel's (`flock`) on that file: it
holds across processes and goes with the process that holds it.
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
    """Raises `StorageFull`."""
    with replacing(path) as file:
        file.write(json.dumps({"length": upload.length, "metadata": upload.metadata}).encode())


def lock_upload(upload_id: str, path: Path) -> LockedFile:
    """The upload in the file `path`. Raises `NotFound`, `UploadBusy`."""
    while True:
        try:
            file = path.open("rb")
        except FileNotFoundError as error:
            raise NotFound("no such upload") from error
        if _try_lock(file):
            if _is_still(file, path):
                body = json.loads(file.read())
                return LockedFile(Upload(upload_id, body["length"], body["metadata"]), file, path)
            file.close()
            continue
        file.close()
        raise UploadBusy("another request has this upload")


class LockedFile:
    """A locked upload; as a context manager it is released at the end."""

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


def _is_still(file: BinaryIO, path: Path) -> bool:
    """False where the upload was forgotten between opening its file and locking it."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
