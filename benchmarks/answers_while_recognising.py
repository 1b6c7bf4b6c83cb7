"""Measures the web's response times while a recording is recognised on the same cores.

    python -m benchmarks.answers_while_recognising [--meetings 300] [--rounds 3] [--nice 0 10]

Starts an installation as `make run` does, with finished meetings in its list. It requests `/health`, `GET
/api/meetings` and the list filtered by a word, in turn, some times a second, both while nothing else is done and while
Whisper recognises a recording that espeak-ng speaks. It prints p50 and p95 of both kinds of response in one run, and
the duration of the recognitions. `--nice` gives the recogniser other priorities than its own, one after the other; only
root can go back from a higher number to a lower one.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import psutil

from benchmarks import spoken
from benchmarks.measuring import p50_p95
from benchmarks.whole_meeting import worker_processes
from cantomeet.database import connect
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from tests.e2e.seed import Seed
from tests.installed import Installation, installed
from tests.running import wait_for
from tests.upload_server import free_port

PAUSE = 0.05
"""Seconds between two requests; without a pause a client measures its own queue."""
ASKED = {"/health": "/health", "the list": "/api/meetings", "the list, searched": "/api/meetings?q=銀行"}
AIM_MS = 50.0
IDLE_SECONDS = 10.0


def request_while(client: httpx.Client, going_on: Callable[[], bool]) -> dict[str, list[float]]:
    """Return the seconds of each response, for as long as `going_on` returns True."""
    took: dict[str, list[float]] = {name: [] for name in ASKED}
    while going_on():
        for name, path in ASKED.items():
            started = time.monotonic()
            client.get(path).raise_for_status()
            took[name].append(time.monotonic() - started)
            time.sleep(PAUSE)
    return took


def for_seconds(seconds: float) -> Callable[[], bool]:
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() < ends


def while_recognising(store: Database, meeting_id: str) -> Callable[[], bool]:
    """Return a check that is True until the last piece is recognised; it queries the store twice a second at most."""
    looked, going_on = 0.0, True

    def still_recognising() -> bool:
        nonlocal looked, going_on
        if time.monotonic() - looked > 0.5:
            looked, going_on = time.monotonic(), store.meetings.get(meeting_id).status == "TRANSCRIBING"
        return going_on

    return still_recognising


@dataclass
class Timings:
    """Seconds of responses by request, and of recognitions."""

    idle: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ASKED})
    busy: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ASKED})
    recognised: list[float] = field(default_factory=list)


def one_round(place: Installation, store: Database, client: httpx.Client, recording: Path, timings: Timings) -> None:
    """Send requests during one recognition, and then for a while without one for comparison."""
    meeting_id = place.upload(recording, language="en")
    wait_for(lambda: (store.meetings.get(meeting_id).progress or 0) > 0, "the recognition")
    _extend_each(timings.busy, request_while(client, while_recognising(store, meeting_id)))
    wait_for(lambda: store.meetings.get(meeting_id).status == "COMPLETED", "the meeting")
    timings.recognised += [
        (attempt.finished_at - attempt.started_at).total_seconds()
        for attempt in store.meetings.attempts(meeting_id)
        if attempt.step == "recognise"
    ]
    _extend_each(timings.idle, request_while(client, for_seconds(IDLE_SECONDS)))


def _extend_each(timings: dict[str, list[float]], more: dict[str, list[float]]) -> None:
    for name, seconds in more.items():
        timings[name] += seconds


def set_priority(process: psutil.Process, nice: int) -> None:
    """Set the priority of all threads: Linux has one for each, and the recogniser's exist by now."""
    for thread in process.threads():
        os.setpriority(os.PRIO_PROCESS, thread.id, nice)


def report(what: str, idle: list[float], busy: list[float]) -> None:
    (idle50, idle95), (busy50, busy95) = p50_p95(idle), p50_p95(busy)
    print(
        f"  {what:20} idle p50 {idle50:6.1f} p95 {idle95:6.1f}   recognising p50 {busy50:6.1f} p95 {busy95:6.1f} ms"
        f"   n={len(idle)}, {len(busy)}   {'held' if busy95 <= AIM_MS else 'missed'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=300, help="in the list")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nice", type=int, nargs="+", help="priorities of the recogniser; its own where left out")
    parser.add_argument("--seconds", type=float, default=110.0, help="of the recording")
    options = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, {options.meetings} meetings in the list", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data, recording = folder / "data", folder / "meeting.wav"
        spoken.meeting(recording, options.seconds)
        place = stack.enter_context(installed(data, free_port()))
        wait_for(lambda: place.api("/health")["workers"] >= 2, "the workers")
        store = Database(connect(f"sqlite:///{data / 'cantomeet.db'}"))
        stack.callback(store.engine.dispose)
        seed = Seed(store, FolderStorage(data / "recordings", max_bytes=10**9, min_free_bytes=0), seconds=1)
        for number in range(options.meetings):
            seed.whole(f"例會 {number}")
        client = stack.enter_context(httpx.Client(base_url=place.url, timeout=60, trust_env=False))
        recogniser = psutil.Process(worker_processes(place)["recognition"])
        # The first round loads the model and is not measured.
        one_round(place, store, client, recording, Timings())
        for nice in options.nice or [recogniser.nice()]:
            set_priority(recogniser, nice)
            found = Timings()
            for _ in range(options.rounds):
                one_round(place, store, client, recording, found)
            print(f"recogniser at nice {nice}: {median(found.recognised):.1f} s of recognition (median)")
            for name in ASKED:
                report(name, found.idle[name], found.busy[name])


if __name__ == "__main__":
    main()
