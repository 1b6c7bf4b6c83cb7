"""Real worker processes with a slow language model are stopped or killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests import meetings
from tests.running import Background, background, wait_for

CHUNKS = 6
SAID = [("主席", f"第{n}點，" + "大家傾下呢件事先，唔急住話事。" * 20) for n in range(CHUNKS * 19)]


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="slow", seconds=2.5)])) as endpoint:
        yield endpoint


@pytest.fixture
def side(tmp_path: Path, fake: FakeOpenAI) -> Iterator[Background]:
    with background(tmp_path, OPENAI_BASE_URL=fake.base_url, OPENAI_MODEL="stand-in") as running:
        yield running


def begun(side: Background, fake: FakeOpenAI) -> Meeting:
    """A long meeting with its first answers saved."""
    meeting = meetings.transcribed(side.store, SAID)
    side.queue.wake(meeting)
    wait_for(lambda: len(fake.paid) >= 2, "the first answers")
    return meeting


def test_a_worker_that_is_told_to_stop_ends_in_the_middle_and_the_next_pays_only_for_the_rest(
    side: Background, fake: FakeOpenAI
) -> None:
    worker = side.start()
    meeting = begun(side, fake)
    worker.terminate()
    assert worker.wait(60) == 0
    assert side.store.meetings.get(meeting.id).status == MeetingStatus.SUMMARIZING, (
        "it did not wait for the whole summary"
    )
    fake.use(ModelPlan())
    side.start()
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    assert set(fake.paid.values()) == {1}
    found = side.store.summaries.find(meeting.id)
    assert found is not None
    assert found.summary.usage is not None
    assert (found.summary.usage["repeats"], found.summary.coverage) == (0, {"covered": len(SAID), "total": len(SAID)})


def test_a_written_view_that_was_not_enqueued_is_made_by_the_same_workers(side: Background, fake: FakeOpenAI) -> None:
    fake.use(ModelPlan())
    meeting = meetings.transcribed(side.store, SAID[:30])
    side.store.written_views.ask(meeting.id)
    side.start()

    def made() -> bool:
        found = side.store.written_views.find(meeting.id)
        return found is not None and found.view.state == "done" and len(found.lines) == 30

    wait_for(made, "the written view")
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED


def test_a_killed_worker_loses_at_most_the_running_answer_which_is_counted(side: Background, fake: FakeOpenAI) -> None:
    parent = side.start()
    meeting = begun(side, fake)
    for child in psutil.Process(parent.pid).children(recursive=True):
        child.send_signal(signal.SIGKILL)
    fake.use(ModelPlan())
    assert side.wait(meeting.id).status == MeetingStatus.COMPLETED
    twice = sum(times - 1 for times in fake.paid.values())
    found = side.store.summaries.find(meeting.id)
    assert found is not None
    assert found.summary.usage is not None
    assert twice <= found.summary.usage["repeats"] <= 1
