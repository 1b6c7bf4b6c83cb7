"""Uploads in a real browser while servers are killed and pages reloaded."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Request, expect

from cantomeet.database import connect
from cantomeet.models import Meeting
from cantomeet.store import Database
from launcher import page_build
from tests.recordings_factory import make_large_wav
from tests.upload_server import UploadServer, free_port

ROOT = Path(__file__).parents[2]
APP = "cantomeet_ui.cantomeet_ui:app"
MIB = 1024 * 1024
SIZE = 36 * MIB
SOME = 2 * MIB
SLOW = 1 * MIB
"""Bytes a second. Slow enough that the middle of an upload lasts half a minute, even on a busy machine."""
PATIENCE = 60.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def build(port: int) -> Iterator[Path]:
    """A build for the port, which is part of the pages."""
    made = page_build.ensure(ROOT, port)
    with page_build.in_use(made):
        yield made


@pytest.fixture
def server(tmp_path: Path, port: int, build: Path) -> Iterator[UploadServer]:
    folder = tmp_path / "data"
    # No Redis listens there: an upload needs no queue.
    environment = {**page_build.server_environment(build), "REDIS_URL": "redis://127.0.0.1:1/0"}
    running = UploadServer(folder, APP, port, environment)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    opened = chromium.new_context()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_large_wav(tmp_path_factory.mktemp("large") / "十一月例會.wav", SIZE)


@dataclass
class Tab:
    """The upload page with a slow connection, and the offsets of its requests."""

    page: Page
    offsets: list[int] = field(default_factory=list)
    _network: CDPSession | None = None

    @classmethod
    def opened(cls, context: BrowserContext, server: UploadServer) -> Tab:
        tab = cls(context.new_page())
        tab.page.on("request", tab._note)
        tab.page.goto(f"http://localhost:{server.port}/")
        expect(tab.page.locator(".ct-choose")).to_be_visible()
        tab._network = context.new_cdp_session(tab.page)
        tab._network.send("Network.enable")
        tab._send_at(SLOW)
        return tab

    def hurry(self) -> None:
        """Send the rest at full speed, the running request included."""
        self._send_at(-1)

    def _send_at(self, rate: int) -> None:
        """Limit the upload to `rate` bytes a second; -1 for no limit."""
        assert self._network is not None
        limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
        self._network.send("Network.emulateNetworkConditions", limits)

    def choose(self, *files: Path) -> None:
        self.page.locator(".ct-uploads input[type=file]").set_input_files([str(file) for file in files])

    @property
    def rows(self):  # type: ignore[no-untyped-def]  # a locator
        return self.page.locator(".ct-upload-row")

    def _note(self, request: Request) -> None:
        if request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))


def eventually(condition: Callable[[], bool], what: str, page: Page) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(20)


def arrived(server: UploadServer) -> int:
    """Bytes received of the running upload."""
    return max((path.stat().st_size for path in (server.folder / "recordings").rglob("*.part")), default=0)


def meetings(server: UploadServer) -> list[Meeting]:
    engine = connect(f"sqlite:///{server.folder / 'cantomeet.db'}")
    store = Database(engine)
    found = [store.meetings.find_by_upload(key) for key in store.retention.recording_keys()]
    engine.dispose()
    return [meeting for meeting in found if meeting is not None]


def assert_arrived_once(server: UploadServer, recording: Path) -> None:
    (meeting,) = meetings(server)
    key = meeting.recording_key
    assert (server.folder / "recordings" / key[:2] / key).read_bytes() == recording.read_bytes()
    assert (meeting.filename, meeting.title) == ("十一月例會.wav", "十一月例會")
    assert arrived(server) == 0


def test_an_upload_continues_after_the_server_was_killed(
    server: UploadServer, context: BrowserContext, recording: Path
) -> None:
    tab = Tab.opened(context, server)
    tab.choose(recording)
    eventually(lambda: arrived(server) > SOME, "too little of it arrives", tab.page)
    server.kill()
    there = arrived(server)
    expect(tab.rows).to_have_class("ct-upload-row is-waiting", timeout=PATIENCE * 1000)
    tab.hurry()
    server.start()
    expect(tab.rows).to_have_count(0, timeout=PATIENCE * 1000)
    assert_arrived_once(server, recording)
    assert tab.offsets == [0, there]


def test_an_upload_continues_after_a_reload_with_the_same_file(
    server: UploadServer, context: BrowserContext, recording: Path
) -> None:
    tab = Tab.opened(context, server)
    tab.choose(recording)
    eventually(lambda: arrived(server) > SOME, "too little of it arrives", tab.page)
    # Not by closing the tab: its rate limit ends before its requests, and megabytes would still arrive.
    tab.page.reload()
    expect(tab.page.locator(".ct-choose")).to_be_visible()
    expect(tab.rows).to_have_count(0)
    tab.choose(recording)
    expect(tab.rows).to_have_count(1)
    tab.hurry()
    expect(tab.rows).to_have_count(0, timeout=PATIENCE * 1000)
    assert_arrived_once(server, recording)
    first, second = tab.offsets
    assert first == 0
    assert second > SOME


def test_two_windows_with_one_file_make_one_meeting(
    server: UploadServer, context: BrowserContext, recording: Path
) -> None:
    first = Tab.opened(context, server)
    first.choose(recording)
    eventually(lambda: arrived(server) > 0, "nothing arrives", first.page)
    second = Tab.opened(context, server)
    second.choose(recording)
    expect(second.rows).to_have_class("ct-upload-row is-locked", timeout=PATIENCE * 1000)
    first.hurry()
    expect(first.rows).to_have_count(0, timeout=PATIENCE * 1000)
    expect(second.rows).to_have_count(0, timeout=PATIENCE * 1000)
    assert_arrived_once(server, recording)
    assert second.offsets == []


def test_pausing_keeps_the_received_bytes_and_cancelling_deletes_them(
    server: UploadServer, context: BrowserContext, recording: Path, tmp_path: Path
) -> None:
    tab = Tab.opened(context, server)
    tab.choose(recording, make_large_wav(tmp_path / "short.wav", MIB))
    first, second = tab.rows.nth(0), tab.rows.nth(1)
    expect(second).to_have_class("ct-upload-row is-queued")
    # The remaining time is shown only for a moving upload, once its speed is known.
    expect(first.locator(".ct-left")).to_have_text(re.compile(r"^還有 \d+:\d\d$"))
    expect(first.locator(".ct-speed")).to_have_text(re.compile(r"^[\d.]+ MB/s$"))
    expect(second.locator(".ct-upload-numbers")).to_be_empty()
    first.locator(".ct-pause").click()
    expect(first).to_have_class("ct-upload-row is-paused")
    expect(first.locator(".ct-left")).to_have_count(0)
    # The next upload does not wait for a paused one.
    expect(tab.rows).to_have_count(1, timeout=PATIENCE * 1000)
    assert [meeting.filename for meeting in meetings(server)] == ["short.wav"]
    tab.page.locator(".ct-resume").click()
    expect(first).to_have_class("ct-upload-row is-uploading")
    eventually(lambda: len(tab.offsets) == 3, "it does not go on", tab.page)
    assert tab.offsets[2] > 0
    tab.page.locator(".ct-cancel").click()
    expect(tab.rows).to_have_count(0)
    eventually(lambda: arrived(server) == 0, "the upload stays", tab.page)
    assert len(meetings(server)) == 1


def test_an_upload_goes_on_while_another_page_is_shown(
    server: UploadServer, context: BrowserContext, recording: Path
) -> None:
    tab = Tab.opened(context, server)
    tab.choose(recording)
    eventually(lambda: arrived(server) > 0, "nothing arrives", tab.page)
    tab.page.locator('nav a[href="/meetings"]').click()
    expect(tab.page.locator(".ct-drop")).to_have_count(0)
    tab.hurry()
    eventually(lambda: len(meetings(server)) == 1, "it does not go on", tab.page)
    assert_arrived_once(server, recording)
    assert tab.offsets == [0]


def test_each_of_several_files_shows_its_own_result(
    server: UploadServer, context: BrowserContext, tmp_path: Path
) -> None:
    good, text, empty = make_large_wav(tmp_path / "good.wav", MIB), tmp_path / "notes.mp3", tmp_path / "empty.wav"
    text.write_text("會議紀錄\n" * 20)
    empty.touch()
    tab = Tab.opened(context, server)
    tab.choose(text, good, empty)
    expect(tab.page.locator(".is-failed")).to_have_count(2, timeout=PATIENCE * 1000)
    expect(tab.rows).to_have_count(2)
    expect(tab.rows.nth(0)).to_contain_text("文字檔")
    expect(tab.rows.nth(1)).to_contain_text("空")
    assert [meeting.filename for meeting in meetings(server)] == ["good.wav"]
    tab.page.locator(".ct-cancel").first.focus()
    tab.page.keyboard.press("Enter")
    expect(tab.rows).to_have_count(1)
