"""A child process that is asked to stop when its parent is gone, also when nobody could stop it in order (Linux).

By `prctl` between fork and exec. `setpriv --pdeathsig` does the same, but is missing in slim images; the packages that
wrap prctl are C extensions or years old.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""Of <linux/prctl.h>; the signal outlives exec. Source: PR_SET_PDEATHSIG(2const)."""


def _linux_prctl() -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    # Looked up here: after a fork only what is already loaded may be called.
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return prctl


_prctl = _linux_prctl()


def stopping_with(parent: int) -> Callable[[], None] | None:
    """For `preexec_fn`: the child gets SIGTERM when `parent`, the process that forks it, is gone. None where the system
    has no such thing.

    The kernel watches the thread that forks, not its process: start children from the main thread.
    """
    if _prctl is None:
        return None
    prctl = _prctl

    def tie() -> None:
        # The parent's handler is still there; it would swallow a SIGTERM that comes before the exec.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            # It was gone before we asked; nobody will tell us.
            os._exit(1)

    return tie
