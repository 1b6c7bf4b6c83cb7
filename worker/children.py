"""Child processes: started in a session of their own, restarted when they die, stopped together.

On Linux they are asked to stop (SIGTERM) when their parent is killed, too.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from worker.parent_death import stopping_with

_CALM_SECONDS = 30.0
"""A child that ran this long has started well: its next death is not counted as one of a row."""
_LONGEST_PAUSE = 10.0
STOP_SECONDS = 120.0
"""How long a stopping child may finish its step: one piece of a recognition."""
_log = logging.getLogger(__name__)


class Child:
    """One command that should be running."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.command, self.env = list(command), env
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self._started = 0.0
        self._again_at = 0.0

    def start(self) -> None:
        """Start it, from the main thread: it is asked to stop when the thread that starts it is gone.

        Ctrl-C in the terminal reaches only the parent, which stops children in order.
        """
        self._started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=None if self.env is None else dict(self.env),
            start_new_session=True,
            preexec_fn=stopping_with(os.getpid()),
        )

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that killed it. What it has left behind is killed when it is seen
        to have ended."""
        if self.process is None or self.process.returncode is not None:
            return None if self.process is None else self.process.returncode
        code = self.process.poll()
        if code is not None:
            self._end_the_rest()
        return code

    def wait(self, seconds: float | None = None) -> None:
        """Wait for its end, and end what it has left behind. Raises `subprocess.TimeoutExpired`."""
        if self.process is not None and self.process.returncode is None:
            self.process.wait(seconds)
            self._end_the_rest()

    def _end_the_rest(self) -> None:
        # A killed granian leaves the process that holds the port. At once, before the group's number can be another's.
        assert self.process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def keep_running(self) -> None:
        """Start it again if it has died, after a pause that grows with each death in a row; from the main thread."""
        code = self.exit_code()
        now = time.monotonic()
        if code is None:
            return
        if self._again_at == 0.0:
            self.deaths = 0 if now - self._started > _CALM_SECONDS else self.deaths + 1
            pause = min(_LONGEST_PAUSE, 0.25 * 2 ** min(self.deaths, 16))
            _log.warning("%s ended with %d; starting it again in %.1f s", self.command[-1], code, pause)
            self._again_at = now + pause
        elif now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def signal(self, number: int) -> None:
        """Send a signal to its whole group; nothing happens where it has ended."""
        if self.exit_code() is None and self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def stop_all(children: Sequence[Child], seconds: float = STOP_SECONDS) -> None:
    """SIGTERM to all at once; SIGKILL to those that have not ended within `seconds`."""
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
