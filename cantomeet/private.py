"""Files and folders for the user who runs the program and for nobody else, whatever the umask."""

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
"""What lies in a data folder, beside the database's files and the stand-ins' logs."""
_OUR_PREFIXES = ("cantomeet.db", "stand-in-")
_log = logging.getLogger(__name__)


def keep_private() -> None:
    """Whatever this process and its children make from now on is for this user alone."""
    os.umask(_UMASK)


def make_folder(path: Path) -> Path:
    """The folder, made with its missing parents where it is not there; one that is there stays as it is."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        with suppress(FileExistsError):
            folder.mkdir(FOLDER)
            folder.chmod(FOLDER)
    return path


def opener(path: str, flags: int) -> int:
    """For `open`: a file that is made is for this user alone."""
    descriptor = os.open(path, flags, FILE)
    if flags & os.O_CREAT:
        with suppress(PermissionError):  # somebody else's file, which we may write to
            os.fchmod(descriptor, FILE)
    return descriptor


def make_file(path: Path) -> None:
    """An empty file where there is none."""
    make_folder(path.parent)
    with suppress(FileExistsError), open(path, "xb", opener=opener):
        pass


def tighten(data_dir: Path) -> None:
    """Take from others what an earlier release let them read: what is ours in the data folder, and the folder itself
    where nothing but ours lies in it. What belongs to another user is left alone.
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
