"""How many workers a machine is enough for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantomeet import machine
from cantomeet.machine import general_workers

GIB = 1024**3


@pytest.mark.parametrize(
    ("cores", "gib", "workers"),
    [
        (1, 16, 2),
        (2, 8, 2),
        (4, 16, 2),
        (8, 16, 4),
        (10, 32, 5),
        (64, 256, 8),
        (8, 4.0, 2),
        (8, 3.9, 1),
        (8, 2.0, 1),
        (2, 0.5, 1),
    ],
)
def test_two_cores_and_a_gib_for_each(cores: int, gib: float, workers: int) -> None:
    assert general_workers(cores, int(gib * GIB)) == workers


def test_this_machine_has_some() -> None:
    assert machine.cores() >= 1
    assert machine.memory() > GIB // 4


def test_the_limit_of_a_container_or_of_what_is_around_it_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, groups = tmp_path / "cgroup", tmp_path / "fs"
    monkeypatch.setattr(machine, "_OWN_CGROUP", own)
    monkeypatch.setattr(machine, "_CGROUPS", groups)
    unlimited = machine.memory()
    service = groups / "system.slice" / "cantomeet.service"
    service.mkdir(parents=True)
    own.write_text("4:memory:/of/version/1\n0::/system.slice/cantomeet.service\n")
    (service / "memory.max").write_text("max\n")
    assert machine.memory() == unlimited
    (groups / "system.slice" / "memory.max").write_text("4096\n")
    assert machine.memory() == 4096
    (service / "memory.max").write_text("1024\n")
    assert machine.memory() == 1024
