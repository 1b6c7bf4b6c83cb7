"""Builds the pages once for each state of the sources.

Reflex writes the port into the build, and rebuilding under a running server breaks its pages. So a build is stored in
`.build/<hash of the sources>-<port>`, and a server reads only its own build. A build for another port is a copy with
the port changed, which takes no time.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cantomeet.errors import CantoMeetError

_SOURCES = ("cantomeet", "cantomeet_ui", "assets", "rxconfig.py", "reflex.lock/bun.lock", "requirements.lock")
"""All sources of the pages, including the core for its texts and statuses. Only bun's file of `reflex.lock` is one:
Reflex changes the other file with each build, and building must not change the key.
"""
_MADE = ("__pycache__", "external")
"""Folders among the sources that are not sources: a build copies `assets/external` there from the components."""
_SERVED = ("build", "backend", "routes.json", "env.json")
"""The parts of Reflex's work folder that a server reads."""
_KEPT = 6
"""Builds that are kept, newest first: two copies on different ports and the versions before them."""
_IN_USE = "in-use"
"""A file in a build that its servers lock, so that the build is kept however many others are made."""


class BuildFailed(CantoMeetError):
    """Reflex could not build the pages; the text is the end of its output."""


def key_of(root: Path) -> str:
    """A hash of every source file."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        path = root / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not set(_MADE) & set(file.relative_to(root).parts):
                digest.update(f"\n{file.relative_to(root)}\n".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:20]


def ensure(root: Path, port: int) -> Path:
    """Return the folder of the build, after building it if necessary. Raises `BuildFailed`."""
    builds = root / ".build"
    key = key_of(root)
    target = builds / f"{key}-{port}"
    if target.exists():
        os.utime(target)
        return target
    builds.mkdir(exist_ok=True)
    with (builds / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            if not _copied(builds.glob(f"{key}-*[0-9]"), port, target):
                _make(root, port, target)
            _forget_old(builds)
    return target


@contextmanager
def in_use(build: Path) -> Iterator[None]:
    """Keep the build while the block and its server run."""
    with (build / _IN_USE).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        yield


def server_environment(build: Path) -> dict[str, str]:
    """Return the environment variables of a server of this build. Names with double underscores are Reflex's own."""
    return {
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": str(build),
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }


def _make(root: Path, port: int, target: Path) -> None:
    environment = {
        **os.environ,
        # bun comes as a wheel, so no Node of the system is needed.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "REFLEX_BACKEND_PORT": str(port),
        "REFLEX_FRONTEND_PORT": str(port),
        "CANTOMEET_PORT": str(port),
    }
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    done = subprocess.run(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildFailed("the pages could not be built:\n" + done.stdout[-3000:])
    part = _empty_beside(target)
    for name in _SERVED:
        source = root / ".web" / name
        if source.is_dir():
            shutil.copytree(source, part / name)
        elif source.exists():
            shutil.copy2(source, part / name)
    part.rename(target)


def _empty_beside(target: Path) -> Path:
    part = target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    return part


def _copied(others: Iterable[Path], port: int, target: Path) -> bool:
    """Make `target` from one of the builds of the same sources for other ports. False where there is none."""
    other = next(iter(others), None)
    if other is None:
        return False
    part = _empty_beside(target)
    shutil.copytree(other, part, ignore=shutil.ignore_patterns(_IN_USE), dirs_exist_ok=True)
    its_port = other.name.rpartition("-")[2]
    address = re.compile(rf"localhost:{its_port}(?!\d)".encode())
    for file in part.rglob("*"):
        if file.is_file():
            _replace(file, address, f"localhost:{port}".encode())
    # A copy has its original's time, and the oldest builds go.
    os.utime(part)
    part.rename(target)
    return True


def _replace(file: Path, pattern: re.Pattern[bytes], by: bytes) -> None:
    """In what the file holds, and what it holds compressed."""
    packed = file.suffix == ".gz"
    content = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
    changed, count = pattern.subn(by, content)
    if count:
        file.write_bytes(gzip.compress(changed) if packed else changed)


def _forget_old(builds: Path) -> None:
    made = sorted((p for p in builds.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in made[_KEPT:]:
        with (old / _IN_USE).open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(old, ignore_errors=True)
