"""A high-priority meeting overtakes others, even a running recognition. With a real Redis and RQ's own worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from cantomeet.lifecycle import MeetingStatus
from cantomeet.queue import DEFAULT, HIGH, RECOGNITION, JobQueue
from cantomeet.store import Database
from launcher.redis_server import EmbeddedRedis
from tests.worker.test_pipeline import House, Recogniser
from worker import tasks
from worker.providers import RecognisedPiece


class Noting(Recogniser):
    """Records whose piece it recognises."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self.pieces: list[tuple[str, float]] = []

    def recognise(self, audio: Path, start: float, **options: object) -> RecognisedPiece:
        self.pieces.append((audio.stem, start))
        return super().recognise(audio, start, **options)  # type: ignore[arg-type]


@pytest.fixture
def house(
    sqlite_store: Database, tmp_path: Path, server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    queue = JobQueue(server.url)
    house = House(sqlite_store, tmp_path / "recordings")
    house.recogniser = Noting(house)
    house.tools = replace(house.tools, wake=queue.wake, locals={"whisper": house.recogniser})
    monkeypatch.setattr(tasks, "toolbox", lambda: house.tools)
    yield house
    queue.close()


def work(server: EmbeddedRedis, *names: str) -> None:
    """Run one worker until the queues are empty."""
    with redis.Redis.from_url(server.url) as connection:
        queues = [Queue(name, connection=connection, serializer=JSONSerializer) for name in names]
        SimpleWorker(queues, connection=connection, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")


def test_a_high_meeting_overtakes_a_recognition_under_way_which_yields_after_its_piece(
    house: House, server: EmbeddedRedis
) -> None:
    first, urgent = house.upload(), house.upload(priority="high")
    house.tools.wake(first, 0.0)
    work(server, HIGH, DEFAULT)  # prepared: its first piece waits

    def prepare_the_urgent_one() -> None:
        house.recogniser.before = lambda: None
        house.step(urgent.id)  # as the other worker does, while this piece is under way

    house.recogniser.before = prepare_the_urgent_one
    work(server, RECOGNITION)
    names = {first.recording_key: "first", urgent.recording_key: "urgent"}
    assert isinstance(house.recogniser, Noting)
    assert [(names[key.split(".")[0]], start) for key, start in house.recogniser.pieces] == [
        ("first", 0),
        ("urgent", 0),
        ("urgent", 2),
        ("urgent", 4),
        ("first", 2),
        ("first", 4),
    ]
    work(server, HIGH, DEFAULT)
    assert house.store.meetings.get(urgent.id).status == MeetingStatus.COMPLETED
    assert house.store.meetings.get(first.id).status == MeetingStatus.COMPLETED


def test_short_steps_of_a_high_meeting_go_before_all_others(house: House, server: EmbeddedRedis) -> None:
    meetings = [house.upload() for _ in range(5)]
    urgent = house.upload(priority="high")
    order: list[str] = []
    publish = house.tools.publish

    def noted(meeting_id: str, version: int) -> None:
        order.append(meeting_id)
        publish(meeting_id, version)

    house.tools = replace(house.tools, publish=noted)
    for meeting in [*meetings, urgent]:
        house.tools.wake(meeting, 0.0)
    work(server, HIGH, DEFAULT)
    assert order[0] == urgent.id
