"""Files are private at any umask, those of earlier releases too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cantomeet.atomic import replacing
from cantomeet.database import connect, migrate
from cantomeet.private import tighten
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from launcher.launch import data_folder_held
from launcher.redis_server import EmbeddedRedis


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def too_open(folder: Path) -> dict[str, str]:
    """Paths that others may use, or that their owner may not."""
    wrong = {}
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode & 0o777
        if mode != (0o700 if path.is_dir() else 0o600):
            wrong[str(path.relative_to(folder))] = oct(mode)
    return wrong


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o002, 0o077, 0o177])
def test_every_file_in_a_data_folder_is_private_at_any_umask(mask: int, tmp_path: Path) -> None:
    data = tmp_path / "a" / "data"
    with umask(mask):
        engine = connect(f"sqlite:///{data / 'cantomeet.db'}")
        migrate(engine)
        Database(engine).key_values.put("a", "b")
        assert (data / "cantomeet.db-wal").exists()
        recordings = FolderStorage(data / "recordings", max_bytes=10**6, min_free_bytes=0)
        recordings.create_upload(10, {"title": "例會"})
        recordings.receive().leave()
        with replacing(data / "recordings" / "whole") as file:
            file.write(b"x")
        server = EmbeddedRedis.start(data)
        with data_folder_held(data):
            assert too_open(data) == {}
        server.stop()
    assert too_open(data) == {}
    assert too_open(tmp_path / "a") == {}
    engine.dispose()


def an_earlier_releases(folder: Path) -> Path:
    with umask(0):
        for name in ("recordings/ab", "redis/appendonlydir", "models/base", "page-states"):
            (folder / name).mkdir(parents=True)
        for name in ("cantomeet.db", "cantomeet.db-wal", "lock", "recordings/ab/abcd", "redis/redis.log"):
            (folder / name).touch(0o666)
    folder.chmod(0o755)
    return folder


def test_a_data_folder_of_an_earlier_release_is_tightened(tmp_path: Path) -> None:
    data = an_earlier_releases(tmp_path / "data")
    tighten(data)
    assert too_open(data) == {}


def test_only_our_files_are_touched_in_a_folder_with_other_files(tmp_path: Path) -> None:
    data = an_earlier_releases(tmp_path / "data")
    theirs = data / "photographs"
    theirs.mkdir(0o755)
    (theirs / "a.jpg").touch(0o644)
    tighten(data)
    assert data.stat().st_mode & 0o777 == 0o755
    assert theirs.stat().st_mode & 0o777 == 0o755
    assert (theirs / "a.jpg").stat().st_mode & 0o777 == 0o644
    assert too_open(data / "recordings") == {}
    assert (data / "cantomeet.db").stat().st_mode & 0o777 == 0o600


def test_the_target_of_a_link_is_left_alone(tmp_path: Path) -> None:
    data = an_earlier_releases(tmp_path / "data")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch(0o644)
    (outside / "file").chmod(0o644)
    (data / "recordings" / "linked").symlink_to(outside)
    (data / "recordings" / "file").symlink_to(outside / "file")
    tighten(data)
    assert (outside / "file").stat().st_mode & 0o777 == 0o644
