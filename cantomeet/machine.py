"""What this machine has, and how many workers that is enough for."""

from __future__ import annotations

import os
from pathlib import Path

_GIB = 1024**3
_MOST = 8
_LEFT_TO_OTHERS = 2 * _GIB
"""For the web, the recogniser, Redis, and whatever else runs here."""
_OF_EACH = _GIB
"""A worker takes some 160 MiB, the child in which it reads a recording 320 MiB and more."""
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def general_workers(cores: int, memory: int) -> int:
    """How many processes do short steps, on a machine with so many cores and bytes of memory.

    One for every two cores, from 2 to 8. Two at least: while one sends a long recording over a slow line, which takes
    minutes, the other goes on with everything else. Eight at most: SQLite has one writer at a time.

    No more than one for each GiB beyond the first two, but always one.
    """
    by_cores = min(max(2, cores // 2), _MOST)
    return max(1, min(by_cores, (memory - _LEFT_TO_OTHERS) // _OF_EACH))


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes that this process may use: the machine's, or less where its container or service has a limit."""
    return min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_limits()])


def _limits() -> list[int]:
    """Of this process's group and all around it; Linux's cgroups of version 2 alone."""
    if not _OWN_CGROUP.exists():
        return []
    group = _CGROUPS / _OWN_CGROUP.read_text().rpartition("::")[2].strip().lstrip("/")
    files = [folder / "memory.max" for folder in (group, *group.parents) if folder.is_relative_to(_CGROUPS)]
    told = [file.read_text().strip() for file in files if file.exists()]
    return [int(limit) for limit in told if limit.isdecimal()]
