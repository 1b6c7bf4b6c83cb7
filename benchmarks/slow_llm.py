"""Measures how long many meetings wait for a slow language model.

    python -m benchmarks.slow_llm [--meetings 20] [--seconds 2] [--at-once 1 10]

The meetings have their transcripts and are woken together. The language model is a stand-in over HTTP in its own
process that takes `--seconds` for an answer and answers any number of requests side by side. `--at-once` are the values
of `CANTOMEET_LLM_AT_ONCE`, each measured on a new data folder; 10 is the default for a model that is not on this
machine. The floor is one meeting's answers one after another, as if all meetings waited side by side. Memory is that of
the process that waits, with all its threads.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.measuring import Family
from cantomeet.lifecycle import MeetingStatus
from standins.openai.server import ModelFault, ModelPlan, read_log
from tests import meetings
from tests.running import ENDED, Background, background, wait_for

_PATIENCE = 1200.0
"""Seconds of patience; one request after another takes `meetings * answers * seconds`."""


@dataclass(frozen=True)
class Cost:
    at_once: int
    wall: float
    """Seconds from the first wake-up to the last summary."""
    completed: int
    answers: int
    twice: int
    """Answers that were paid for more than once."""
    peak_mib: float


@contextmanager
def stand_in(folder: Path, seconds: float) -> Iterator[tuple[str, Path]]:
    """Run the language model's stand-in in its own process; yield its address and its log."""
    plan, log = folder / "plan.json", folder / "log.jsonl"
    plan.write_text(ModelPlan(faults=[ModelFault(do="slow", seconds=seconds)]).model_dump_json())
    command = [sys.executable, "-m", "standins.openai.server", "--port", "0", "--log", str(log), "--plan", str(plan)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], log
    finally:
        process.terminate()
        process.communicate()


def measured(count: int, seconds: float, at_once: int) -> Cost:
    """Measure one value of `CANTOMEET_LLM_AT_ONCE`."""
    with tempfile.TemporaryDirectory(prefix="slow-llm-") as name:
        folder = Path(name)
        with stand_in(folder, seconds) as (url, log):
            settings = {"OPENAI_BASE_URL": url, "OPENAI_MODEL": "stand-in", "CANTOMEET_LLM_AT_ONCE": str(at_once)}
            with background(folder, **settings) as side:
                return _run(side, count, at_once, log)


def _run(side: Background, count: int, at_once: int, log: Path) -> Cost:
    parent = side.start()
    wait_for(lambda: side.queue.worker_count() == 2 + at_once, "the workers")
    made = [meetings.transcribed(side.store, _said(number)) for number in range(count)]
    waiting = next(child for child in psutil.Process(parent.pid).children() if child.cmdline()[-1] == "llm")
    with Family([waiting.pid]) as family:
        began = time.monotonic()
        for meeting in made:
            side.queue.wake(meeting)
        wait_for(lambda: _ended(side, [one.id for one in made]), "the summaries", _PATIENCE)
        wall = time.monotonic() - began
    paid = [line["prompt"] for line in read_log(log) if line["paid"]]
    return Cost(
        at_once=at_once,
        wall=wall,
        completed=sum(side.store.meetings.get(one.id).status == MeetingStatus.COMPLETED for one in made),
        answers=len(paid),
        twice=len(paid) - len(set(paid)),
        peak_mib=family.peak_mib,
    )


def _said(number: int) -> list[tuple[str | None, str]]:
    return [
        ("主席", f"今日係第{number}次例會，決定下個月開始試用新系統。"),
        ("阿明", "我會負責跟進報價，下星期三之前交。"),
        ("阿欣", "預算幾時會批？"),
    ]


def _ended(side: Background, ids: list[str]) -> bool:
    return all(side.store.meetings.get(one).status in ENDED for one in ids)


def _report(costs: list[Cost], count: int, seconds: float) -> None:
    print(f"\n{count} meetings, {seconds:g} s an answer\n")
    print(f"{'at once':>8}{'wall':>10}{'floor':>8}{'over':>7}{'completed':>11}{'answers':>9}{'twice':>7}{'memory':>10}")
    for cost in costs:
        floor = cost.answers / count * seconds
        print(
            f"{cost.at_once:>8}{cost.wall:>8.1f} s{floor:>6.1f} s{cost.wall / floor:>7.1f}{cost.completed:>11}"
            f"{cost.answers:>9}{cost.twice:>7}{cost.peak_mib:>6.0f} MiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each answer")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 10], help="values of CANTOMEET_LLM_AT_ONCE")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {sys.version.split()[0]}", flush=True)
    costs = [measured(options.meetings, options.seconds, at_once) for at_once in options.at_once]
    _report(costs, options.meetings, options.seconds)


if __name__ == "__main__":
    main()
