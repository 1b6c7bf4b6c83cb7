"""The health check."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import redis
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from tests import meetings
from tests.cantomeet_ui.api.conftest import HERE, RememberingQueue


def test_a_healthy_installation_is_ok(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "redis": "ok",
        "storage": "ok",
        "workers": 2,
        "oldest_due_seconds": 0.0,
    }


def test_health_reports_how_long_the_longest_waiting_meeting_has_been_due(
    client: TestClient, sqlite_store: Database
) -> None:
    now = sqlite_store.now()
    for minutes in (1, 10):
        meeting = meetings.uploaded(sqlite_store)
        meetings.set_job(sqlite_store, meeting.id, due_at=now - timedelta(minutes=minutes))
    leased = meetings.transcribing(sqlite_store)
    meetings.set_job(sqlite_store, leased.id, due_at=now - timedelta(hours=1))
    assert client.get("/health").json()["oldest_due_seconds"] == pytest.approx(600, abs=30)


def test_both_databases_report_how_long_the_longest_waiting_meeting_has_been_due(store: Database) -> None:
    assert store.jobs.oldest_due_seconds() == 0.0
    meeting = meetings.uploaded(store)
    meetings.set_job(store, meeting.id, due_at=store.now() - timedelta(minutes=10))
    assert store.jobs.oldest_due_seconds() == pytest.approx(600, abs=30)
    store.switches.pause(True)
    assert store.jobs.oldest_due_seconds() == pytest.approx(600, abs=30), "what waits while paused waits all the same"


def test_health_is_degraded_without_workers(client: TestClient, queue: RememberingQueue) -> None:
    queue.workers = 0
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "degraded", "ok")


def test_health_is_degraded_without_redis(
    client: TestClient, queue: RememberingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> int:
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(queue, "worker_count", refused)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert {n: answer.json()[n] for n in ("status", "redis", "workers")} == {
        "status": "degraded",
        "redis": "down",
        "workers": None,
    }


def test_health_is_down_with_503_without_the_database(
    services: Services, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> float:
        raise OperationalError("SELECT", {}, Exception("no route to host"))

    monkeypatch.setattr(sqlite_store.jobs, "oldest_due_seconds", gone)
    with TestClient(build_api(services), base_url=HERE) as client:
        answer = client.get("/health")
    assert answer.status_code == 503
    assert {n: answer.json()[n] for n in ("status", "database", "oldest_due_seconds")} == {
        "status": "down",
        "database": "down",
        "oldest_due_seconds": None,
    }


async def test_a_hanging_probe_delays_nothing_and_takes_one_thread(
    services: Services, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    hanging: list[int] = []

    def hangs() -> Any:
        hanging.append(threading.get_ident())
        release.wait(300)
        return 0

    def patience(seconds: float) -> None:
        for limit in ("DATABASE_SECONDS", "REDIS_SECONDS"):
            monkeypatch.setattr(f"cantomeet_ui.api.health.{limit}", seconds)

    monkeypatch.setattr(sqlite_store.jobs, "oldest_due_seconds", hangs)
    app = build_api(replace(services, queue=_HangingQueue(hangs)))
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url=HERE, timeout=None) as client:
            patience(0.2)
            answers = await asyncio.gather(*(client.get("/health") for _ in range(5)))
            answers.append(await client.get("/health"))
            assert {answer.status_code for answer in answers} == {503}
            assert len(hanging) == 2
            patience(300)
            asking = [asyncio.create_task(client.get("/health")) for _ in range(5)]
            # The event loop is free: the list responds while all of them wait.
            assert (await client.get("/api/meetings")).status_code == 200
            assert not any(task.done() for task in asking)
            assert len(hanging) == 2
            release.set()
            for answer in await asyncio.gather(*asking):
                assert (answer.status_code, answer.json()["database"]) == (200, "ok")
    finally:
        release.set()


class _HangingQueue(RememberingQueue):
    def __init__(self, hangs: Any) -> None:
        super().__init__()
        self._hangs = hangs

    def worker_count(self) -> int:
        return int(self._hangs())
