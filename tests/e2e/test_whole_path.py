"""A new user's path: `cantomeet up`, a recording dropped on the page, and the result in a browser."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cantomeet.database import connect
from cantomeet.errors import ErrorCode
from cantomeet.store import Database, NewAttempt
from tests import sound
from tests.e2e.serving import until
from tests.installed import Installation
from tests.logging_proxy import LoggingProxy
from tests.running import PATIENCE, wait_for

SPEECH = (
    "Good morning everybody. We decided to launch the new product in December. "
    "John will send the plan by Friday. Do we need a larger budget?"
)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    opened = chromium.new_page(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(PATIENCE * 1000)
    yield opened
    opened.close()


def uploaded(running: Installation, folder: Path, name: str, text: str) -> str:
    """Upload through the API. Returns the meeting's id."""
    sound.speech(folder / name, text)
    return running.upload(folder / name)


@pytest.mark.timeout(600)
def test_a_recording_dropped_on_the_page_becomes_a_summary_that_can_be_played(
    running: Installation, page: Page, tmp_path: Path
) -> None:
    sound.speech(tmp_path / "monthly.wav", SPEECH)
    page.goto(running.url)
    page.locator(".ct-uploads input[type=file]").set_input_files(tmp_path / "monthly.wav")
    page.locator("main a[href^='/meetings/']").first.click()
    article = page.locator("article.meeting")
    expect(article).to_have_attribute("data-status", "COMPLETED", timeout=PATIENCE * 1000)
    expect(page.locator(".line-text").first).to_contain_text("morning")
    page.locator(".line").nth(1).click()
    until(page, "document.querySelector('audio').currentTime > 2")
    meeting = page.url.rsplit("/", 1)[-1].partition("?")[0]
    found = running.api(f"/api/meetings/{meeting}")
    by_id = {segment["id"]: segment for segment in found["segments"]}
    assert by_id
    assert all(0 <= s["start"] < s["end"] <= found["duration_seconds"] for s in by_id.values())
    summary = found["summary"]
    kinds = ("overview", "decisions", "action_items", "questions")
    items = [item for kind in kinds for item in summary[kind]]
    assert items
    assert all(proof["quote"] in by_id[proof["segment_id"]]["text"] for item in items for proof in item["evidence"])


@pytest.mark.timeout(600)
def test_workers_killed_in_a_recognition_are_replaced_and_go_on(running: Installation, tmp_path: Path) -> None:
    meeting = uploaded(running, tmp_path, "long.wav", " ".join([SPEECH] * 6))
    store = Database(connect(f"sqlite:///{running.data / 'cantomeet.db'}"))
    done = wait_for(lambda: store.meetings.get(meeting).recognised_seconds, "the first piece")
    for process in running.children():
        if "worker" in process.cmdline():
            process.send_signal(signal.SIGKILL)
    ended = wait_for(lambda: running.api(f"/api/meetings/{meeting}")["status"] == "COMPLETED", "the meeting")
    assert ended
    pieces = [attempt.detail for attempt in store.meetings.attempts(meeting) if attempt.step == "recognise"]
    assert len(pieces) == len(set(pieces)), "no piece was recognised and saved twice"
    assert store.meetings.get(meeting).recognised_seconds > done
    store.engine.dispose()


@pytest.mark.timeout(300)
def test_a_failed_meeting_is_found_and_retried_from_the_admin_page(
    running: Installation, page: Page, tmp_path: Path
) -> None:
    meeting = uploaded(running, tmp_path, "retry.wav", "Please try again.")
    wait_for(lambda: running.api(f"/api/meetings/{meeting}")["status"] == "COMPLETED", "the meeting")
    store = Database(connect(f"sqlite:///{running.data / 'cantomeet.db'}"))
    store.switches.pause(True)
    store.meetings.retry(meeting, "summarize")
    store.switches.pause(False)
    lease = wait_for(lambda: store.pipeline.take_lease(meeting, 60), "the lease", 5)
    store.pipeline.record_failure(
        meeting,
        lease.job.run,
        tried=NewAttempt("summarize", store.now()),
        code=ErrorCode.PROVIDER_BUSY,
        params={"provider": "test"},
        reason="test",
    )
    store.engine.dispose()
    page.goto(f"{running.url}/meetings?status=FAILED")
    expect(page.get_by_text("retry", exact=True)).to_be_visible()
    page.goto(f"{running.url}/admin")
    page.get_by_role("button", name="重試", exact=True).first.click()
    # The preview comes first.
    page.get_by_role("button", name="重試 1 個", exact=True).click()
    wait_for(lambda: running.api(f"/api/meetings/{meeting}")["status"] == "COMPLETED", "the retry")


@pytest.mark.timeout(600)
def test_the_embedded_path_sends_nothing_and_leaves_nothing_in_the_home_folder(
    running: Installation, proxy: LoggingProxy, home: Path, tmp_path: Path
) -> None:
    meeting = uploaded(running, tmp_path, "quiet.wav", SPEECH)
    wait_for(lambda: running.api(f"/api/meetings/{meeting}")["status"] == "COMPLETED", "the meeting")
    assert proxy.requests == []
    assert [path.name for path in home.rglob("*")] == []
