"""Child processes are started again when they die and stopped together."""

from __future__ import annotations

import signal
import sys

from tests.running import wait_for
from worker.children import Child, stop_all

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def test_a_killed_child_is_started_again() -> None:
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
