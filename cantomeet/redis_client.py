"""A Redis client for callers that must not be delayed: what they request is done without Redis too."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_PATIENCE = 0.5
"""Limit in seconds for connecting and for answers. With redis-py's defaults a hung Redis delays an upload by minutes.
"""


def connect(url: str) -> redis.Redis:
    """A client that gives up after half a second and does not retry."""
    return redis.Redis.from_url(
        url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0)
    )
