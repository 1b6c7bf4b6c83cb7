"""Measures what open list tabs cost the web process while meetings change.

    python -m benchmarks.list_tabs [--tabs 1 20 200] [--changes 0 1 5] [--meetings 50] [--seconds 15] [--url ...]

Starts the web application on its own port with its own Redis. The tabs are websockets that open the list of meetings
as a browser does. Each change is a new percentage of one of ten meetings in transcription, committed and published as
the worker does it. For each number of tabs and changes a second it prints the web process's share of one core, the
messages and characters that a tab receives a second, and the median time of `GET /api/meetings` meanwhile. `--meetings`
adds meetings that do not change, `--url` takes an empty PostgreSQL. The tabs' own work uses the same cores. With five
changes a second the aims are 15 % of a core for 20 tabs, 100 % for 200, and at most two messages a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

import httpx
import psutil
import websockets
from websockets import Origin

from benchmarks.lists import fill
from cantomeet.models import Meeting
from tests.e2e.serving import Web, web_running
from tests.upload_server import free_port

MOVING = 10
"""Meetings that change."""
SETTLE_SECONDS = 5.0
_ASK_EVERY = 0.5
"""Seconds between requests of the list through the API."""


@dataclass
class Tabs:
    """Websockets on the list of meetings."""

    url: str
    joined: int = 0
    messages: int = 0
    received: int = 0
    """Characters."""

    async def run(self, count: int, stop: threading.Event) -> None:
        """Keep `count` tabs open until `stop` is set."""
        tasks = [asyncio.create_task(self._tab()) for _ in range(count)]
        await asyncio.to_thread(stop.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tab(self) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/_event/?token={uuid4()}&EIO=4&transport=websocket"
        router = {"pathname": "/meetings", "asPath": "/meetings", "query": {}}
        boot = {"name": "reflex___state____state.hydrate_and_load", "payload": {}, "router_data": router}
        async with websockets.connect(address, origin=Origin(self.url), max_size=None) as socket:
            await socket.recv()
            await socket.send("40/_event," + json.dumps({"event": boot}))
            async for message in socket:
                text = str(message)
                if text == "2":
                    await socket.send("3")
                    continue
                self.messages += 1
                self.received += len(text)
                if '"is_hydrated_rx_state_":true' in text:
                    self.joined += 1


@contextmanager
def opened(web: Web, count: int) -> Iterator[Tabs]:
    """Yield the tabs, in their own thread, once all of them show the list."""
    tabs, stop = Tabs(web.url), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(tabs.run(count, stop)))
    thread.start()
    try:
        deadline = time.monotonic() + 120
        while tabs.joined < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {tabs.joined} of {count} tabs opened")
            time.sleep(0.1)
        yield tabs
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class Cost:
    core: float
    """Share of one core."""
    asked: list[float]
    """Seconds of each request of the list."""
    messages: float
    characters: float
    """Both a tab and second."""


def measure(web: Web, moving: list[Meeting], tabs: Tabs, count: int, each_second: float, seconds: float) -> Cost:
    """Change meetings for so many seconds while the tabs are open."""
    process, stop, asked = psutil.Process(web.pid), threading.Event(), list[float]()
    asking = threading.Thread(target=_ask, args=(web.url, stop, asked))
    before, messages, received = process.cpu_times(), tabs.messages, tabs.received
    started = time.monotonic()
    asking.start()
    number = 0
    while time.monotonic() - started < seconds:
        if not each_second:
            time.sleep(seconds)
            break
        meeting = moving[number % len(moving)]
        web.tell(web.seed.progress(meeting, number // len(moving) % 100))
        number += 1
        time.sleep(max(0.0, started + number / each_second - time.monotonic()))
    took = time.monotonic() - started
    after = process.cpu_times()
    stop.set()
    asking.join()
    spent = after.user + after.system - before.user - before.system
    each = took * count
    return Cost(spent / took, asked, (tabs.messages - messages) / each, (tabs.received - received) / each)


def _ask(url: str, stop: threading.Event, asked: list[float]) -> None:
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        while not stop.wait(_ASK_EVERY):
            started = time.perf_counter()
            client.get("/api/meetings").raise_for_status()
            asked.append(time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tabs", type=int, nargs="+", default=[1, 20, 200])
    parser.add_argument("--changes", type=float, nargs="+", default=[0, 1, 5], help="a second")
    parser.add_argument("--meetings", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--url", help="of an empty database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, web_running(Path(folder), free_port(), options.url) as web:
        fill(web.store, options.meetings, 3)
        moving = [web.seed.waiting(f"例會 {number}") for number in range(MOVING)]
        for meeting in moving:
            web.seed.transcribing(meeting)
        print(" tabs  changes/s  of a core  list API p50  messages/s  KB/s a tab")
        for count in options.tabs:
            with opened(web, count) as tabs:
                for each_second in options.changes:
                    time.sleep(SETTLE_SECONDS)
                    found = measure(web, moving, tabs, count, each_second, options.seconds)
                    print(
                        f"{count:5} {each_second:10g} {found.core:10.1%} {median(found.asked) * 1000:10.1f} ms"
                        f" {found.messages:11.2f} {found.characters / 1000:11.2f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
