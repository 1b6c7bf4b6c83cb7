"""Threads begin nothing while a provider says that it is too busy."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from cantomeet.errors import ErrorCode, TransientError
from cantomeet.store import Database
from launcher.redis_server import EmbeddedRedis
from tests.running import wait_for
from tests.worker.test_pipeline import House
from worker import stopping, throttling
from worker.rq_workers import ThreadWorker


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(throttling, "_until", 0.0)
    monkeypatch.setattr(throttling, "_now", lambda: now[0])
    return now


@pytest.mark.parametrize(("asked", "seconds"), [(None, 2.0), (0.5, 2.0), (20.0, 20.0), (3600.0, 30.0)])
def test_nothing_begins_for_as_long_as_the_provider_asked(
    clock: list[float], asked: float | None, seconds: float
) -> None:
    assert not throttling.held()
    throttling.hold(asked)
    clock[0] += seconds - 0.1
    assert throttling.held()
    clock[0] += 0.2
    assert not throttling.held()


def test_a_shorter_time_does_not_cut_a_longer_one(clock: list[float]) -> None:
    throttling.hold(20.0)
    throttling.hold(2.0)
    clock[0] += 19.0
    assert throttling.held()


def test_a_step_that_was_refused_as_one_too_many_says_so(sqlite_store: Database, tmp_path: Path) -> None:
    asked: list[float | None] = []
    house = House(sqlite_store, tmp_path / "recordings")
    house.tools = replace(house.tools, on_busy=asked.append)
    for code, retry_after in ((ErrorCode.PROVIDER_BUSY, 7.0), (ErrorCode.PROVIDER_UNREACHABLE, 9.0)):
        house.summarizer.error = TransientError("no", code=code, retry_after=retry_after, provider="OpenAI")
        with pytest.raises(TransientError):
            house.run(house.upload().id)
    assert set(asked) == {7.0}


def test_a_thread_takes_nothing_while_the_provider_is_too_busy(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "_requested", threading.Event())
    server = EmbeddedRedis.start(tmp_path)
    with redis.Redis.from_url(server.url) as connection:
        queue = Queue("llm", connection=connection, serializer=JSONSerializer)
        worker = ThreadWorker([queue], connection=connection, serializer=JSONSerializer)
        looks = threading.Semaphore(0)
        monkeypatch.setattr(throttling, "held", lambda held=throttling.held: (looks.release(), held())[1])
        throttling.hold(20.0)
        queue.enqueue("os.getpid")
        thread = threading.Thread(target=worker.work, kwargs={"logging_level": "ERROR"})
        thread.start()
        try:
            for _ in range(2):
                assert looks.acquire(timeout=30)
            assert len(queue) == 1, "it has looked, and left the job"
            clock[0] += 21.0
            wait_for(lambda: len(queue) == 0, "the job")
        finally:
            stopping.request()
            thread.join(60)
        assert not thread.is_alive()
    server.stop()
