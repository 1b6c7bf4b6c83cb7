"""Meetings wait for a language model side by side, in the threads of one real process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from rq.scheduler import RQScheduler

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from cantomeet.queue import QUEUES
from launcher.redis_server import EmbeddedRedis
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests import meetings
from tests.running import Background, background, wait_for

AT_ONCE = 3
SLOW = ModelPlan(faults=[ModelFault(do="slow", seconds=2.0)])


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(SLOW) as endpoint:
        yield endpoint


@pytest.fixture
def side(tmp_path: Path, fake: FakeOpenAI) -> Iterator[Background]:
    settings = {"OPENAI_BASE_URL": fake.base_url, "OPENAI_MODEL": "stand-in", "CANTOMEET_LLM_AT_ONCE": str(AT_ONCE)}
    with background(tmp_path, **settings) as running:
        yield running


def said(number: int) -> list[tuple[str | None, str]]:
    return [("主席", f"第{number}個會議，決定下個月開始試用新系統。"), ("阿明", "我會負責跟進報價。")]


def transcribed(side: Background, number: int, **columns: object) -> Meeting:
    meeting = meetings.transcribed(side.store, said(number), **columns)
    side.queue.wake(meeting)
    return meeting


def llm_process(parent: int) -> psutil.Process | None:
    children = psutil.Process(parent).children()
    return next((child for child in children if child.cmdline()[-2:] == ["--only", "llm"]), None)


def test_as_many_meetings_as_the_settings_say_wait_side_by_side_and_no_more(side: Background, fake: FakeOpenAI) -> None:
    waiting = [transcribed(side, n).id for n in range(2 * AT_ONCE)]
    side.start()
    wait_for(lambda: side.leased_meetings() == AT_ONCE, "the meetings side by side")
    most = AT_ONCE

    def ended() -> bool:
        nonlocal most
        most = max(most, side.leased_meetings())
        return all(side.store.meetings.get(one).status == MeetingStatus.COMPLETED for one in waiting)

    wait_for(ended, "the summaries")
    assert most == AT_ONCE
    assert set(fake.paid.values()) == {1}
    assert {a.outcome for one in waiting for a in side.store.meetings.attempts(one)} == {"done"}


def test_a_meeting_of_high_priority_is_summarized_before_those_that_came_earlier(side: Background) -> None:
    earlier = [transcribed(side, n).id for n in range(2 * AT_ONCE)]
    urgent = transcribed(side, 100, priority="high").id
    side.start()
    side.wait(urgent)

    def begun(meeting_id: str) -> datetime:
        return min(a.started_at for a in side.store.meetings.attempts(meeting_id) if a.step == "summarize")

    last = [side.wait(one).id for one in earlier][AT_ONCE:]
    assert all(begun(urgent) < begun(one) for one in last)


def test_a_stop_ends_every_thread_after_its_request_and_leaves_no_lease(side: Background, fake: FakeOpenAI) -> None:
    waiting = [transcribed(side, n).id for n in range(2 * AT_ONCE)]
    parent = side.start()
    wait_for(lambda: side.leased_meetings() == AT_ONCE, "the meetings side by side")
    parent.terminate()
    assert parent.wait(60) == 0
    assert side.leased_meetings() == 0
    assert side.queue.worker_count() == 0
    fake.use(ModelPlan())
    side.start()
    assert {side.wait(one).status for one in waiting} == {MeetingStatus.COMPLETED}
    assert set(fake.paid.values()) == {1}


def test_a_stop_of_idle_threads_needs_no_job(side: Background) -> None:
    parent = side.start()
    wait_for(lambda: side.queue.worker_count() == 2 + AT_ONCE, "the workers")
    parent.terminate()
    assert parent.wait(60) == 0
    assert side.queue.worker_count() == 0


def test_a_stop_needs_no_redis(side: Background) -> None:
    parent = side.start()
    wait_for(lambda: side.queue.worker_count() == 2 + AT_ONCE, "the workers")
    side.redis.stop()
    parent.terminate()
    assert parent.wait(60) == 0


def test_a_stop_waits_for_a_hung_request_only_for_a_while(side: Background, fake: FakeOpenAI) -> None:
    fake.use(ModelPlan(faults=[ModelFault(do="hang", times=1)]))
    meeting = transcribed(side, 0)
    process = side.start(
        [
            sys.executable,
            "-c",
            "from worker import __main__, rq_workers as w; w.STOP_SECONDS = 1.0; __main__.work('llm')",
        ]
    )
    wait_for(lambda: side.leased_meetings() == 1, "the request")
    process.terminate()
    assert process.wait(60) == 0
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED


def test_a_hung_request_holds_up_no_other_meeting(side: Background, fake: FakeOpenAI) -> None:
    fake.use(ModelPlan(faults=[ModelFault(do="hang", times=1)]))
    waiting = [transcribed(side, n).id for n in range(2 * AT_ONCE)]
    side.start()

    def under_way() -> list[str]:
        return [one for one in waiting if side.store.meetings.get(one).status != MeetingStatus.COMPLETED]

    wait_for(lambda: len(under_way()) == 1, "all others")
    assert side.store.meetings.get(under_way()[0]).job.lease_until is not None


def test_threads_that_redis_ended_are_replaced_in_their_process(side: Background, fake: FakeOpenAI) -> None:
    waiting = [transcribed(side, n).id for n in range(AT_ONCE)]
    parent = side.start()
    process = wait_for(lambda: llm_process(parent.pid), "the process")
    wait_for(lambda: side.leased_meetings() == AT_ONCE, "the meetings side by side")
    side.redis.stop()
    wait_for(lambda: side.leased_meetings() == 0, "the end of every step")
    side.redis = EmbeddedRedis.start(side.folder)
    waiting += [transcribed(side, AT_ONCE + n).id for n in range(AT_ONCE)]
    wait_for(lambda: side.leased_meetings() == AT_ONCE, "the meetings side by side again")
    assert {side.wait(one).status for one in waiting} == {MeetingStatus.COMPLETED}
    assert process.is_running()
    assert set(fake.paid.values()) == {1}
    wait_for(lambda: side.queue.worker_count() == 2 + AT_ONCE, "as many workers as before")


def test_a_killed_process_pays_again_only_for_the_requests_under_way(side: Background, fake: FakeOpenAI) -> None:
    waiting = [transcribed(side, n).id for n in range(2 * AT_ONCE)]
    parent = side.start()
    wait_for(lambda: side.leased_meetings() == AT_ONCE, "the meetings side by side")
    victim = llm_process(parent.pid)
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    fake.use(ModelPlan())
    assert {side.wait(one).status for one in waiting} == {MeetingStatus.COMPLETED}
    assert sum(times - 1 for times in fake.paid.values()) <= AT_ONCE
    repeats = [(side.store.summaries.find(one), one) for one in waiting]
    counted = sum(found.summary.usage["repeats"] for found, _ in repeats if found and found.summary.usage)
    assert sum(times - 1 for times in fake.paid.values()) <= counted <= AT_ONCE


def test_a_refused_request_is_tried_again(side: Background, fake: FakeOpenAI) -> None:
    fake.use(ModelPlan(faults=[ModelFault(do="status", status=429, retry_after="1", times=1)]))
    meeting = transcribed(side, 0)
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    assert [a.outcome for a in side.store.meetings.attempts(meeting.id) if a.step == "summarize"] == ["retry", "done"]


def test_one_scheduler_moves_the_due_jobs_of_every_queue(side: Background) -> None:
    side.start()
    locks = [RQScheduler.get_locking_key(name) for name in QUEUES]
    wait_for(lambda: side.raw_redis().exists(*locks) == len(QUEUES), "the scheduler of every queue")


def test_without_a_language_model_there_is_no_process_for_it(tmp_path: Path) -> None:
    with background(tmp_path) as side:
        parent = side.start()
        meeting = transcribed(side, 0)
        assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
        assert llm_process(parent.pid) is None
