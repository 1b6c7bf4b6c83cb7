"""Compares the cost of a transcript of 100,000 lines with one of 1,000.

`python -m benchmarks.long_transcript [--lines 100000] [--page]` writes both meetings into an empty installation. For
each way to read them it prints the seconds to the first byte and to the last, and the growth of the web process. With
`--page` it opens both in Chromium instead, by their address and by a click in the list, five times each. It prints the
median seconds to the first line and to the last, and the longest time for which the page did not answer meanwhile. The
aim at 5,000 lines is half a second to the first line.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from benchmarks.measuring import Family
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import NewSegment
from cantomeet.stored_json import StoredWord
from tests.e2e.seed import WORDS, Seed
from tests.e2e.serving import CHROMIUM, Web, web_running
from tests.upload_server import free_port

NOTE_LINES = """
window.begin = () => { window.seen = { began: performance.now(), frozen: 0 }; };
// By its address: from the moment at which the browser was told to go there.
window.seen = { began: 0, frozen: 0 };
new PerformanceObserver((list) => {
  for (const task of list.getEntries())
    if (task.startTime >= window.seen.began) window.seen.frozen = Math.max(window.seen.frozen, task.duration);
}).observe({ type: 'longtask' });
const note = () => {
  const lines = document.querySelector('.lines')?.dataset.lines;
  if (!lines || lines === '0' || lines === window.seen.lines) return;
  const now = performance.now() - window.seen.began;
  Object.assign(window.seen, { lines, last: now });
  if ('first' in window.seen) return;
  window.seen.first = now;
  // The frame that shows it has been handed over when the next one begins.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    window.seen.first = performance.now() - window.seen.began;
  }));
};
new MutationObserver((changes) => {
  if (changes.some((change) => change.attributeName === 'data-lines' || change.addedNodes.length)) note();
}).observe(document, { subtree: true, childList: true, attributeFilter: ['data-lines'] });
"""
ROUNDS = 5
"""Times that each page is opened."""
FORMS = ("txt", "md", "srt", "vtt", "json", "docx")
ORDINARY = 1000


def spoken(count: int) -> list[NewSegment]:
    """Return lines of three seconds, each with the times of its words."""
    made = []
    for number in range(count):
        speaker, said = WORDS[number % len(WORDS)]
        start = number * 3.0
        words = [
            StoredWord(text=c, start=start + n * 0.1, end=start + n * 0.1 + 0.1, confidence=0.9)
            for n, c in enumerate(said)
        ]
        made.append(NewSegment(start, start + 2.9, said, said, words, speaker))
    return made


def meeting_of(seed: Seed, count: int) -> Meeting:
    meeting, lines = seed.transcribing(seed.waiting(f"{count} lines")), spoken(count)
    for first in range(0, count, 5000):
        meeting = seed.piece(meeting, lines[first : first + 5000], 50)
    return seed.completed(seed.summarizing(meeting), items=[])


@contextmanager
def growth(pid: int) -> Iterator[list[float]]:
    """Yield a list that afterwards has the MiB by which the process grew during the block."""
    grown: list[float] = []
    with Family([pid]) as before:
        time.sleep(1.0)
    with Family([pid]) as family:
        yield grown
    grown.append(family.peak_mib - before.peak_mib)


def read(url: str) -> tuple[float, float, int]:
    """Return the seconds to the first byte and to the last, and the bytes."""
    began, first, size = time.monotonic(), 0.0, 0
    with httpx.stream("GET", url, timeout=600, headers={"Accept-Encoding": "identity"}) as answer:
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            first = first or time.monotonic() - began
            size += len(piece)
    return first, time.monotonic() - began, size


def read_pages(url: str) -> tuple[float, float, int]:
    """Read all pages, one after the other."""
    began, first, size, after = time.monotonic(), 0.0, 0, ""
    while True:
        page = httpx.get(url, params={"after": after, "limit": 1000}, timeout=60)
        first = first or time.monotonic() - began
        size += len(page.content)
        after = page.raise_for_status().json()["next"]
        if after is None:
            return first, time.monotonic() - began, size


@dataclass(frozen=True)
class Opened:
    """Seconds since the page was asked for."""

    first: float
    """Until the first line is painted."""
    last: float
    """Until the last line is there."""
    frozen: float
    """The longest task of the page's thread."""


def opened(web: Web, meeting: Meeting, count: int, *, by_click: bool) -> Opened:
    """Open the meeting's page in a browser that has the list open, as the page itself measures it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.add_init_script(NOTE_LINES)
        page.goto(f"{web.url}/meetings")
        row = page.locator(f"#meeting-{meeting.id} .row-title")
        row.wait_for()
        if by_click:
            page.evaluate("window.begin()")
            row.click()
        else:
            page.goto(f"{web.url}/meetings/{meeting.id}")
        page.wait_for_selector(f".lines[data-lines='{count}']", state="attached")
        # The last task is told only after it has ended.
        page.wait_for_timeout(1000)
        seen = page.evaluate("window.seen")
        browser.close()
        return Opened(*(seen[name] / 1000 for name in ("first", "last", "frozen")))


def show_page(web: Web, meeting: Meeting, count: int) -> None:
    for name, by_click in (("page, by its address", False), ("page, by a click", True)):
        with growth(web.pid) as grown:
            found = [opened(web, meeting, count, by_click=by_click) for _ in range(ROUNDS)]
        first, last, frozen = (median(getattr(one, part) for one in found) for part in ("first", "last", "frozen"))
        print(f"{table_row(name, count, first, last, 0, grown[0])}  longest task {frozen * 1000:.0f} ms", flush=True)


def compare(web: Web, meetings: dict[int, Meeting]) -> None:
    ways = {"GET meeting": "", "segments, page by page": "/segments"}
    ways |= {f"export {form}": f"/transcript?format={form}" for form in FORMS}
    for name, path in ways.items():
        seconds: dict[int, float] = {}
        for count, meeting in meetings.items():
            url = f"{web.url}/api/meetings/{meeting.id}{path}"
            with growth(web.pid) as grown:
                first, last, size = (read_pages if path == "/segments" else read)(url)
            seconds[count] = last
            print(table_row(name, count, first, last, size, grown[0]))
        few, many = min(seconds), max(seconds)
        print(f"{'':24} {seconds[many] / seconds[few]:.0f} times as long for {many / few:.0f} times as many lines")


def table_row(name: str, count: int, first: float, last: float, size: int, grown: float) -> str:
    times = f"first {first:7.3f} s  last {last:7.3f} s"
    return f"{name:24} {count:>7} lines  {times}  {size / 1e6:6.1f} MB  {grown:+7.1f} MiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--page", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, web_running(Path(folder), free_port()) as web:
        seed = Seed(web.store, FolderStorage(Path(folder) / "recordings", max_bytes=10**9, min_free_bytes=0))
        meetings = {count: meeting_of(seed, count) for count in (ORDINARY, chosen.lines)}
        if not chosen.page:
            compare(web, meetings)
        for count, meeting in meetings.items() if chosen.page else ():
            show_page(web, meeting, count)


if __name__ == "__main__":
    main()
