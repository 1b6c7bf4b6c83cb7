"""What reading one recording may cost: memory, processor time, bytes written, time by the clock."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass

from cantomeet.errors import ErrorCode, PermanentError

LONGEST_SECONDS = 24 * 3600.0
"""Of decoded sound, silence in gaps included; where no setting says otherwise."""

_MIB = 1024 * 1024
_BASE_MEMORY = 320 * _MIB
"""Python with FFmpeg and numpy has 65 of it, mixing many channels takes as much again; an index grows with its file,
so the file's size is added."""
_MOST_FOR_SIZE = 1024 * _MIB
_PROBE_PROCESSOR = 5
_PROBE_CLOCK = 30.0
_DECODE_PROCESSOR = 20
_BYTES_A_SECOND = 20 * _MIB
"""Read at least that fast while no sound comes: a large video whose sound has ended."""
_WAV_BYTES_A_SECOND = 32_000
_SLACK = 16 * _MIB


@dataclass(frozen=True)
class ChildLimits:
    """Of one child process; what is over is ended by the kernel, or by the child itself."""

    memory: int
    """Bytes that it may write to, beyond what files hold."""
    processor: int
    """Seconds on the processor, counted from zero again whenever ten more seconds of sound are done."""
    written: int
    """Bytes of one file."""
    clock: float | None = None
    """Seconds until the answer is there; None: as long as it takes."""
    longest: float = LONGEST_SECONDS
    """Seconds of sound."""

    def apply(self) -> None:
        """To this process, for good. Never a core file: it would hold the recording."""
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_DATA, self.memory)
        _lower(resource.RLIMIT_FSIZE, self.written)
        self.allow_more_time()

    def allow_more_time(self) -> None:
        """Count processor time from zero again."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + self.processor)

    def memory_exceeded(self) -> bool:
        """For systems that do not heed RLIMIT_DATA (macOS)."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if sys.platform == "darwin" else 1024) > self.memory

    def require_length(self, seconds: float) -> None:
        """Raises `PermanentError` for more sound than is taken."""
        if seconds > self.longest:
            raise PermanentError(
                f"more than {self.longest:.0f} s",
                code=ErrorCode.RECORDING_TOO_LONG,
                hours=f"{self.longest / 3600:.4g}",
            )


def to_probe(size: int) -> ChildLimits:
    """For a look at a file of `size` bytes."""
    slow = size // (10 * _BYTES_A_SECOND)
    return ChildLimits(_memory(size), _PROBE_PROCESSOR + slow, written=0, clock=_PROBE_CLOCK + slow)


def to_decode(size: int, longest: float) -> ChildLimits:
    """For decoding a file of `size` bytes to its end."""
    most = int(longest * _WAV_BYTES_A_SECOND) + _SLACK
    return ChildLimits(_memory(size), _DECODE_PROCESSOR + size // _BYTES_A_SECOND, _writable(most), longest=longest)


def _memory(size: int) -> int:
    return _BASE_MEMORY + min(size, _MOST_FOR_SIZE)


def _writable(most: int) -> int:
    """What the asking process may write itself holds for its child, too."""
    own = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return most if own == resource.RLIM_INFINITY else min(own, most)


def _lower(which: int, limit: int) -> None:
    """The soft limit alone: the kernel's signal at it says what happened, SIGKILL at the hard one would not."""
    hard = resource.getrlimit(which)[1]
    resource.setrlimit(which, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
