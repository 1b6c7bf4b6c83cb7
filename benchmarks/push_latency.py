"""Measures the time from a committed change to its paint in the browser.

    python -m benchmarks.push_latency [--clients 200] [--pushes 60] [--every 1.0]

Starts the web application on its own port with its own Redis. A meeting is being transcribed and its page is open in
headless Chromium. Each push is a new percentage, committed and published as the worker does it, and the page itself
notes when the frame after it was painted. The clients are websockets that join the same page as a browser does; the
arrival of their messages is measured too. The output also has the time that the same hints take from one process to
another through Redis alone, measured in the same run; everything above that is ours. It also prints the web process's
share of one core, while all clients wait and while pushes are sent. It takes about four minutes; the clients' own work
uses the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil
import redis
import websockets
from playwright.sync_api import Page, sync_playwright
from websockets import Origin

from benchmarks.measuring import p50_p95
from cantomeet.changes import CHANNEL
from cantomeet.models import Meeting
from tests.e2e.seed import lines
from tests.e2e.serving import CHROMIUM, Web, web_running
from tests.upload_server import free_port

LINES = 50
SETTLE_SECONDS = 15.0
"""Seconds to wait after the clients have joined, while their states are written to disk once."""
IDLE_SECONDS = 15.0

NOTE_PAINTS = """
window.painted = {};
const note = () => {
  const shown = document.querySelector('.percent')?.textContent;
  if (!shown || shown in window.painted) return;
  window.painted[shown] = 0;
  // The frame that shows it has been handed over when the next one begins.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    window.painted[shown] = (performance.timeOrigin + performance.now()) / 1000;
  }));
};
new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
"""


@dataclass
class Clients:
    """Websockets on a meeting's page; `heard` has the time at which each client received a percentage."""

    url: str
    meeting_id: str
    heard: list[tuple[int, float]] = field(default_factory=list)
    joined: int = 0

    async def run(self, count: int, stop: threading.Event) -> None:
        """Keep `count` clients until `stop` is set."""
        tasks = [asyncio.create_task(self._client()) for _ in range(count)]
        await asyncio.to_thread(stop.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _client(self) -> None:
        address = f"{self.url.replace('http', 'ws', 1)}/_event/?token={uuid4()}&EIO=4&transport=websocket"
        async with websockets.connect(address, origin=Origin(self.url), max_size=None) as socket:
            await socket.recv()
            await socket.send("40/_event," + json.dumps({"event": self._boot()}))
            async for message in socket:
                text = str(message)
                if text == "2":
                    await socket.send("3")
                elif '"is_hydrated_rx_state_":true' in text:
                    self.joined += 1
                elif '"progress":' in text:
                    self.heard.append((_percent(text), time.time()))

    def _boot(self) -> dict[str, object]:
        path = f"/meetings/{self.meeting_id}"
        router = {"pathname": path, "asPath": path, "query": {"meeting_id": self.meeting_id}}
        return {"name": "reflex___state____state.hydrate_and_load", "payload": {}, "router_data": router}


def _percent(text: str) -> int:
    return int(text.partition('"progress":')[2].partition(",")[0])


@contextmanager
def joined(web: Web, meeting: Meeting, count: int) -> Iterator[Clients]:
    """Yield the clients, in their own thread, once the page was sent to all of them."""
    clients, stop = Clients(web.url, meeting.id), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(clients.run(count, stop)))
    thread.start()
    deadline = time.monotonic() + 120
    while clients.joined < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {clients.joined} of {count} clients joined")
        time.sleep(0.1)
    try:
        yield clients
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class Round:
    painted: list[float]
    """Seconds from commit to paint."""
    sent: list[float]
    """Seconds from commit until a client had it; one for each client and push."""
    waiting_core: float
    """Share of one core while all clients wait."""
    pushing_core: float


def measure(web: Web, meeting: Meeting, page: Page, clients: Clients | None, pushes: int, every: float) -> Round:
    """Send one round of pushes to an open page."""
    process = psutil.Process(web.pid)
    time.sleep(SETTLE_SECONDS)
    waiting = _core_share(process, lambda: time.sleep(IDLE_SECONDS))
    committed: dict[int, float] = {}

    def push() -> None:
        for percent in range(1, pushes + 1):
            changed = web.seed.progress(meeting, percent)
            committed[percent] = time.time()
            web.tell(changed)
            time.sleep(every)

    page.evaluate("window.painted = {}")
    pushing = _core_share(process, push)
    page.wait_for_timeout(6000)
    seen = {int(shown.split()[0]): at for shown, at in page.evaluate("window.painted").items() if at}
    missed = committed.keys() - seen.keys()
    if missed:
        print(f"  never painted, overtaken by the next: {sorted(missed)}")
    heard = [] if clients is None else clients.heard
    return Round(
        [seen[percent] - at for percent, at in committed.items() if percent in seen],
        # A client that joins first receives the last percentage of the round before.
        [at - committed[percent] for percent, at in heard if at >= committed.get(percent, at + 1)],
        waiting,
        pushing,
    )


def _core_share(process: psutil.Process, work: Callable[[], object]) -> float:
    before, started = process.cpu_times(), time.monotonic()
    work()
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return float(spent) / (time.monotonic() - started)


def bare_redis(url: str, pushes: int) -> list[float]:
    """Return the seconds that a hint takes through Redis alone from one thread to another."""
    took: list[float] = []
    ready = threading.Event()

    def listen() -> None:
        with redis.Redis.from_url(url) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe(CHANNEL + ":bare")
            ready.set()
            while len(took) < pushes:
                message = pubsub.get_message(timeout=5.0)
                if message is not None:
                    took.append(time.time() - float(message["data"]))

    thread = threading.Thread(target=listen)
    thread.start()
    ready.wait()
    time.sleep(0.2)
    with redis.Redis.from_url(url) as client:
        for _ in range(pushes):
            client.publish(CHANNEL + ":bare", repr(time.time()))
            time.sleep(0.02)
    thread.join()
    return took


def report(name: str, found: Round, bare: float) -> None:
    print(f"{name}")
    for what, seconds in (("committed -> painted", found.painted), ("committed -> sent to a client", found.sent)):
        if len(seconds) > 1:
            p50, p95 = p50_p95(seconds)
            print(f"  {what:30} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   {p50 / bare:6.1f} x bare   n={len(seconds)}")
    print(f"  web process, of one core       waiting {found.waiting_core:6.1%}   pushing {found.pushing_core:6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--pushes", type=int, default=60, choices=range(2, 100), metavar="2-99")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between pushes")
    parser.add_argument("--port", type=int, default=None)
    options = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, {options.pushes} pushes {options.every} s apart")
    with (
        tempfile.TemporaryDirectory() as folder,
        web_running(Path(folder), options.port or free_port()) as web,
        sync_playwright() as playwright,
    ):
        bare = p50_p95(bare_redis(web.redis.url, 200))
        print(f"Redis alone                      p50 {bare[0]:7.1f} ms   p95 {bare[1]:7.1f} ms")
        meeting = web.seed.waiting("例會")
        web.seed.transcribing(meeting)
        web.seed.piece(meeting, lines(LINES), 0)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page()
        page.add_init_script(NOTE_PAINTS)
        page.goto(f"{web.url}/meetings/{meeting.id}")
        page.wait_for_selector(f".lines[data-lines='{LINES}']")
        report("1 tab", measure(web, meeting, page, None, options.pushes, options.every), bare[0])
        with joined(web, meeting, options.clients) as clients:
            found = measure(web, meeting, page, clients, options.pushes, options.every)
        report(f"1 tab and {options.clients} clients", found, bare[0])
        browser.close()


if __name__ == "__main__":
    main()
