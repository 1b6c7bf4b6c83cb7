"""Fault 4: Redis refuses connections, or accepts them and never answers, during an upload."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cantomeet.lifecycle import MeetingStatus
from tests.faults.chaos import web_process
from tests.running import Background
from tests.sound import tone_bytes
from tests.upload_server import free_port


@contextmanager
def refusing() -> Iterator[str]:
    """A URL without a listener."""
    yield f"redis://127.0.0.1:{free_port()}/0"


@contextmanager
def hanging() -> Iterator[str]:
    """A URL where the kernel accepts connections that nobody reads."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.parametrize("redis", [refusing, hanging], ids=["refused", "hung"])
def test_a_recording_is_accepted_without_redis_and_found_by_a_rescuer_later(
    side: Background, tmp_path: Path, redis: object
) -> None:
    assert callable(redis)
    with redis() as url, web_process(tmp_path, {**side.environment, "REDIS_URL": url}) as web:
        answer = httpx.post(f"{web.url}/meetings/upload", files={"file": ("a.wav", tone_bytes())}, timeout=60)
        health = httpx.get(f"{web.url}/health", timeout=60)
    assert answer.status_code == 202
    assert (health.status_code, health.json()["redis"]) == (200, "down")
    assert side.raw_redis().keys("rq:queue:*") == []
    side.start()
    assert side.wait(answer.json()["id"]).status == MeetingStatus.COMPLETED
