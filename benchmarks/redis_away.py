"""Measures uploads while Redis refuses connections or hangs, beside uploads with a working Redis.

    python -m benchmarks.redis_away [--uploads 20]

It uses three web processes over HTTP with the routes and the queue's client that are served: one with an embedded
Redis, one whose Redis refuses connections, and one whose Redis accepts them and never answers. Uploads go to them in
turn. After each upload the meeting must be in that process's database. It takes about half a minute.
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx
from starlette.types import ASGIApp

from cantomeet_ui import services
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from launcher.redis_server import EmbeddedRedis
from tests.sound import tone
from tests.upload_server import UploadServer, free_port


def app() -> ASGIApp:
    """Build the API without the pages, wired as in the web process."""
    return guarding(services.settings())(build_api(services.services()))


@contextmanager
def hanging_redis() -> Iterator[str]:
    """Yield the address of a Redis that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop, taken = threading.Event(), list[socket.socket]()

        def take() -> None:
            listener.settimeout(0.1)
            while not stop.is_set():
                try:
                    taken.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        finally:
            stop.set()
            thread.join()
            for connection in taken:
                connection.close()


def upload(url: str, recording: Path) -> float:
    """Return the seconds to the answer, which must say that the meeting is stored."""
    began = time.monotonic()
    with recording.open("rb") as file:
        answer = httpx.post(f"{url}/meetings/upload", files={"file": ("a.wav", file)}, timeout=600, trust_env=False)
    seconds = time.monotonic() - began
    stored = httpx.get(f"{url}/api/meetings/{answer.json()['id']}", timeout=600, trust_env=False)
    if answer.status_code != 202 or stored.status_code != 200:
        raise SystemExit(f"{answer.status_code} {answer.text}")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=20)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {options.uploads} uploads each of 1 MB", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="redis-away-")))
        tone(folder / "a.wav", 32.0)
        redis = EmbeddedRedis.start(folder)
        stack.callback(redis.stop)
        addresses = {
            "Redis well": redis.url,
            "Redis refused": f"redis://127.0.0.1:{free_port()}/0",
            "Redis hung": stack.enter_context(hanging_redis()),
        }
        servers = {}
        for place, (what, address) in enumerate(addresses.items()):
            (folder / str(place)).mkdir()
            servers[what] = UploadServer(
                folder / str(place), "benchmarks.redis_away:app", environment={"REDIS_URL": address}
            )
            stack.callback(servers[what].kill)
            servers[what].start()
        found: dict[str, list[float]] = {what: [] for what in servers}
        for server in servers.values():
            upload(server.url, folder / "a.wav")  # the first upload loads the modules
        for _ in range(options.uploads):
            for what, server in servers.items():
                found[what].append(upload(server.url, folder / "a.wav"))
    normal = median(found["Redis well"])
    for what, seconds in found.items():
        over = f"{median(seconds) / normal:.1f} times"
        print(f"{what:16} median {median(seconds):6.3f} s   worst {max(seconds):6.3f} s   {over}")


if __name__ == "__main__":
    main()
