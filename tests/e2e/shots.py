"""Takes screenshots of every page in its main states, for review.

`python -m tests.e2e.shots [NAME...]` writes all of them, or those whose name starts with NAME, to tests/e2e/shots (not
in git). A name is page-state-width: "list-many-1440". `CANTOMEET_E2E_PORT` keeps the build from one run to the next.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from cantomeet.errors import ErrorCode
from cantomeet.models import Meeting
from tests.e2e.seed import lines
from tests.e2e.serving import CHROMIUM, Web, until, web_running
from tests.e2e.stories import ESTATE, LONG_TITLE, TITLES, tell
from tests.meetings import index
from tests.running import ROOT
from tests.upload_server import free_port

SHOTS = ROOT / "tests" / "e2e" / "shots"
WIDTHS = {1440: 900, 390: 844}
LONGEST = 1600
"""Limit on the height of a picture in pixels. The rest of a long list looks the same."""
REFUSED = {"provider": "Speechmatics", "setting": "SPEECHMATICS_API_KEY"}
Prepare = Callable[[Web], str]
"""Writes the meetings and returns the address to open."""


@dataclass(frozen=True)
class Shot:
    name: str
    prepare: Prepare
    ready: str
    """Selector of an element to wait for before the picture is taken."""
    english: bool = False
    dark: bool = False
    alive: bool = True
    """If False, show the prerendered page, before any script has loaded."""
    act: Callable[[Page], None] = lambda page: None
    """Interactions before the picture is taken."""
    high: int = 0
    """Height of the window in pixels, if not the default."""


def no_meeting(path: str) -> Prepare:
    return lambda web: path


def one_meeting(web: Web) -> str:
    tell(web.seed, ESTATE)
    return "/meetings"


def many_meetings(web: Web) -> str:
    """Sixty meetings, in every state."""
    for number in range(55):
        day = date(2026, 11, 20) - timedelta(days=9 * number)
        seconds = 600 + 613 * number % 7400
        whole(web, TITLES[number % len(TITLES)], seconds, count=3 + number % 6, meeting_date=day)
    web.seed.failed("董事會錄音（手機）", ErrorCode.PROVIDER_KEY_REFUSED, **REFUSED)
    tell(web.seed, ESTATE)
    stopped = web.seed.waiting("錯咗檔案")
    web.store.meetings.cancel(stopped.id)
    web.seed.transcribing(web.seed.waiting("長者中心家屬座談會", duration_seconds=5340.0), 42)
    web.seed.summarizing(web.seed.transcribing(web.seed.waiting("Vendor call, Shenzhen factory")), lines(6))
    web.seed.waiting(LONG_TITLE, duration_seconds=8123.0)
    return "/meetings"


def whole(web: Web, title: str, seconds: int, count: int, **columns: date) -> Meeting:
    meeting = web.seed.waiting(title, duration_seconds=float(seconds), **columns)
    web.seed.transcribing(meeting)
    web.seed.summarizing(meeting, lines(count))
    return web.seed.completed(meeting)


def searched(web: Web) -> str:
    many_meetings(web)
    return "/meetings?q=銀行&from=2026-01-01"


def found_everywhere(web: Web) -> str:
    many_meetings(web)
    index(web.store)
    return "/search?q=銀行"


def found_once(web: Web, query: str) -> str:
    tell(web.seed, ESTATE)
    index(web.store)
    return query


def told(web: Web) -> str:
    return f"/meetings/{tell(web.seed, ESTATE).id}"


def extracted(web: Web) -> str:
    return f"/meetings/{web.seed.whole('例會', 24).id}"


def under_way(web: Web) -> str:
    meeting = web.seed.waiting("長者中心家屬座談會", duration_seconds=5340.0)
    web.seed.transcribing(meeting)
    web.seed.piece(meeting, lines(9), 42)
    return f"/meetings/{meeting.id}"


def received(web: Web) -> str:
    return f"/meetings/{web.seed.waiting('長者中心家屬座談會').id}"


def silent(web: Web) -> str:
    return f"/meetings/{web.seed.whole('靜音', 0, 'none').id}"


def failed(web: Web) -> str:
    return f"/meetings/{web.seed.failed('董事會錄音', ErrorCode.PROVIDER_KEY_REFUSED, **REFUSED).id}"


def long_title(web: Web) -> str:
    return f"/meetings/{whole(web, LONG_TITLE, 8123, 30).id}"


def troubled(web: Web) -> str:
    for number in range(3):
        web.seed.failed(TITLES[number], ErrorCode.PROVIDER_KEY_REFUSED, **REFUSED)
    web.seed.failed(LONG_TITLE, ErrorCode.RECORDING_UNREADABLE, found="unknown")
    one_meeting(web)
    return "/admin"


def hold_uploads(page: Page) -> None:
    """Several files, of which the first uploads slowly and never finishes."""
    folder = Path(tempfile.mkdtemp())
    names = ("十一月例會（完整版）.m4a", "Board meeting 2026-11-19 with a rather long file name.wav", "notes.mp3")
    files = [folder / name for name in names]
    for file in files[:2]:
        with file.open("wb") as written:
            written.truncate(60_000_000)
    files[2].write_text("會議紀錄\n" * 20)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 6_000_000}
    network.send("Network.emulateNetworkConditions", limits)
    page.locator(".ct-uploads input[type=file]").set_input_files([str(file) for file in files])
    until(page, "parseInt(document.querySelector('.ct-percent')?.textContent) > 20")


def open_details(page: Page) -> None:
    page.locator(".details > summary").click()


def play(page: Page) -> None:
    show_transcript(page)
    page.locator(".line").nth(9).click()
    page.locator(".line[data-now]").wait_for()
    page.keyboard.press(" ")


def hear_a_decision(page: Page) -> None:
    page.locator("[data-kind=decision] .play").nth(1).click()
    page.locator(".line[data-now]").wait_for(state="attached")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    page.mouse.move(0, 0)


def press(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.click()


def show_transcript(page: Page) -> None:
    """Open the transcript's tab on a phone."""
    if page.locator(".tabs").is_visible():
        page.locator(".tabs label").nth(1).click()
        page.locator(".line").first.wait_for()


def find_words(page: Page) -> None:
    show_transcript(page)
    page.get_by_role("searchbox").fill("63萬")
    page.locator(".line mark").first.wait_for()


def ask_to_delete(page: Page) -> None:
    press(".menu.more summary")(page)
    press(".menu.more [data-tone=red]")(page)


LINES, ROWS = ".line", ".row"
SHOTS_WANTED = (
    Shot("upload-empty", no_meeting("/"), ".ct-choose"),
    Shot("upload-loading", no_meeting("/"), ".ct-early", alive=False),
    Shot("upload-busy", no_meeting("/"), ".ct-choose", act=hold_uploads),
    Shot("upload-details-english", no_meeting("/"), ".ct-choose", english=True, act=open_details),
    Shot("upload-dark", no_meeting("/"), ".ct-choose", dark=True, act=hold_uploads),
    Shot("list-empty", no_meeting("/meetings"), ".nothing"),
    Shot("list-loading", no_meeting("/meetings"), "main", alive=False),
    Shot("list-one", one_meeting, ROWS),
    Shot("list-many", many_meetings, ROWS),
    Shot("list-search", searched, "mark"),
    Shot("list-none", lambda web: one_meeting(web) + "?q=沒有人說過", ".nothing"),
    Shot("list-many-english", many_meetings, ROWS, english=True),
    Shot("list-many-dark", many_meetings, ROWS, dark=True),
    Shot("search-empty", no_meeting("/search"), ".search-ask"),
    Shot("search-none", lambda web: found_once(web, "/search?q=沒有人說過&status=COMPLETED"), ".nothing"),
    Shot("search-one", lambda web: found_once(web, "/search?q=拆棚"), ".hit"),
    Shot("search-signs", lambda web: found_once(web, "/search?q=%25%25&from=x"), ".notice"),
    Shot("search-many", found_everywhere, ".hit"),
    Shot("search-many-english", found_everywhere, ".hit", english=True),
    Shot("search-many-dark", found_everywhere, ".hit", dark=True),
    Shot("meeting-find", told, LINES, act=find_words),
    Shot("meeting-find-dark-english", told, LINES, english=True, dark=True, act=find_words),
    Shot("meeting-llm", told, LINES, act=play),
    Shot("meeting-dark", told, LINES, dark=True, act=play),
    Shot("meeting-english", told, LINES, english=True),
    Shot("meeting-transcript", told, LINES, act=show_transcript),
    Shot("meeting-extracted", extracted, LINES),
    Shot("meeting-menu", told, LINES, act=press(".menu summary")),
    Shot("meeting-delete", told, LINES, act=ask_to_delete),
    Shot("meeting-edit", told, LINES, act=press(".meeting-title button")),
    Shot("meeting-loading", told, "body", alive=False),
    Shot("meeting-waiting", received, ".banner"),
    Shot("meeting-under-way", under_way, LINES),
    Shot("meeting-silent", silent, ".transcript-pane .pane-note"),
    Shot("meeting-failed", failed, ".banner"),
    Shot("meeting-long-title", long_title, LINES),
    Shot("meeting-missing", no_meeting("/meetings/not-an-id"), ".nothing"),
    Shot("meeting-keys", told, LINES, act=lambda page: page.keyboard.press("?")),
    Shot("admin-fine", lambda web: one_meeting(web) and "/admin", ".admin-section"),
    Shot("admin-troubled", troubled, ".cause"),
    Shot("admin-troubled-english-dark", troubled, ".cause", english=True, dark=True),
    Shot("actions", lambda web: one_meeting(web) and "/actions", ".todo"),
    Shot("actions-english-dark", lambda web: one_meeting(web) and "/actions", ".todo", english=True, dark=True),
    Shot("templates", no_meeting("/templates"), "h1"),
    Shot("glossary", no_meeting("/glossary"), "h1"),
    Shot("lost", no_meeting("/no-such-page"), ".nothing"),
    Shot("readme-meeting", told, LINES, act=hear_a_decision, high=1200),
    Shot("readme-upload", no_meeting("/"), ".ct-choose", act=hold_uploads),
)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        yield launched
        launched.close()


def take(opened: Browser, web: Web, shot: Shot, width: int, path: str) -> None:
    """Take one picture, of the whole page if it is longer than the screen."""
    context = opened.new_context(
        base_url=web.url,
        viewport={"width": width, "height": shot.high or WIDTHS[width]},
        color_scheme="dark" if shot.dark else "light",
        has_touch=width < 720,
        is_mobile=width < 720,
        reduced_motion="reduce",
        locale="en-GB" if shot.english else "zh-HK",
    )
    if shot.english:
        context.add_cookies([{"name": "cantomeet-language", "value": "en", "url": web.url}])
    page = context.new_page()
    if not shot.alive:
        page.route("**/assets/**/*.js", lambda route: route.abort())
    page.goto(path)
    # Some are in the pane that a phone does not show.
    page.locator(shot.ready).first.wait_for(state="attached")
    page.locator("html[lang=en]" if shot.english else "html[lang=zh-Hant-HK]").wait_for()
    if not shot.alive:
        page.wait_for_timeout(500)
    shot.act(page)
    page.wait_for_timeout(300)
    wide, high = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    seen = {"x": 0, "y": 0, "width": width, "height": min(high, LONGEST)}
    page.screenshot(path=SHOTS / f"{shot.name}-{width}.png", full_page=True, clip=seen)
    if wide > width:
        print(f"{shot.name}-{width}: {wide} px wide")
    context.close()


def main(wanted: tuple[str, ...], shots: tuple[Shot, ...] = SHOTS_WANTED) -> None:
    SHOTS.mkdir(exist_ok=True)
    port = int(os.environ.get("CANTOMEET_E2E_PORT") or free_port())
    with tempfile.TemporaryDirectory() as folder, web_running(Path(folder), port) as web, browser() as opened:
        for shot in shots:
            widths = [w for w in WIDTHS if not wanted or f"{shot.name}-{w}".startswith(wanted)]
            if not widths:
                continue
            web.clear()
            path = shot.prepare(web)
            for width in widths:
                try:
                    take(opened, web, shot, width, path)
                except Exception as error:  # the others are worth having
                    print(f"{shot.name}-{width}: {error}")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
