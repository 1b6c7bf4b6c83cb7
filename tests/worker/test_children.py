"""Child processes are restarted when they die, and stopped together."""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
import pytest

from tests.running import wait_for
from worker.children import Child, stop_all

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; print(subprocess.Popen(sys.argv[1:]).pid, flush=True); time.sleep(60)",
    *SLEEP,
]


def test_processes_left_by_a_killed_child_are_killed(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child(PARENT)
    child.start()
    printed = ""

    def grandchild() -> psutil.Process | None:
        nonlocal printed
        printed += capfd.readouterr().out
        return psutil.Process(int(printed)) if printed.endswith("\n") else None

    left = wait_for(grandchild, "the grandchild")
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)
    wait_for(lambda: child.exit_code() is not None, "its end")
    assert child.exit_code() == -signal.SIGKILL
    wait_for(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, "the end of what it left")


def test_a_killed_child_is_restarted() -> None:
    child = Child(SLEEP)
    child.start()
    first = child.process
    assert first is not None
    child.signal(signal.SIGKILL)
    first.wait()

    def replaced() -> bool:
        child.keep_running()
        return child.process is not first and child.exit_code() is None

    wait_for(replaced, "the child to be back")
    stop_all([child])
    assert child.exit_code() == -signal.SIGTERM


def test_a_child_that_does_not_stop_is_killed() -> None:
    child = Child(STUBBORN)
    child.start()
    stop_all([child], seconds=0.5)
    assert child.exit_code() in (-signal.SIGKILL, -signal.SIGTERM)


def test_a_child_that_dies_for_hours_is_still_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    """At night nobody restarts the parent."""
    child = Child([sys.executable, "-c", "raise SystemExit(1)"])
    child.start()
    child.deaths = 5000
    assert child.process is not None
    child.process.wait()
    child.keep_running()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 11.0)
    child.keep_running()
    assert child.process.wait(60) == 1, "another one"
    assert child.deaths == 5001
