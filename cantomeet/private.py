"""Files and folders that only the user who runs the program can read."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

FILE = 0o600
FOLDER = 0o700
_UMASK = 0o077
_OURS = ("recordings", "redis", "models", "page-states", "dev", "lock", "redis.sock")
"""Names in a data folder, besides the database's files and the stand-ins' logs."""
_OUR_PREFIXES = ("cantomeet.db", "stand-in-")
_log = logging.getLogger(__name__)


def keep_private() -> None:
    """Make all new files of this process and its children private to this user."""
    os.umask(_UMASK)


def make_folder(path: Path) -> Path:
    """Make the folder and its missing parents private; an existing folder stays as it is. Returns `path`."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        with suppress(FileExistsError):
            folder.mkdir(FOLDER)
            folder.chmod(FOLDER)
    return path


def opener(path: str, flags: int) -> int:
    """An opener for `open` that makes new files private."""
    descriptor = os.open(path, flags, FILE)
    if flags & os.O_CREAT:
        with suppress(PermissionError):  # The file may belong to another user who lets us write to it.
            os.fchmod(descriptor, FILE)
    return descriptor


def make_file(path: Path) -> None:
    """Make an empty private file if there is none."""
    make_folder(path.parent)
    with suppress(FileExistsError), open(path, "xb", opener=opener):
        pass


def tighten(data_dir: Path) -> None:
    """Make files private that an earlier release left readable for others.

    This covers our own files in the data folder, and the folder itself if it holds nothing else. Files of other users
    are left alone.
    """
    names = sorted(path.name for path in data_dir.iterdir())
    ours = [name for name in names if name in _OURS or name.startswith(_OUR_PREFIXES)]
    for path in [data_dir / name for name in ours]:
        for found in _all_below(path):
            _tighten(found)
    if names == ours:
        _tighten(data_dir)


def _all_below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            yield from (Path(folder, name) for name in (*folders, *files))


def _tighten(path: Path) -> None:
    with suppress(FileNotFoundError):
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
            return
        if found.st_mode & 0o077:
            try:
                path.chmod(FOLDER if stat.S_ISDIR(found.st_mode) else FILE)
            except OSError as error:
                _log.warning("%s may be read by others: %s", path, error.strerror)
