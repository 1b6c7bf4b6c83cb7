"""Hints that a meeting has changed: `{meeting_id, version}` over Redis pub/sub, never data.

A hint can be lost (a listener that reconnects has missed some); who listens re-reads the database, and does so now
and then without a hint too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import redis
import redis.asyncio

from cantomeet.redis_client import connect

CHANNEL = "cantomeet:changes"
_TIMEOUT = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChangeHint:
    meeting_id: str
    version: int


class ChangePublisher:
    """Publishes with a limit of half a second and no retry, because the change itself is already in the database."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url)

    def publish(self, meeting_id: str, version: int) -> None:
        """Publish the change. Never raises if Redis is unreachable: pages see the change a few seconds later by
        themselves.
        """
        try:
            self._redis.publish(CHANNEL, json.dumps({"meeting_id": meeting_id, "version": version}))
        except redis.RedisError as error:
            _log.debug("no hint for %s: %s", meeting_id, type(error).__name__)


async def listen(url: str) -> AsyncIterator[ChangeHint | None]:
    """Yield changes as they are published, and `None` once after subscribing, because changes may have been missed.

    Raises `redis.RedisError` if the connection is lost; the caller waits and listens again.
    """
    client = redis.asyncio.Redis.from_url(url, socket_connect_timeout=_TIMEOUT, health_check_interval=10)
    try:
        async with client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            yield None
            while True:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5.0)
                change = _parse(message["data"]) if message else None
                if change is not None:
                    yield change
    finally:
        await client.aclose()


def _parse(data: bytes) -> ChangeHint | None:
    """None for a message that is not ours: any client of Redis can publish anything."""
    try:
        body = json.loads(data)
        return ChangeHint(str(body["meeting_id"]), int(body["version"]))
    except (ValueError, KeyError, TypeError):
        return None
