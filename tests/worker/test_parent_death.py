"""On Linux a child gets SIGTERM when its parent is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.running import kill_tree, wait_for
from worker import stopping
from worker.__main__ import follow_parent
from worker.parent_death import sigterm_when_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has PR_SET_PDEATHSIG")

PARENT = """
import signal, sys, time
from worker.children import Child
signal.signal(signal.SIGTERM, lambda *_: None)  # as a launcher has one, which children are forked with
child = Child(sys.argv[1:])
child.start()
if child.command[-1] == "again":
    child.process.wait()
    first = child.process
    while child.process is first:
        child.keep_running()
        time.sleep(0.05)
print(child.process.pid, flush=True)
time.sleep(60)
"""
SLEEP = "import time; time.sleep(60)"
ONCE_AND_AGAIN = """
import pathlib, sys, time
mark = pathlib.Path(sys.argv[1])
if mark.exists():
    time.sleep(60)
mark.touch()
"""
FINISHING = """
import pathlib, signal, sys, time
def finish(*_):
    time.sleep(0.5)
    pathlib.Path(sys.argv[1]).write_text("finished")
    sys.exit()
signal.signal(signal.SIGTERM, finish)
pathlib.Path(sys.argv[1]).write_text("begun")
time.sleep(60)
"""


def gone(process: psutil.Process) -> bool:
    """Whether the process has ended, even if its new parent has not reaped it yet."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@contextmanager
def parent_of(*code: str) -> Iterator[tuple[subprocess.Popen[bytes], psutil.Process]]:
    """A parent process, and the `Child` that it started, which runs `code`."""
    command = [sys.executable, "-c", PARENT, sys.executable, "-c", *code]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        child = None
        try:
            assert parent.stdout is not None
            child = psutil.Process(int(parent.stdout.readline()))
            yield parent, child
        finally:
            kill_tree(parent.pid)
            if child is not None and not gone(child):
                child.kill()


def test_a_child_ends_when_its_parent_is_killed() -> None:
    with parent_of(SLEEP) as (parent, child):
        parent.kill()
        wait_for(lambda: gone(child), "the child's end", 10)


def test_a_restarted_child_ends_with_its_parent_too(tmp_path: Path) -> None:
    with parent_of(ONCE_AND_AGAIN, str(tmp_path / "mark"), "again") as (parent, child):
        parent.kill()
        wait_for(lambda: gone(child), "the child's end", 10)


def test_a_child_may_finish_its_work(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with parent_of(FINISHING, str(said)) as (parent, child):
        wait_for(lambda: said.exists() and said.read_text() == "begun", "the child's handler", 10)
        parent.kill()
        wait_for(lambda: gone(child), "the child's end", 10)
        assert said.read_text() == "finished"


def test_a_child_whose_parent_died_before_prctl_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    command = [sys.executable, "-c", "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()", str(mark)]
    other = 1 if os.getpid() != 1 else 2
    assert subprocess.run(command, preexec_fn=sigterm_when_gone(other), check=False).returncode == 1
    assert not mark.exists()


@pytest.mark.parametrize("asked", [True, False])
def test_a_worker_that_got_sigterm_gets_no_second_one(monkeypatch: pytest.MonkeyPatch, asked: bool) -> None:
    """RQ drops the running step at a second SIGTERM."""
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: signals.append(number))
    monkeypatch.setattr(stopping, "requested", lambda: asked)
    follow_parent(parent=0)
    assert signals == ([] if asked else [signal.SIGTERM])
