"""The process whose threads wait for a language model is killed: nobody pays for that but the requests under way."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cantomeet.lifecycle import MeetingStatus
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests import meetings
from tests.faults.poisoned_llm import LET, POISON
from tests.running import ENDED, Background, background, wait_for
from worker import rescue

AT_ONCE = 3
KILLS = 3


@pytest.fixture
def llm() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="slow", seconds=1.5)])) as endpoint:
        yield endpoint


@pytest.fixture
def side(tmp_path: Path, database_url: str, llm: FakeOpenAI) -> Iterator[Background]:
    settings = {"OPENAI_BASE_URL": llm.base_url, "OPENAI_MODEL": "stand-in", "CANTOMEET_LLM_AT_ONCE": str(AT_ONCE)}
    with background(tmp_path, database_url, **settings) as running:
        yield running


def transcribed(side: Background, number: int, title: str = "例會") -> str:
    lines = [("主席", f"第{number}次例會，決定下個月開始試用新系統。"), ("阿明", "我會負責跟進報價。")]
    meeting = meetings.transcribed(side.store, lines, title=title)
    side.queue.wake(meeting)
    return meeting.id


def poisoned(role: str) -> list[str]:
    return [sys.executable, "-m", "tests.faults.poisoned_llm", role]


def llm_process(parent: subprocess.Popen[bytes]) -> psutil.Process | None:
    children = psutil.Process(parent.pid).children()
    return next((child for child in children if child.cmdline()[-2:] == ["--only", "llm"]), None)


def test_kills_again_and_again_fail_no_summary_and_pay_again_only_for_what_was_under_way(
    side: Background, llm: FakeOpenAI
) -> None:
    waiting = [transcribed(side, number) for number in range(4 * AT_ONCE)]
    parent = side.start()
    for _ in range(KILLS):
        victim = wait_for(lambda: llm_process(parent), "the process")
        answered = len(llm.paid)
        wait_for(lambda before=answered: len(llm.paid) > before, "an answer")
        victim.send_signal(signal.SIGKILL)
        victim.wait(30)
    assert {side.wait(one).status for one in waiting} == {MeetingStatus.COMPLETED}
    assert sum(times - 1 for times in llm.paid.values()) <= KILLS * AT_ONCE
    assert side.leased_meetings() == 0


def test_a_summary_that_kills_its_process_fails_alone(side: Background) -> None:
    """Its neighbours lose one lease with it. They do not die with it again until they fail too."""
    neighbours = [transcribed(side, number) for number in range(AT_ONCE - 1)]
    poison = transcribed(side, 100, POISON)
    stop = threading.Event()
    rescuer = threading.Thread(target=rescue.run, args=(side.store, side.queue, stop, 0.5))
    rescuer.start()
    try:
        beside = side.start(poisoned("llm"))
        wait_for(lambda: side.leased_meetings() == AT_ONCE, "the neighbours beside it")
        (side.folder / LET).touch()
        assert beside.wait(120) == -signal.SIGKILL
        running = {role: side.start(poisoned(role)) for role in ("llm", "general")}

        def ended() -> bool:
            for role, process in running.items():
                if process.poll() is not None:
                    running[role] = side.start(poisoned(role))
            return all(side.store.meetings.get(one).status in ENDED for one in (poison, *neighbours))

        wait_for(ended, "the meetings")
    finally:
        stop.set()
        rescuer.join()
    failed = side.store.meetings.get(poison)
    assert (failed.status, failed.error_code) == (MeetingStatus.FAILED, "worker_died")
    assert {side.store.meetings.get(one).status for one in neighbours} == {MeetingStatus.COMPLETED}
    assert running["llm"].poll() is None, "it was not killed again"
