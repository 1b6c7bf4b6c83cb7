"""Measures time and memory of a whole meeting beside the recogniser alone.

    python -m benchmarks.whole_meeting [RECORDING] [--language yue] [--rounds 5]

Starts an installation as `make run` does, with its own port and data folder. Each round uploads the recording and
measures the time from its acceptance to COMPLETED by the database's clock. Then it gives the same file to
faster-whisper alone: the same model, options and threads, in a process that keeps it loaded, without pieces, database,
queue or summary. The first round is reported separately, because in it both load the model. Memory is the highest that
the worker's processes have had (Linux). Without RECORDING, espeak-ng speaks a minute of English.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import spoken
from cantomeet.database import connect
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from cantomeet.store import Database
from tests.installed import Installation, installed
from tests.running import wait_for
from tests.upload_server import free_port
from worker.providers.whisper import weights as whisper_weights
from worker.providers.whisper.transcriber import hear

LOOK_SECONDS = 0.5
"""Seconds between checks for the end: often enough for the measurement, too rare to affect it."""
AIM_SHARE, AIM_SECONDS = 0.05, 1.0
"""Share and seconds by which a meeting may exceed the recogniser alone."""


@dataclass(frozen=True)
class Took:
    """Seconds of one meeting, and of its parts in order."""

    whole: float
    parts: dict[str, float]


def meeting(place: Installation, store: Database, recording: Path, language: str) -> Took:
    """Run one meeting from accepted to COMPLETED."""
    ended = _ended(store, place.upload(recording, language=language))
    steps = {attempt.step: attempt for attempt in store.meetings.attempts(ended.id)}
    recognised = [attempt for attempt in store.meetings.attempts(ended.id) if attempt.step == "recognise"]
    begun, summarized = min(attempt.started_at for attempt in recognised), steps["summarize"]
    done = max(attempt.finished_at for attempt in recognised)
    moments = [ended.created_at, begun, done, summarized.started_at, summarized.finished_at]
    names = ("until recognition begins", "recognition", "until the summary begins", "summary")
    lasted = [(after - before).total_seconds() for before, after in pairwise(moments)]
    return Took((ended.updated_at - ended.created_at).total_seconds(), dict(zip(names, lasted, strict=True)))


def _ended(store: Database, meeting_id: str) -> Meeting:
    while True:
        found = store.meetings.get(meeting_id)
        if found.status == MeetingStatus.COMPLETED:
            return found
        if found.status == MeetingStatus.FAILED:
            raise SystemExit(f"the meeting failed: {found.status_reason}")
        time.sleep(LOOK_SECONDS)


@cache
def _model(models_dir: Path, threads: int) -> Any:
    from faster_whisper import WhisperModel

    # Loaded as in worker.providers.whisper.transcriber.
    source = str(whisper_weights.ensure(models_dir))
    return WhisperModel(source, device="cpu", compute_type="int8", cpu_threads=threads)


def alone(recording: Path, language: str, models_dir: Path, threads: int) -> float:
    """Return the seconds of the recogniser alone; the first call in a process loads the model."""
    from faster_whisper import decode_audio

    started = time.monotonic()
    model = _model(models_dir, threads)
    for _ in hear(model, decode_audio(str(recording)), 0.0, language):
        pass
    return time.monotonic() - started


def peak_mib(pid: int) -> float:
    """Return the most memory (RSS) that the process has had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has ended")


def worker_processes(place: Installation) -> dict[str, int]:
    """Return the worker's processes by role; where several have one, all but the first are numbered."""
    found: dict[str, int] = {}
    for process in place.children():
        command = process.cmdline()
        if command[1:3] == ["-m", "worker"]:
            role = command[-1] if "--only" in command else "parent"
            found[f"{role} {len(found)}" if role in found else role] = process.pid
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, nargs="?")
    parser.add_argument("--language", help="yue; en for the recording that is made here")
    parser.add_argument("--rounds", type=int, default=5, help="after the first")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the recording that is made here")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        recording = options.recording
        if recording is None:
            recording = folder / "meeting.wav"
            spoken.meeting(recording, options.seconds)
        language = options.language or ("en" if options.recording is None else "yue")
        threads = {"CANTOMEET_WHISPER_THREADS": str(options.threads)}
        place = stack.enter_context(installed(folder / "data", free_port(), **threads))
        wait_for(lambda: place.api("/health")["workers"] >= 2, "the workers")
        store = Database(connect(f"sqlite:///{folder / 'data' / 'cantomeet.db'}"))
        stack.callback(store.engine.dispose)
        lone = stack.enter_context(ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")))
        lone_pid = lone.submit(os.getpid).result()
        print(f"{platform.platform()}, {os.cpu_count()} cores; {recording.name}, language {language}", flush=True)
        rounds: list[tuple[Took, float]] = []
        for number in range(1 + options.rounds):
            took = meeting(place, store, recording, language)
            lasted = lone.submit(alone, recording, language, folder / "data" / "models", options.threads).result()
            rounds.append((took, lasted))
            name = "first" if number == 0 else str(number)
            print(f"round {name:6} whole {took.whole:7.2f} s   recogniser alone {lasted:7.2f} s", flush=True)
        report(rounds[1:], {role: peak_mib(pid) for role, pid in worker_processes(place).items()}, peak_mib(lone_pid))


def report(rounds: list[tuple[Took, float]], workers: dict[str, float], lone: float) -> None:
    whole, alone_ = median(took.whole for took, _ in rounds), median(lasted for _, lasted in rounds)
    allowed = alone_ * (1 + AIM_SHARE) + AIM_SECONDS
    print(f"medians: whole {whole:.2f} s, recogniser alone {alone_:.2f} s: {whole - alone_:+.2f} s", end="")
    print(f" ({whole / alone_ - 1:+.1%})")
    print(f"         the aim allows {allowed:.2f} s: {'held' if whole <= allowed else 'missed'}")
    for name in rounds[0][0].parts:
        print(f"  {name:26} {median(took.parts[name] for took, _ in rounds):7.2f} s")
    for role, mib in workers.items():
        print(f"  peak memory, {role:14} {mib:6.0f} MiB")
    print(f"  peak memory, all of them    {sum(workers.values()):6.0f} MiB; recogniser alone {lone:.0f} MiB")


if __name__ == "__main__":
    main()
