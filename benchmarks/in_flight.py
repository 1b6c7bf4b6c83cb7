"""Measures how many meetings one worker handles at a provider, beside one blocking job each.

    python -m benchmarks.in_flight [--meetings 1000] [--seconds 60] [--spread 0] [--blocking 20] [--workers 1]

Each meeting takes `--seconds` at the provider, a stand-in over HTTP in its own process. The stand-in keeps the real
provider's limits: 10 submissions and 50 other requests a second, and 429 for more. With `--spread 0.2` the times at the
provider vary by a fifth around `--seconds`, so that earlier jobs predict less about the next one. The floor is what no
client could beat: the last submission at 10 a second, plus its time at the provider. In the same run follows the usual
way: a worker process for each meeting, whose job sends the recording and sleeps until it is done. Memory limits how
many of those fit. The output says how many this machine's memory would hold, and how long a thousand meetings would
then take. It takes about two minutes more than the floor of both.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

import psutil
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.measuring import AS_SHIPPED, MIB, Family, stand_in
from cantomeet.errors import LeaseLost
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Attempt, Meeting
from standins.speechmatics.server import Fate, JobPlan, read_log
from tests.running import ENDED, ROOT, Background, background
from tests.sound import tone
from worker.kinds import meeting as meetings
from worker.runtime import toolbox

POSTS, GETS = 10, 50
"""Requests a second that the provider allows."""
_KEY = "benchmark-key"
_BLOCKING = "blocking"
_RECORDING_SECONDS = 2.0
_SLEEP = 5.0


@dataclass(frozen=True)
class Cost:
    meetings: int
    wall: float
    floor: float
    peak_mib: float
    cpu_seconds: float
    completed: int
    asked: Counter[str]
    refused: int
    """Number of 429 responses."""
    submitting: float
    """Seconds from the first submission to the last."""
    most: tuple[int, int]
    """Submissions and other requests in the busiest second, by the provider's log."""
    shown: list[float]
    """Seconds from each answer at the provider until the transcript was saved and pages were told, in rising order."""


def transcribe_blocking(meeting_id: str) -> None:
    """Run the usual job, from the recording to the summary in one piece, which sleeps for most of its time."""
    # This job itself continues, so it needs no wake-ups.
    tools = replace(toolbox(), wake=lambda _meeting, _delay: True)
    while tools.store.meetings.get(meeting_id).status not in ENDED:
        tools.store.pipeline.due_now(meeting_id)
        try:
            meetings.advance(tools, meeting_id)
        except LeaseLost:
            continue
        meeting = tools.store.meetings.get(meeting_id)
        if meeting.provider_job_id is not None and meeting.status == MeetingStatus.TRANSCRIBING:
            time.sleep(_SLEEP)


def stepwise(meetings: int, plan: JobPlan, workers: int) -> Cost:
    """Measure workers started as by `python -m worker`."""

    def start(side: Background) -> list[int]:
        return [side.start().pid]

    return measured(
        meetings, plan, start, lambda side, meeting: side.queue.wake(meeting), CANTOMEET_WORKERS=str(workers)
    )


def blocking(meetings: int, plan: JobPlan) -> Cost:
    """Measure as many workers as meetings, started by RQ's own command."""

    def start(side: Background) -> list[int]:
        command = [str(Path(sys.executable).parent / "rq"), "worker", "--quiet", "--serializer", "json"]
        command += ["--path", str(ROOT), "--url", side.redis.url, _BLOCKING]
        return [side.start(command).pid for _ in range(meetings)]

    def wake(side: Background, meeting: Meeting) -> None:
        queue = Queue(_BLOCKING, connection=side.raw_redis(), serializer=JSONSerializer)
        queue.enqueue("benchmarks.in_flight.transcribe_blocking", meeting.id, job_timeout=7200)

    return measured(meetings, plan, start, wake)


def measured(
    meetings: int,
    plan: JobPlan,
    start: Callable[[Background], list[int]],
    wake: Callable[[Background, Meeting], object],
    **settings: str,
) -> Cost:
    """Measure from the first meeting's creation to the last one's end."""
    with tempfile.TemporaryDirectory(prefix="in-flight-") as name:
        folder = Path(name)
        with (
            stand_in(folder / "provider", plan) as url,
            background(folder, SPEECHMATICS_API_KEY=_KEY, SPEECHMATICS_BASE_URL=url, **AS_SHIPPED, **settings) as side,
        ):
            pids = start(side)
            _until(lambda: side.queue.worker_count() >= len(pids), 300)
            recording = folder / "recording.wav"
            tone(recording, _RECORDING_SECONDS)
            with Family(pids) as family:
                began = time.monotonic()
                for _ in range(meetings):
                    wake(side, _create(side, recording))
                _until(lambda: _ended(side) == meetings, 60 + 10 * (meetings / POSTS + plan.job_seconds))
                wall = time.monotonic() - began
            completed = _ended(side, MeetingStatus.COMPLETED)
            saved = _saved(side)
        return _cost(meetings, plan, wall, family, completed, saved, folder / "provider" / "log.jsonl")


def _cost(
    meetings: int, plan: JobPlan, wall: float, family: Family, completed: int, saved: dict[str, float], log: Path
) -> Cost:
    lines = list(read_log(log))
    requests = [line for line in lines if line["event"] == "request"]
    done = {str(line["id"]): line["accepted_at"] + line["run_seconds"] for line in lines if line["event"] == "accepted"}
    asked = Counter(str(line["asked"]) for line in requests)
    sent = [_at(line) for line in requests if line["asked"] == "submit"]
    return Cost(
        meetings=meetings,
        wall=wall,
        floor=(meetings - 1) / POSTS + plan.job_seconds,
        peak_mib=family.peak_mib,
        cpu_seconds=family.cpu_seconds,
        completed=completed,
        asked=asked,
        refused=sum(line["outcome"] == 429 for line in requests),
        submitting=max(sent) - min(sent),
        most=(_busiest(requests, {"submit"}), _busiest(requests, {"list", "check", "fetch"})),
        shown=sorted(at - done[job_id] for job_id, at in saved.items()),
    )


def plan_of(seconds: float, spread: float) -> JobPlan:
    """Return a plan within the provider's limits; with `spread` it has five kinds of jobs of equal share."""
    times = [seconds * (1 + spread * step) for step in (-1.0, -0.5, 0.0, 0.5, 1.0)] if spread else []
    return JobPlan(
        job_seconds=seconds,
        post_per_second=POSTS,
        get_per_second=GETS,
        # Each kind is drawn from the share that the kinds before it left.
        fates=[Fate(job_seconds=time, rate=1.0 / (len(times) - n)) for n, time in enumerate(times)],
    )


def _busiest(requests: Iterable[dict[str, object]], kinds: set[str]) -> int:
    times = sorted(_at(line) for line in requests if line["asked"] in kinds)
    recent: deque[float] = deque()
    most = 0
    for at in times:
        while recent and recent[0] <= at - 1.0:
            recent.popleft()
        recent.append(at)
        most = max(most, len(recent))
    return most


def _at(line: dict[str, object]) -> float:
    return datetime.fromisoformat(str(line["at"])).timestamp()


def _create(side: Background, recording: Path) -> Meeting:
    from tests.conftest import new_meeting

    key = side.recordings.new_key()
    path = side.recordings.path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.hardlink_to(recording)
    new = new_meeting(recording_key=key, duration_seconds=_RECORDING_SECONDS, filename=f"{uuid4().hex}.wav")
    return side.store.meetings.create(new)[0]


def _ended(side: Background, *statuses: MeetingStatus) -> int:
    with side.store.engine.execution_options(readonly=True).begin() as connection:
        of = col(Meeting.status).in_(list(statuses or ENDED))
        return int(connection.execute(select(func.count()).select_from(Meeting).where(of)).scalar_one())


def _saved(side: Background) -> dict[str, float]:
    """Return the Unix seconds at which each transcript was saved, by the provider's job id."""
    done = (col(Attempt.step) == "check", col(Attempt.outcome) == "done")
    statement = select(col(Attempt.provider_job_id), col(Attempt.finished_at)).where(*done)
    with side.store.connection() as connection:
        return {str(job_id): at.timestamp() for job_id, at in connection.execute(statement).all()}


def _until(reached: Callable[[], bool], limit: float) -> None:
    deadline = time.monotonic() + limit
    while not reached():
        if time.monotonic() > deadline:
            raise SystemExit(f"gave up after {limit:.0f} s")
        time.sleep(0.25)


def _report(ours: Cost, theirs: Cost | None) -> None:
    def row(what: str, of: Callable[[Cost], str]) -> None:
        print(f"{what:44}{of(ours):>14}" + (f"{of(theirs):>14}" if theirs else ""))

    print(f"\n{'':44}{'stepwise':>14}" + (f"{'blocking':>14}" if theirs else ""))
    row("meetings in flight together", lambda c: f"{c.meetings}")
    row("COMPLETED", lambda c: f"{c.completed}")
    row("wall time", lambda c: f"{c.wall:.1f} s")
    row("floor", lambda c: f"{c.floor:.1f} s")
    row("wall over floor", lambda c: f"{c.wall / c.floor:.2f}")
    row("from the first submission to the last", lambda c: f"{c.submitting:.1f} s")
    row("from an answer to its transcript, median", lambda c: f"{median(c.shown):.1f} s")
    row("  the slowest", lambda c: f"{c.shown[-1]:.1f} s")
    row("requests to the provider", lambda c: f"{sum(c.asked.values())}")
    row("  a meeting", lambda c: f"{sum(c.asked.values()) / c.meetings:.1f}")
    row("  refused as too many (429)", lambda c: f"{c.refused}")
    row("  submissions in the busiest second", lambda c: f"{c.most[0]} of {POSTS}")
    row("  questions in the busiest second", lambda c: f"{c.most[1]} of {GETS}")
    row("peak memory (worker processes)", lambda c: f"{c.peak_mib:.0f} MiB")
    row("  a meeting in flight", lambda c: f"{c.peak_mib / c.meetings:.2f} MiB")
    row("time on the processor", lambda c: f"{c.cpu_seconds:.1f} s")
    row("  a meeting", lambda c: f"{1000 * c.cpu_seconds / c.meetings:.0f} ms")
    if theirs:
        free = psutil.virtual_memory().available / MIB
        holds = int(free / (theirs.peak_mib / theirs.meetings))
        rounds = -(-ours.meetings // holds)
        print(
            f"\nThis machine's free memory ({free / 1024:.1f} GiB) would hold {holds} blocking workers:"
            f" {ours.meetings} meetings in {rounds} rounds, {rounds * theirs.wall:.0f} s at the least."
        )
        share = (theirs.peak_mib / theirs.meetings) / (ours.peak_mib / ours.meetings)
        print(f"Memory of a blocking job over that of a meeting here: {share:.0f} times.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each at the provider")
    parser.add_argument("--spread", type=float, default=0.0, help="of those times around it: 0.2 is a fifth")
    parser.add_argument("--blocking", type=int, default=20, help="blocking workers; 0 leaves them out")
    parser.add_argument("--workers", type=int, default=1, help="processes that do short steps")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {sys.version.split()[0]}", flush=True)
    plan = plan_of(options.seconds, options.spread)
    ours = stepwise(options.meetings, plan, options.workers)
    theirs = blocking(options.blocking, plan) if options.blocking else None
    _report(ours, theirs)


if __name__ == "__main__":
    main()
