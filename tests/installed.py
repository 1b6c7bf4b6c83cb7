"""A whole installation as `make run` starts it: `cantomeet up` on a port and a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from cantomeet.untracked import OPT_OUTS
from tests.running import ROOT, kill_tree, wait_for

UP = [sys.executable, "-c", "from launcher.cli import app; app()", "up"]
READY_SECONDS = 300.0
"""The first start on a port builds the pages."""
STOP_SECONDS = 180.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Installation:
    """`url` is where it listens; its parts are children of `process`."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]

    def api(self, path: str) -> Any:
        """What a GET answers, as JSON. Raises `OSError` where nobody answers."""
        with _DIRECT.open(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def upload(self, recording: Path, **fields: str) -> str:
        """Upload by the API; the meeting's id."""
        with recording.open("rb") as file:
            answer = httpx.post(
                f"{self.url}/meetings/upload", data=fields, files={"file": file}, timeout=60, trust_env=False
            )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def answers(self) -> bool:
        """Raises `RuntimeError` where it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"it ended with {self.process.returncode}")
        try:
            return bool(self.api("/health")["status"] != "down")
        except OSError:
            return False

    def children(self) -> list[psutil.Process]:
        """Web, worker and Redis, and all below them."""
        return list(psutil.Process(self.process.pid).children(recursive=True))


def environment(data: Path, port: int, **settings: str) -> dict[str, str]:
    """Of a process that knows these settings and none of this machine's."""
    # The opt-outs of this process, too: whatever is started must opt out by itself.
    ours = (*OPT_OUTS, "CANTOMEET_", "OPENAI_", "SPEECHMATICS_", "REDIS_URL", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "CANTOMEET_DATA_DIR": str(data), "CANTOMEET_PORT": str(port), **settings}


def start(data: Path, port: int, settings: Mapping[str, str] | None = None, output: int | None = None) -> Installation:
    """Started, not yet ready; `output` as `subprocess` takes it."""
    env = environment(data, port, **(settings or {}))
    process = subprocess.Popen(UP, cwd=ROOT, env=env, stdout=output, start_new_session=True)
    return Installation(f"http://localhost:{port}", data, process)


def stop(place: Installation) -> int:
    """Ask it to stop; its exit code. What does not stop is killed, and `TimeoutExpired` raised."""
    place.process.send_signal(signal.SIGTERM)
    try:
        return place.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill_tree(place.process.pid)
        raise


@contextmanager
def installed(data: Path, port: int, **settings: str) -> Iterator[Installation]:
    """Up and answering for the length of the block; then it must stop well."""
    place = start(data, port, settings)
    try:
        wait_for(place.answers, "the web", READY_SECONDS)
        yield place
    finally:
        code = stop(place)
    assert code == 0
    assert not (data / "redis.sock").exists()
