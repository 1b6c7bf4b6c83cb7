"""Hints of change on a real Redis, and without one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cantomeet.changes import CHANNEL, ChangeHint, ChangePublisher, listen
from cantomeet.redis_client import connect
from launcher.redis_server import EmbeddedRedis


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = EmbeddedRedis.start(tmp_path)
    yield server.url
    server.stop()


async def test_a_listener_is_told_of_what_is_published_and_not_of_rubbish(redis_url: str) -> None:
    heard: list[ChangeHint | None] = []
    subscribed = asyncio.Event()

    async def hear() -> None:
        async for change in listen(redis_url):
            heard.append(change)
            subscribed.set()
            if len(heard) == 2:
                return

    listening = asyncio.create_task(hear())
    await asyncio.wait_for(subscribed.wait(), 10)
    with connect(redis_url) as client:
        client.publish(CHANNEL, b"\xff not json")
        client.publish(CHANNEL, b'{"meeting_id": "x"}')
    await asyncio.to_thread(ChangePublisher(redis_url).publish, "m-1", 7)
    await asyncio.wait_for(listening, 10)
    assert heard == [None, ChangeHint("m-1", 7)]


def test_publishing_without_redis_does_not_raise(tmp_path: Path) -> None:
    ChangePublisher(f"unix://{tmp_path / 'none.sock'}").publish("m-1", 1)
