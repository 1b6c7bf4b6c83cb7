"""Resource limits for reading one recording: memory, processor time, bytes written, wall-clock time."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass

from cantomeet.errors import ErrorCode, PermanentError

LONGEST_SECONDS = 24 * 3600.0
"""Default limit on decoded sound, including silence that fills gaps."""

_MIB = 1024 * 1024
_BASE_MEMORY = 320 * _MIB
"""Python with FFmpeg and numpy uses 65 MiB, and mixing many channels as much again. The file's size is added, because
an index grows with its file."""
_MOST_FOR_SIZE = 1024 * _MIB
_PROBE_PROCESSOR = 5
_PROBE_CLOCK = 30.0
_DECODE_PROCESSOR = 20
_BYTES_A_SECOND = 20 * _MIB
"""The minimum reading speed without any sound, for example in a large video whose sound has ended."""
_WAV_BYTES_A_SECOND = 32_000
_SLACK = 16 * _MIB


@dataclass(frozen=True)
class ChildLimits:
    """The limits of one child process. The kernel, or the child itself, ends a process that exceeds them."""

    memory: int
    """Bytes of data memory."""
    processor: int
    """Seconds of processor time. The count restarts after each ten seconds of decoded sound."""
    written: int
    """Size of the written file in bytes."""
    clock: float | None = None
    """Wall-clock seconds until the result. None means no limit."""
    longest: float = LONGEST_SECONDS
    """Seconds of decoded sound."""

    def apply(self) -> None:
        """Apply the limits to this process. Core dumps are disabled, because they would contain the recording."""
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_DATA, self.memory)
        _lower(resource.RLIMIT_FSIZE, self.written)
        self.allow_more_time()

    def allow_more_time(self) -> None:
        """Restart the count of processor time."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + self.processor)

    def memory_exceeded(self) -> bool:
        """Whether the memory limit is exceeded, for systems that do not enforce RLIMIT_DATA (macOS)."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if sys.platform == "darwin" else 1024) > self.memory

    def require_length(self, seconds: float) -> None:
        """Raises `PermanentError` (recording_too_long) for more sound than the limit."""
        if seconds > self.longest:
            raise PermanentError(
                f"more than {self.longest:.0f} s",
                code=ErrorCode.RECORDING_TOO_LONG,
                hours=f"{self.longest / 3600:.4g}",
            )


def to_probe(size: int) -> ChildLimits:
    """The limits for probing a file of `size` bytes."""
    slow = size // (10 * _BYTES_A_SECOND)
    return ChildLimits(_memory(size), _PROBE_PROCESSOR + slow, written=0, clock=_PROBE_CLOCK + slow)


def to_decode(size: int, longest: float) -> ChildLimits:
    """The limits for decoding a file of `size` bytes to its end."""
    most = int(longest * _WAV_BYTES_A_SECOND) + _SLACK
    return ChildLimits(_memory(size), _DECODE_PROCESSOR + size // _BYTES_A_SECOND, _writable(most), longest=longest)


def _memory(size: int) -> int:
    return _BASE_MEMORY + min(size, _MOST_FOR_SIZE)


def _writable(most: int) -> int:
    """`most`, or this process's own limit on file sizes if it is lower."""
    own = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return most if own == resource.RLIM_INFINITY else min(own, most)


def _lower(which: int, limit: int) -> None:
    """Set the soft limit only: its signal tells what happened, while SIGKILL at the hard limit would not."""
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
