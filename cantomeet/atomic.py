"""Atomic, durable file writes."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cantomeet.errors import StorageFull
from cantomeet.private import make_folder, opener

TEMPORARY = ".tmp"
"""The suffix of files that are being written; a sweep removes leftovers."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file to write, which replaces `target` if the block ends without an error. Raises `StorageFull`."""
    temporary = target.with_name(target.name + TEMPORARY)
    try:
        with translating_no_room():
            make_folder(target.parent)
            with open(temporary, "w+b", opener=opener) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def translating_no_room() -> Iterator[None]:
    """Raises `StorageFull` for an `OSError` that means a full disk, quota or file."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull(os.strerror(error.errno or 0)) from error
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename or a deletion inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
