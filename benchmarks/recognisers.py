"""Measures whether several recognisers at once are faster than one after another.

    python -m benchmarks.recognisers [--recordings 2] [--seconds 60] [--threads 2]

Each recogniser is a process with the packaged model and `--threads` threads, as the worker for recognition has it. Once
they have loaded it, the recordings are recognised by one process after another, then by as many processes at once, then
so with one thread each. Time is until the first and the last recording are done; memory is that of all processes.
espeak-ng speaks the recordings.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks import spoken
from benchmarks.measuring import Family
from benchmarks.whole_meeting import alone


def measured(
    recording: Path, recordings: int, processes: int, threads: int, models: Path
) -> tuple[float, float, float]:
    """Return the seconds until the first and the last recording are done, and the peak memory in MiB."""
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        # Each loads the model and recognises once, which is not measured.
        for warmed in [pool.submit(alone, recording, "en", models, threads) for _ in range(processes)]:
            warmed.result()
        with Family(list(pool._processes)) as family:
            began = time.monotonic()
            asked = [pool.submit(alone, recording, "en", models, threads) for _ in range(recordings)]
            done = [time.monotonic() - began for _ in as_completed(asked)]
    return done[0], done[-1], family.peak_mib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each recording")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {sys.version.split()[0]}", flush=True)
    print(f"{'processes':>10}{'threads':>9}{'first':>9}{'last':>9}{'memory':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spoken.meeting(folder / "meeting.wav", options.seconds)
        for processes, threads in (
            (1, options.threads),
            (options.recordings, options.threads),
            (options.recordings, 1),
        ):
            first, last, mib = measured(
                folder / "meeting.wav", options.recordings, processes, threads, folder / "models"
            )
            print(f"{processes:>10}{threads:>9}{first:>7.1f} s{last:>7.1f} s{mib:>7.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
