"""On Linux, sends SIGTERM to a child process when its parent dies, even if the parent was killed.

It calls `prctl` between fork and exec. `setpriv --pdeathsig` does the same, but slim images lack it. The packages that
wrap prctl are C extensions or years old.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>. The setting survives exec. Source: PR_SET_PDEATHSIG(2const)."""


def _linux_prctl() -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    # Looked up before the fork: between fork and exec only functions that are already loaded may be called.
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return prctl


_prctl = _linux_prctl()


def sigterm_when_gone(parent: int) -> Callable[[], None] | None:
    """A `preexec_fn` with which the child gets SIGTERM when `parent`, the process that forks it, dies.

    None on other systems than Linux. The kernel watches the thread that forks, not its process, so start children from
    the main thread.
    """
    if _prctl is None:
        return None
    prctl = _prctl

    def set_death_signal() -> None:
        # Until exec, the parent's handler is in force and would swallow a SIGTERM.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before the call, so no signal will come.
            os._exit(1)

    return set_death_signal
