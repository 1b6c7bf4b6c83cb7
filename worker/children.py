"""Child processes: each starts in its own process group, is restarted when it dies, and all are stopped together.

On Linux they also get SIGTERM when their parent is killed.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from worker.parent_death import sigterm_when_gone

_STABLE_SECONDS = 30.0
"""A child that ran this long has started well, so its next death does not count as a consecutive one."""
_LONGEST_PAUSE = 10.0
STOP_SECONDS = 120.0
"""How long a stopping child may take to finish its step. The longest is the recognition of one piece."""
_log = logging.getLogger(__name__)


class Child:
    """One command that is kept running."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.command, self.env = list(command), env
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self._started = 0.0
        self._restart_at = 0.0

    def start(self) -> None:
        """Start the process. Call this from the main thread: the child gets SIGTERM when the calling thread ends.

        The child has its own session, so Ctrl-C reaches only the parent, which stops its children in order.
        """
        self._started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=None if self.env is None else dict(self.env),
            start_new_session=True,
            preexec_fn=sigterm_when_gone(os.getpid()),
        )

    def exit_code(self) -> int | None:
        """The exit code, or None while the process runs. A negative code is the signal that killed it.

        The first call after the end also kills the rest of its process group.
        """
        if self.process is None or self.process.returncode is not None:
            return None if self.process is None else self.process.returncode
        code = self.process.poll()
        if code is not None:
            self._kill_group()
        return code

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the process ends, then kill the rest of its group. Raises `subprocess.TimeoutExpired`."""
        if self.process is not None and self.process.returncode is None:
            self.process.wait(seconds)
            self._kill_group()

    def _kill_group(self) -> None:
        # A killed granian leaves a process that holds the port. Do it at once, before the group's id can be reused.
        assert self.process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def keep_running(self) -> int | None:
        """Restart the process if it has died, after a pause that grows with each consecutive death.

        Call this repeatedly, from the main thread. Returns the id of the process at the call that finds it dead.
        """
        code = self.exit_code()
        now = time.monotonic()
        if code is None or self.process is None:
            return None
        if self._restart_at == 0.0:
            self.deaths = 0 if now - self._started > _STABLE_SECONDS else self.deaths + 1
            pause = min(_LONGEST_PAUSE, 0.25 * 2 ** min(self.deaths, 16))
            _log.warning("%s ended with %d; starting it again in %.1f s", self.command[-1], code, pause)
            self._restart_at = now + pause
            return self.process.pid
        if now >= self._restart_at:
            self._restart_at = 0.0
            self.start()
        return None

    def signal(self, number: int) -> None:
        """Send a signal to the whole process group. Does nothing if the process has ended."""
        if self.exit_code() is None and self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def stop_all(children: Sequence[Child], seconds: float = STOP_SECONDS) -> None:
    """Send SIGTERM to all children at once, and SIGKILL to those that have not ended within `seconds`."""
    for child in children:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _log.warning("%s does not stop; killing it", child.command[-1])
            child.signal(signal.SIGKILL)
            child.wait()
