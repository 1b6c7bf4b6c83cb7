"""A Redis client for those who must not be held up: what it is asked for is done without it, too."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_PATIENCE = 0.5
"""Seconds for Redis to connect and to answer. With redis-py's defaults a hung Redis holds an upload for minutes."""


def connect(url: str) -> redis.Redis:
    """A client that gives up after half a second and does not retry."""
    return redis.Redis.from_url(
        url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0)
    )
