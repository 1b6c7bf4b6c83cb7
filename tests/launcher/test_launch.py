"""The launcher holds the data folder and the port before it starts anything."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cantomeet.errors import SettingsError
from cantomeet.reachable import is_of_earlier_release
from cantomeet.settings import Settings
from launcher import launch
from launcher.launch import data_folder_held, port_held
from worker import opening

HOLDER = """
import os, pathlib, signal, sys
from launcher.launch import data_folder_held
with data_folder_held(pathlib.Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def busy() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken


def test_a_folder_knows_whether_its_last_holder_was_killed(tmp_path: Path) -> None:
    with data_folder_held(tmp_path) as left_behind:
        assert not left_behind
    with data_folder_held(tmp_path) as left_behind:
        assert not left_behind, "it was closed in order"
    subprocess.run([sys.executable, "-c", HOLDER, str(tmp_path)], check=False)
    with data_folder_held(tmp_path) as left_behind:
        assert left_behind
    with data_folder_held(tmp_path) as left_behind:
        assert not left_behind


def test_a_refused_start_keeps_the_holders_mark(tmp_path: Path) -> None:
    with data_folder_held(tmp_path):
        before = (tmp_path / "lock").read_text()
        with pytest.raises(SettingsError, match="another copy is running"), data_folder_held(tmp_path):
            pass
        assert (tmp_path / "lock").read_text() == before != ""


def test_the_launcher_waits_for_a_port_that_becomes_free(busy: socket.socket) -> None:
    port = busy.getsockname()[1]
    threading.Timer(0.5, busy.close).start()
    with port_held("127.0.0.1", port, patience=10.0) as reserved:
        assert reserved.getsockname()[1] == port


def test_a_busy_port_is_refused_at_once_if_nothing_was_left_behind(busy: socket.socket) -> None:
    began = time.monotonic()
    with pytest.raises(SettingsError, match="is in use"), port_held("127.0.0.1", busy.getsockname()[1], patience=0.0):
        pass
    assert time.monotonic() - began < 1.0


def test_nothing_is_to_be_converted_in_a_new_data_folder(tmp_path: Path) -> None:
    assert not is_of_earlier_release(Settings(_env_file=None, CANTOMEET_DATA_DIR=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_conversion_is_broken_off_by_what_stops_the_program(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert(_: Settings) -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)

    monkeypatch.setattr(launch, "is_of_earlier_release", lambda _: True)
    monkeypatch.setattr(opening, "open_store", convert)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        launch.bring_up_to_date(Settings(_env_file=None))
    assert signal.getsignal(number) == before
