"""What is known of a resumable upload, on disk beside its bytes, and the lock that lets one request at a time have it.

The file of an upload is written once, when the upload is created; how far it has come is the size of its `.part`.
So nothing has to be kept in step, and a process may be killed at any moment. The lock is the kernel's (`flock`) on
that file: it holds across processes and goes with the process that holds it.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cantomeet.atomic import replacing
from cantomeet.errors import Conflict, ErrorCode, NotFound
from cantomeet.recordings import UPLOAD, Recordings


class UploadBusy(Conflict):
    """Another request has the upload: a second window, or a connection whose end was not noticed yet."""

    status = 423
    code = ErrorCode.UPLOAD_BUSY


@dataclass(frozen=True)
class Upload:
    id: str
    """Also the key under which the recording will lie."""
    length: int
    """Bytes in all."""
    metadata: dict[str, str]


class UploadStore:
    """The unfinished uploads among the recordings."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings

    def create(self, length: int, metadata: dict[str, str]) -> Upload:
        """A new upload without bytes. Raises `RecordingRefused` (413), `StorageFull`."""
        self._recordings.require_size(length)
        self._recordings.require_room(length)
        upload = Upload(self._recordings.new_key(), length, metadata)
        with replacing(self._path(upload.id)) as file:
            file.write(json.dumps({"length": length, "metadata": metadata}).encode())
        return upload

    def locked(self, upload_id: str) -> LockedUpload:
        """The upload, ours until `release`. Raises `NotFound`, and `UploadBusy` while another request has it.

        It does not wait: a waiting thread is one that no other request has.
        """
        path = self._path(upload_id)
        while True:
            try:
                file = path.open("rb")
            except FileNotFoundError as error:
                raise NotFound("no such upload") from error
            if _try_lock(file):
                if _is_still(file, path):
                    body = json.loads(file.read())
                    return LockedUpload(Upload(upload_id, body["length"], body["metadata"]), file, path)
                file.close()
                continue
            file.close()
            raise UploadBusy("another request has this upload")

    def _path(self, upload_id: str) -> Path:
        return self._recordings.work_path(upload_id, UPLOAD)


class LockedUpload:
    """An upload that no other request may touch until `release`."""

    def __init__(self, upload: Upload, file: BinaryIO, path: Path) -> None:
        self.upload = upload
        self._file, self._path = file, path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def forget(self) -> None:
        """The upload is over: it has become a meeting, or was refused or ended."""
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
