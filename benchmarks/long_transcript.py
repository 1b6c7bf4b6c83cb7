"""Compares the cost of a transcript of 100,000 lines with one of 1,000.

`python -m benchmarks.long_transcript [--lines 100000] [--page]` writes both meetings into an empty installation. For
each way to read them it prints the seconds to the first byte and to the last, and the growth of the web process. With
`--page` it opens both in Chromium and prints the seconds to the first line and to the last.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.measuring import Family
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import NewSegment
from cantomeet.stored_json import StoredWord
from tests.e2e.seed import WORDS, Seed
from tests.e2e.serving import CHROMIUM, Web, web_running
from tests.upload_server import free_port

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


def seconds_to_show(web: Web, meeting: Meeting, count: int) -> tuple[float, float]:
    """Return the seconds to the first line on the page and to the last."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(f"{web.url}/meetings")
        began = time.monotonic()
        page.goto(f"{web.url}/meetings/{meeting.id}")
        page.locator(".line").first.wait_for()
        first = time.monotonic() - began
        page.locator(f".lines[data-lines='{count}']").wait_for(state="attached")
        last = time.monotonic() - began
        browser.close()
        return first, last


def compare(web: Web, meetings: dict[int, Meeting], *, page: bool) -> None:
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
    for count, meeting in meetings.items() if page else ():
        with growth(web.pid) as grown:
            first, last = seconds_to_show(web, meeting, count)
        print(table_row("page", count, first, last, 0, grown[0]))


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
        compare(web, meetings, page=chosen.page)


if __name__ == "__main__":
    main()
