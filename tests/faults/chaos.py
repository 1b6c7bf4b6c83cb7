"""`make chaos N=60`: meetings run while workers are killed, Redis is flushed and restarted, and the provider fails.

The proof is read from the provider's own log: how often each submission was paid for. Prints a table and the seed;
the exit code is 1 where a meeting was lost, stuck, or paid for twice.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from tests.running import ENDED, Background, background
from worker.providers.fakes.speechmatics import FakeSpeechmatics, Fate, Fault, Plan
from worker.redis_server import EmbeddedRedis

KEY = "chaos-key"
_TRUE_REASONS = {"provider_rejected"}
"""The provider is told to reject some; nothing else may fail a meeting."""


@dataclass
class Result:
    seed: int
    meetings: int
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    harm: Counter[str] = field(default_factory=Counter)
    stuck: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    unpaid: list[str] = field(default_factory=list)
    requests: int = 0

    @property
    def good(self) -> bool:
        return not (self.stuck or self.untrue or self.paid_twice or self.unpaid)

    def table(self) -> str:
        rows = [
            ("seed", str(self.seed)),
            ("meetings", str(self.meetings)),
            ("seconds", f"{self.seconds:.0f}"),
            *((f"ended {outcome}", str(number)) for outcome, number in sorted(self.outcomes.items())),
            *((what, str(number)) for what, number in sorted(self.harm.items())),
            ("requests to the provider", str(self.requests)),
            ("stuck", str(len(self.stuck))),
            ("failed without a true reason", str(len(self.untrue))),
            ("completed without a payment", str(len(self.unpaid))),
            ("paid for twice", str(len(self.paid_twice))),
        ]
        return "\n".join(f"{name:32}{value:>10}" for name, value in rows)


def plan(seed: int, job_seconds: float) -> Plan:
    """A provider that drops one in ten answers after doing what was asked, and fails in its other ways too."""
    return Plan(
        seed=seed,
        job_seconds=job_seconds,
        faults=[
            Fault(on="submit", do="drop", after=True, rate=0.10),
            Fault(on="any", do="status", status=500, rate=0.05),
            Fault(on="any", do="status", status=429, retry_after="1", rate=0.05),
            Fault(on="any", do="drop", rate=0.03),
            Fault(on="submit", do="slow", seconds=1.0, rate=0.10),
        ],
        fates=[Fate(becomes="rejected", rate=0.05)],
    )


class Harm:
    """One kind of harm after another, at random moments."""

    def __init__(self, side: Background, luck: random.Random, result: Result) -> None:
        self._side, self._luck, self._result = side, luck, result
        self._worker = side.start()
        self._ways = [self._kill_a_child, self._kill_a_child, self._kill_everything, self._flush, self._restart]

    def strike(self) -> None:
        way = self._luck.choice(self._ways)
        self._result.harm[(way.__doc__ or "").strip(" .")] += 1
        way()

    def _kill_a_child(self) -> None:
        """workers killed"""
        children = psutil.Process(self._worker.pid).children(recursive=True)
        if children:
            self._luck.choice(children).send_signal(signal.SIGKILL)

    def _kill_everything(self) -> None:
        """workers and rescuer killed together"""
        family = psutil.Process(self._worker.pid)
        for process in [family, *family.children(recursive=True)]:
            process.send_signal(signal.SIGKILL)
        self._worker.wait()
        self._worker = self._side.start()

    def _flush(self) -> None:
        """Redis flushed"""
        self._side.raw_redis().flushall()

    def _restart(self) -> None:
        """Redis restarted"""
        self._side.redis.stop()
        time.sleep(self._luck.uniform(0.0, 2.0))
        self._side.redis = EmbeddedRedis.start(self._side.folder)


def run(meetings: int, seed: int, job_seconds: float = 3.0, every: float = 4.0, limit: float = 3600.0) -> Result:
    """Bring `meetings` through while something is broken every few seconds, for the first two thirds of them."""
    luck = random.Random(seed)
    result = Result(seed, meetings)
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="chaos") as folder,
        FakeSpeechmatics(plan(seed, job_seconds), key=KEY) as fake,
        background(Path(folder), SPEECHMATICS_API_KEY=KEY, SPEECHMATICS_BASE_URL=fake.url) as side,
    ):
        harm = Harm(side, luck, result)
        ids = []
        next_harm = time.monotonic() + 2 * every
        while time.monotonic() - started < limit:
            if len(ids) < meetings:
                ids.append(side.upload().id)
            open_now = [one for one in ids if side.store.get(one).status not in ENDED]
            if len(ids) == meetings and not open_now:
                break
            if time.monotonic() > next_harm and (len(ids) < meetings or len(open_now) > meetings / 3):
                harm.strike()
                next_harm = time.monotonic() + luck.uniform(0.5, 1.5) * every
            time.sleep(0.1 if len(ids) < meetings else 0.5)
        _judge(result, [side.store.get(one) for one in ids], fake)
    result.seconds = time.monotonic() - started
    return result


def _judge(result: Result, meetings: list[Meeting], fake: FakeSpeechmatics) -> None:
    paid = fake.paid
    result.requests = len(fake.requests())
    for meeting in meetings:
        result.outcomes[f"{meeting.status} {meeting.error_code or ''}".strip()] += 1
        payments = paid[meeting.submit_key or ""]
        if meeting.status not in ENDED:
            result.stuck.append(meeting.id)
        elif meeting.status == MeetingStatus.FAILED and meeting.error_code not in _TRUE_REASONS:
            result.untrue.append(meeting.id)
        if payments > 1:
            result.paid_twice.append(meeting.id)
        if meeting.status == MeetingStatus.COMPLETED and payments != 1:
            result.unpaid.append(meeting.id)
    known = {meeting.submit_key for meeting in meetings}
    result.paid_twice += [key for key in paid if key not in known]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meetings", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    result = run(chosen.meetings, chosen.seed)
    print(result.table())
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
