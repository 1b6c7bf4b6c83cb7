"""Measures memory, processor time and response times, for several benchmarks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles

import psutil

from cantomeet.pacing import FIRST_PAUSE
from standins.speechmatics.server import JobPlan

MIB = 1024 * 1024
AS_SHIPPED = {"CANTOMEET_FIRST_LOOK_SECONDS": str(FIRST_PAUSE)}
"""What the tests set lower for their background side."""
_SAMPLE_SECONDS = 0.5


class Family:
    """Processes and their children, sampled in the background until the `with` block ends."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._cpu: dict[int, float] = {}
        self.peak_mib = 0.0
        """Highest sum of proportional shares: memory that several processes share is counted once."""

    def __enter__(self) -> Family:
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._sampler.join()

    @property
    def cpu_seconds(self) -> float:
        """Return the sampled processor time; the last half second of a short-lived child is missing."""
        return sum(self._cpu.values())

    def _sample(self) -> None:
        while True:
            self.peak_mib = max(self.peak_mib, sum(self._look(process) for process in self._members()))
            if self._ended.wait(_SAMPLE_SECONDS):
                return

    def _members(self) -> Iterator[psutil.Process]:
        for pid in self._pids:
            with suppress(psutil.NoSuchProcess):
                first = psutil.Process(pid)
                yield first
                yield from first.children(recursive=True)

    def _look(self, process: psutil.Process) -> float:
        try:
            times = process.cpu_times()
            # Includes children that ended and were waited for, since the fork of a job is short-lived.
            ended = times.children_user + times.children_system
            self._cpu[process.pid] = times.user + times.system + ended
            return float(process.memory_full_info().pss) / MIB
        except psutil.Error:
            return 0.0


@contextmanager
def stand_in(folder: Path, plan: JobPlan) -> Iterator[str]:
    """Run the provider's stand-in in its own process, so that its work is not counted as ours; yield its address."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(plan.model_dump_json())
    command = [sys.executable, "-m", "standins.speechmatics.server", "--port", "0"]
    command += ["--state", str(folder / "log.jsonl"), "--plan", str(folder / "plan.json")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.communicate()


def p50_p95(seconds: list[float]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[94] * 1000
