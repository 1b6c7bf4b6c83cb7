"""Several installations from one clone, failures at the start, and stopping everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launcher import page_build
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.installed import STOP_SECONDS, UP, Installation, environment, installed, start
from tests.running import ROOT, kill_tree, wait_for
from tests.sound import silence
from tests.upload_server import free_port

SECOND_PORT = free_port()
"""The same for all tests here, so that the pages are built once."""


@pytest.fixture
def second(running: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A second installation that runs next to the first one. Its terminal is closed, so nothing reads its output."""
    place = start(tmp_path / "data", SECOND_PORT, output=subprocess.PIPE)
    try:
        wait_for(place.answers, "the second copy", 300)
        # Wait for the worker, which starts after the web process.
        wait_for(lambda: place.api("/health")["workers"] >= 2, "its workers")
        assert place.process.stdout is not None
        place.process.stdout.close()
        yield place
    finally:
        kill_tree(place.process.pid)
        place.process.wait()


def refused(data: Path, port: int) -> str:
    """The output of a start that must fail: one line."""
    done = subprocess.run(
        UP, cwd=ROOT, env=environment(data, port), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    return line


def test_a_busy_port_is_reported_in_one_line(running: Installation, tmp_path: Path) -> None:
    port = int(running.url.rpartition(":")[2])
    assert refused(tmp_path, port).startswith(f"cantomeet: CANTOMEET_PORT: port {port} is in use")


def test_a_second_start_on_the_same_folder_is_refused(running: Installation) -> None:
    assert "another copy is running on" in refused(running.data, free_port())
    assert running.answers()


@pytest.mark.timeout(600)
def test_a_proxy_in_the_environment_does_not_prevent_the_start(tmp_path: Path) -> None:
    """The pages are built before, because that downloads packages, which may need a real proxy."""
    page_build.ensure(ROOT, SECOND_PORT)
    dead = f"http://127.0.0.1:{free_port()}"
    names = [name for word in ("http", "https", "all") for name in (f"{word}_proxy", f"{word}_proxy".upper())]
    proxies = dict.fromkeys(names, dead) | {"ALL_PROXY": "socks5://127.0.0.1:1", "NO_PROXY": "", "no_proxy": ""}
    with installed(tmp_path / "data", SECOND_PORT, **proxies) as place:
        wait_for(lambda: place.api("/health")["workers"] >= 2, "its workers")


def _interrupt(place: Installation) -> None:
    # To the foreground process group, as a terminal does.
    os.killpg(place.process.pid, signal.SIGINT)


def _hang_up(place: Installation) -> None:
    os.killpg(place.process.pid, signal.SIGHUP)


@pytest.mark.timeout(600)
@pytest.mark.in_turn("end")
@pytest.mark.parametrize("end", [_interrupt, _hang_up], ids=["Ctrl-C", "its terminal closed"])
def test_several_installations_run_and_each_stops_all_its_processes(
    running: Installation, second: Installation, tmp_path: Path, end: Callable[[Installation], None]
) -> None:
    silence(tmp_path / "quiet.wav", 1.0)
    meeting = second.upload(tmp_path / "quiet.wav", title="only here")
    wait_for(lambda: second.api(f"/api/meetings/{meeting}")["status"] == "COMPLETED", "the meeting")
    assert meeting not in {listed["id"] for listed in running.api("/api/meetings")["items"]}
    children = second.children()
    assert len(children) >= 5  # Redis, granian and its web process, the worker and its two
    end(second)
    assert second.process.wait(STOP_SECONDS) == 0
    assert psutil.wait_procs(children, 0)[1] == []
    assert not (second.data / "redis.sock").exists()
    assert running.answers()


@pytest.mark.timeout(600)
@pytest.mark.in_turn("part")
@pytest.mark.parametrize("part", ["granian", "valkey-server"])
def test_when_a_part_dies_everything_stops(second: Installation, part: str) -> None:
    children = second.children()
    (dying,) = [
        child
        for child in psutil.Process(second.process.pid).children()
        if any(part in argument for argument in child.cmdline())
    ]
    dying.send_signal(signal.SIGKILL)
    assert second.process.wait(STOP_SECONDS) == 1
    _gone, alive = psutil.wait_procs(children, 30)
    assert alive == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
@pytest.mark.timeout(600)
def test_the_next_start_works_after_the_launcher_alone_was_killed(tmp_path: Path) -> None:
    """At once, while the processes of the first start are still ending."""
    data = tmp_path / "data"
    silence(tmp_path / "quiet.wav", 1.0)
    with FakeSpeechmatics(JobPlan(job_seconds=8.0)) as fake:
        settings = {"SPEECHMATICS_API_KEY": "test-key", "SPEECHMATICS_BASE_URL": fake.url}
        killed = start(data, SECOND_PORT, settings)
        left: list[psutil.Process] = []
        try:
            wait_for(killed.answers, "the first start", 300)
            meeting = killed.upload(tmp_path / "quiet.wav")
            wait_for(lambda: fake.paid, "the recording to be sent")
            left = [child for child in killed.children() if "valkey" not in child.name()]
            assert len(left) >= 5
            killed.process.kill()
            killed.process.wait()
            with installed(data, SECOND_PORT, **settings) as place:
                _gone, alive = psutil.wait_procs(left, 60)
                assert alive == []
                wait_for(place.answers, "the second start's own web")
                wait_for(lambda: place.api(f"/api/meetings/{meeting}")["status"] == "COMPLETED", "the meeting")
            assert list(fake.paid.values()) == [1]
        finally:
            kill_tree(killed.process.pid)
            for process in left:
                if process.is_running():
                    process.kill()
