"""Old builds are deleted unless their server runs."""

from __future__ import annotations

import os
from pathlib import Path

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


def test_the_key_depends_on_sources_and_port_and_not_on_build_output(tmp_path: Path) -> None:
    for name in ("cantomeet", "cantomeet_ui", "assets", "reflex.lock"):
        (tmp_path / name).mkdir()
    for name in ("rxconfig.py", "reflex.lock/bun.lock", "requirements.lock", "assets/base.css"):
        (tmp_path / name).write_text(name)
    key = page_build.key_of(tmp_path, 3000)
    assert page_build.key_of(tmp_path, 3001) != key
    for made in ("assets/external/cantomeet_ui", "cantomeet/__pycache__"):
        (tmp_path / made).mkdir(parents=True)
        (tmp_path / made / "made").write_text("by a build")
    (tmp_path / "reflex.lock" / "package.json").write_text("{}")
    assert page_build.key_of(tmp_path, 3000) == key
    (tmp_path / "assets" / "base.css").write_text("changed")
    assert page_build.key_of(tmp_path, 3000) != key
