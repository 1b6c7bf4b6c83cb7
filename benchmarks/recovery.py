"""Measures how soon a meeting continues after its worker is killed, and rolling restarts.

    python -m benchmarks.recovery [--rounds 5] [--recognition]

It uses the program's own settings, real processes, an embedded Redis and a stand-in for the provider over HTTP:

- SIGKILL of the worker in the middle of a submission, so that its parent starts another; and SIGKILL of the parent with
  all its workers while another installation of them stands by. It measures the time from the kill until another worker
  has the meeting. It also prints the lease, before whose end nobody may take a meeting from a silent worker.
- SIGTERM to `python -m worker` with meetings in flight at the provider, until it has ended. A new one is started each
  time, and in the end every meeting must be COMPLETED. With `--recognition` the same during a recognition on this
  machine (Whisper base, espeak-ng needed), with the time of one of its pieces.

It takes about five minutes, of which the recognition is one.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from benchmarks.measuring import AS_SHIPPED, stand_in
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.rescuer import EVERY
from cantomeet.store import LEASE_SECONDS
from standins.speechmatics.server import JobFault, JobPlan
from tests import sound
from tests.running import Background, background, wait_for

_KEY = "benchmark-key"
_PATIENCE = 180.0
_SPEECH = "We agreed to move the office in March. Peter will call the landlord before Friday. " * 45


@contextmanager
def installation(plan: JobPlan, **settings: str) -> Iterator[Background]:
    with tempfile.TemporaryDirectory(prefix="recovery-") as name:
        folder = Path(name)
        with (
            stand_in(folder / "provider", plan) as url,
            background(folder, SPEECHMATICS_API_KEY=_KEY, SPEECHMATICS_BASE_URL=url, **AS_SHIPPED, **settings) as side,
        ):
            yield side


def seconds_to_recover(rounds: int, *, with_parent: bool) -> list[float]:
    """Return the seconds from SIGKILL until another lease is taken, for each round."""
    # The answer to a submission takes longer than any round, so the worker is killed while it waits for it.
    plan = JobPlan(faults=[JobFault(on="submit", do="slow", seconds=600.0)])
    found = []
    with installation(plan) as side:
        worker = side.start()
        standby = side.start() if with_parent else None
        _until_workers(side, 4 if with_parent else 2)
        # B023 below: each lambda is called, and done with, before its round ends.
        for _ in range(rounds):
            meeting = side.upload()
            held = wait_for(lambda: _submitting_meeting(side, meeting.id), "a submission under way", _PATIENCE)  # noqa: B023
            # Kill the one that has the meeting; the other one's recogniser is idle and may stay.
            victims = [worker, *([standby] if standby else [])]
            victim = _busy_worker(victims)
            family = [psutil.Process(victim.pid), *psutil.Process(victim.pid).children(recursive=True)]
            began = time.monotonic()
            for process in family if with_parent else family[1:]:
                process.send_signal(signal.SIGKILL)
            wait_for(lambda: side.store.meetings.get(meeting.id).job.run > held.job.run, "another worker", _PATIENCE)  # noqa: B023
            found.append(time.monotonic() - began)
            side.store.meetings.cancel(meeting.id)
            if with_parent:
                victim.wait()
                worker, standby = side.start(), next(one for one in victims if one is not victim)
            _until_workers(side, 4 if with_parent else 2)
    return found


def _submitting_meeting(side: Background, meeting_id: str) -> Meeting | None:
    meeting = side.store.meetings.get(meeting_id)
    return meeting if meeting.submission is not None and meeting.job.lease_until is not None else None


def _busy_worker(workers: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Return the worker whose processes are connected to the provider's stand-in."""
    for worker in workers:
        for process in psutil.Process(worker.pid).children(recursive=True):
            if any(c.status == psutil.CONN_ESTABLISHED and c.raddr for c in process.net_connections("tcp")):
                return worker
    raise SystemExit("nobody is sending")


def _until_workers(side: Background, number: int) -> None:
    wait_for(lambda: side.queue.worker_count() >= number, "the workers", _PATIENCE)


def stopped_with_network_steps(rounds: int, meetings: int = 40) -> tuple[list[float], dict[str, int]]:
    """Return the seconds from SIGTERM to the exit, and the meetings' outcomes."""
    with installation(JobPlan(job_seconds=8.0)) as side:
        found = []
        ids: list[str] = []
        # B023 below: the lambda is called, and done with, before its round ends.
        for _ in range(rounds):
            worker = side.start()
            _until_workers(side, 2)
            ids += [side.upload().id for _ in range(meetings // rounds)]
            wait_for(lambda: side.store.jobs.in_flight() > 0, "meetings in flight", _PATIENCE)
            found.append(_stopped(worker))
        side.start()
        return found, _outcomes(side, ids)


def stopped_in_a_recognition(rounds: int) -> tuple[list[float], list[float], dict[str, int]]:
    """Return the seconds from SIGTERM to the exit, those of a piece without a stop, and the meetings' outcomes."""
    with installation(JobPlan(), CANTOMEET_TRANSCRIBER="whisper", CANTOMEET_WHISPER_PIECE_SECONDS="20") as side:
        found = []
        meeting = side.upload(lambda path: sound.speech(path, _SPEECH))
        # B023 below: the lambda is called, and done with, before its round ends.
        for _ in range(rounds):
            worker = side.start()
            before = side.store.meetings.get(meeting.id).recognised_seconds
            wait_for(lambda: _recognising(side, meeting.id, before), "a piece under way", _PATIENCE)  # noqa: B023
            found.append(_stopped(worker))
        side.start()
        outcomes = _outcomes(side, [meeting.id])
        pieces = [a for a in side.store.meetings.attempts(meeting.id) if a.step == "recognise" and a.outcome == "done"]
        return found, [(a.finished_at - a.started_at).total_seconds() for a in pieces], outcomes


def _recognising(side: Background, meeting_id: str, before: float) -> bool:
    """Tell whether this worker recognises a later piece than its first, so that the model is loaded."""
    meeting = side.store.meetings.get(meeting_id)
    if meeting.status not in (MeetingStatus.UPLOADED, MeetingStatus.TRANSCRIBING):
        raise SystemExit("the recording is too short for so many rounds")
    return (
        meeting.stage == Stage.PREPARED and meeting.job.lease_until is not None and meeting.recognised_seconds > before
    )


def _stopped(worker: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    if worker.wait(_PATIENCE) != 0:
        raise SystemExit(f"the worker ended with {worker.returncode}")
    return time.monotonic() - began


def _outcomes(side: Background, ids: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in ids:
        status = side.wait(one).status
        found[status] = found.get(status, 0) + 1
    return found


def _print_row(what: str, seconds: list[float], beside: str) -> None:
    print(f"{what:52} median {median(seconds):5.1f} s   worst {max(seconds):5.1f} s   {beside}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--recognition", action="store_true")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {options.rounds} rounds each", flush=True)
    least = f"(lease {LEASE_SECONDS:.0f} s, then a look every {EVERY:.0f} s)"
    _print_row("SIGKILL of the workers, to moving again", seconds_to_recover(options.rounds, with_parent=False), least)
    _print_row("SIGKILL of everything, another stands by", seconds_to_recover(options.rounds, with_parent=True), least)
    seconds, outcomes = stopped_with_network_steps(options.rounds)
    _print_row("SIGTERM to exit, meetings at the provider", seconds, f"then: {_format_outcomes(outcomes)}")
    if options.recognition:
        seconds, pieces, outcomes = stopped_in_a_recognition(min(3, options.rounds))
        beside = (
            f"a piece takes {median(pieces):.1f} s, at most {max(pieces):.1f} s; then: {_format_outcomes(outcomes)}"
        )
        _print_row("SIGTERM to exit, a recognition under way", seconds, beside)


def _format_outcomes(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in outcomes.items())


if __name__ == "__main__":
    main()
