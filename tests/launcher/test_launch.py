"""The launcher holds the data folder and the port before it starts anything."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cantomeet.errors import SettingsError
from launcher.launch import data_folder_held, port_held

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
