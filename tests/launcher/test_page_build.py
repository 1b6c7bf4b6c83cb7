"""Old builds are deleted unless their server runs."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from launcher import page_build


def builds(folder: Path, count: int) -> list[Path]:
    """Make builds, the oldest first."""
    made = [folder / f"build-{number:02}" for number in range(count)]
    for age, build in enumerate(reversed(made)):
        build.mkdir()
        os.utime(build, (1_000_000 - age, 1_000_000 - age))
    return made


def test_the_oldest_of_many_builds_are_deleted(tmp_path: Path) -> None:
    made = builds(tmp_path, 9)
    page_build._forget_old(tmp_path)
    assert sorted(tmp_path.iterdir()) == made[3:]


def test_an_old_build_of_a_running_server_is_kept(tmp_path: Path) -> None:
    made = builds(tmp_path, 9)
    with page_build.in_use(made[0]), page_build.in_use(made[1]), page_build.in_use(made[1]):
        os.utime(made[0], (1, 1))
        os.utime(made[1], (2, 2))
        page_build._forget_old(tmp_path)
        assert sorted(tmp_path.iterdir()) == [*made[:2], *made[3:]]
    page_build._forget_old(tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


def sources(folder: Path) -> None:
    for name in ("cantomeet", "cantomeet_ui", "assets", "reflex.lock"):
        (folder / name).mkdir()
    for name in ("rxconfig.py", "reflex.lock/bun.lock", "requirements.lock", "assets/base.css"):
        (folder / name).write_text(name)


def test_the_key_knows_the_sources_and_nothing_that_a_build_writes(tmp_path: Path) -> None:
    sources(tmp_path)
    key = page_build.key_of(tmp_path)
    for made in ("assets/external/cantomeet_ui", "cantomeet/__pycache__"):
        (tmp_path / made).mkdir(parents=True)
        (tmp_path / made / "made").write_text("by a build")
    (tmp_path / "reflex.lock" / "package.json").write_text("{}")
    assert page_build.key_of(tmp_path) == key
    (tmp_path / "assets" / "base.css").write_text("changed")
    assert page_build.key_of(tmp_path) != key


def test_another_port_takes_the_same_build_with_its_own_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources(tmp_path)
    made: list[int] = []

    def make(_: Path, port: int, target: Path) -> None:
        made.append(port)
        target.mkdir()
        (target / "env.json").write_text(f'{{"PING": "http://localhost:{port}/ping", "OTHER": "localhost:{port}0"}}')
        (target / "env.js.gz").write_bytes(gzip.compress(f"localhost:{port}".encode()))
        (target / "plain.css").write_text("body {}")

    monkeypatch.setattr(page_build, "_make", make)
    first = page_build.ensure(tmp_path, 3000)
    with page_build.in_use(first):
        second = page_build.ensure(tmp_path, 3001)
    assert made == [3000]
    assert second != first
    assert (second / "env.json").read_text() == '{"PING": "http://localhost:3001/ping", "OTHER": "localhost:30000"}'
    assert gzip.decompress((second / "env.js.gz").read_bytes()) == b"localhost:3001"
    assert sorted(path.name for path in second.iterdir()) == ["env.js.gz", "env.json", "plain.css"]
    assert page_build.ensure(tmp_path, 3000) == first
    (tmp_path / "assets" / "base.css").write_text("changed")
    page_build.ensure(tmp_path, 3001)
    assert made == [3000, 3001]
