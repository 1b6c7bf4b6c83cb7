"""A cancel at every stage takes effect at once. Work stops and the provider's copy is deleted soon after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.store import Database
from standins.speechmatics.server import FakeSpeechmatics, JobPlan
from tests.meetings import key_of
from tests.running import Background, background, wait_for
from tests.worker.providers.speechmatics_recordings import wav
from tests.worker.test_pipeline import House
from worker.kinds.meeting import advance as advance_meeting
from worker.providers import RecognisedPiece, SummaryDraft, SummaryRequest

SLOW = JobPlan(upload_rate=200_000.0)
"""At this speed a 30 MB recording takes two and a half minutes, so only a cancel ends it within the test's timeout."""
LONG = JobPlan(job_seconds=3600.0)
_BOUND = 60.0


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeSpeechmatics]:
    with FakeSpeechmatics(LONG) as provider:
        yield provider


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory, fake: FakeSpeechmatics) -> Iterator[Background]:
    """A single worker for all queues."""
    settings = {"SPEECHMATICS_API_KEY": "test-key", "SPEECHMATICS_BASE_URL": fake.url}
    with background(tmp_path_factory.mktemp("side"), **settings) as running:
        running.start()
        yield running


def large(path: Path) -> float:
    wav(path, seconds=900.0)
    return 900.0


def test_a_cancel_during_the_upload_stops_it_and_nothing_is_paid(side: Background, fake: FakeSpeechmatics) -> None:
    fake.use(SLOW)
    meeting = side.upload(large)
    side.wait(meeting.id, lambda m: m.submission is not None and (m.progress or 0) > 0)
    side.store.meetings.cancel(meeting.id)
    fake.use(LONG)
    other = side.upload()
    side.wait(other.id, lambda m: m.provider_job_id is not None)  # the one worker is free again
    after = side.store.meetings.get(meeting.id)
    assert (after.status, after.error_code, after.provider_job_id) == (MeetingStatus.FAILED, "cancelled", None)
    assert fake.paid[key_of(after)] == 0


def test_a_cancel_force_deletes_the_running_job_at_the_provider(side: Background, fake: FakeSpeechmatics) -> None:
    fake.use(LONG)
    meeting = side.upload()
    job = side.wait(meeting.id, lambda m: m.provider_job_id is not None).provider_job_id
    side.store.meetings.cancel(meeting.id)

    def asked() -> list[tuple[Any, Any]]:
        return [(r["outcome"], r["query"].get("force")) for r in fake.requests("delete") if r["id"] == job]

    wait_for(lambda: len(asked()) > 1, "the deletion")
    assert asked() == [(423, None), (200, "true")]
    assert side.store.meetings.get(meeting.id).error_code == "cancelled"


def endless(house: House, meeting_id: str, ended: list[str]) -> Callable[[Callable[[float], None]], None]:
    """Work that runs until its progress callback raises."""

    def work(on_progress: Callable[[float], None]) -> None:
        house.store.meetings.cancel(meeting_id)
        deadline = time.monotonic() + _BOUND
        try:
            while time.monotonic() < deadline:
                on_progress(0.5)
                time.sleep(0.01)
        except Exception as error:
            ended.append(type(error).__name__)
            raise

    return work


def test_a_cancel_ends_a_recognition_within_its_piece(house: House) -> None:
    meeting, ended = house.upload(), list[str]()
    house.step(meeting.id)
    work = endless(house, meeting.id, ended)

    def recognise(*_: object, on_progress: Callable[[float], None], **__: object) -> RecognisedPiece:
        work(on_progress)
        raise AssertionError("it was not ended")

    house.recogniser.recognise = recognise  # type: ignore[method-assign]
    after = house.step(meeting.id)
    assert (ended, after.error_code) == (["LeaseLost"], "cancelled")


def test_a_cancel_ends_a_summary_between_steps_and_keeps_the_transcript(house: House) -> None:
    meeting, ended = house.upload(), list[str]()
    house.run(meeting.id, MeetingStatus.SUMMARIZING)
    work = endless(house, meeting.id, ended)

    def summarize(request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        work(on_progress)
        raise AssertionError("it was not ended")

    house.summarizer.summarize = summarize  # type: ignore[method-assign]
    after = house.step(meeting.id)
    assert (ended, after.error_code, after.stage) == (["LeaseLost"], "cancelled", Stage.TRANSCRIBED)
    assert len(house.store.transcripts.shown(meeting.id).segments) == 3


@pytest.mark.parametrize("steps", [0, 1])
def test_a_cancel_before_anything_is_sent_costs_nothing(sqlite_store: Database, tmp_path: Path, steps: int) -> None:
    house = House(sqlite_store, tmp_path / "recordings", "speechmatics")
    meeting = house.upload()
    for _ in range(steps):
        house.step(meeting.id)
    house.store.meetings.cancel(meeting.id)
    advance_meeting(house.tools, meeting.id)
    assert house.provider.submitted == []
    house.store.meetings.retry(meeting.id)
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED
