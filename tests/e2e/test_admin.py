"""The operator uses the admin page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cantomeet.errors import ErrorCode, NotFound
from cantomeet.lifecycle import Stage
from cantomeet.submission import Submission
from standins.openai.server import FakeOpenAI, ModelPlan
from tests.e2e.conftest import PATIENCE, Web
from tests.meetings import set_columns
from tests.running import ROOT, kill_tree

expect.set_options(timeout=PATIENCE)

REFUSED = {"provider": "Speechmatics", "setting": "SPEECHMATICS_API_KEY"}


def test_failed_meetings_are_retried_cause_by_cause_after_a_preview(web: Web, page: Page) -> None:
    failed = [web.seed.failed(f"會 {n}", ErrorCode.PROVIDER_KEY_REFUSED, **REFUSED) for n in range(3)]
    paid = web.seed.failed("付過", ErrorCode.PROVIDER_KEY_REFUSED, **REFUSED)
    sent = {
        "stage": Stage.SUBMITTED,
        "transcriber": "speechmatics",
        "submission": Submission("k"),
        "error_code": "cancelled",
    }
    web.seed.failed("壞錄音", ErrorCode.RECORDING_UNREADABLE, found="unknown")
    page.goto("/admin")
    expect(page.locator(".cause")).to_have_count(2)
    page.get_by_role("button", name="全部重試（4）").click()
    sheet = page.get_by_role("alertdialog")
    expect(sheet).to_contain_text("重試 4 個會議？")
    sheet.get_by_role("button", name="不用了").click()
    expect(sheet).to_have_count(0)
    assert {web.store.meetings.get(meeting.id).status for meeting in failed} == {"FAILED"}
    page.get_by_role("button", name="全部重試（4）").click()
    expect(sheet).to_be_visible()
    # Without a notification: between preview and confirmation one meeting moves on, and one would be paid again.
    web.store.meetings.mark_deleted(failed[0].id)
    set_columns(web.store, paid.id, **sent)
    sheet.get_by_role("button", name="重試 4 個", exact=True).click()
    told = page.locator(".notice", has_text="2 個會議已重新開始。")
    expect(told).to_contain_text("1 個已不存在。")
    expect(told).to_contain_text("已付費轉錄過")
    assert {web.store.meetings.get(meeting.id).status for meeting in failed[1:]} == {"UPLOADED"}
    assert web.store.meetings.get(paid.id).status == "FAILED"
    page.locator(".cause[data-cause^=cancelled]").get_by_role("button", name="重試", exact=True).first.click()
    expect(sheet).to_contain_text("已付費轉錄過，要另外確認")
    sheet.get_by_role("button", name="連已轉錄過的，重試 1 個").click()
    expect(page.locator(".notice", has_text="1 個會議已重新開始。")).to_be_visible()
    assert web.store.meetings.get(paid.id).revision == 2
    web.tell(web.seed.failed("又一個", ErrorCode.RECORDING_UNREADABLE, found="unknown"))
    expect(page.locator(".cause .admin-row")).to_have_count(2)


def test_picked_meetings_or_all_matches_are_deleted_once_confirmed(web: Web, page: Page) -> None:
    first, second, kept = (
        web.seed.failed(title, ErrorCode.RECORDING_UNREADABLE, found="unknown") for title in ("一", "二", "三")
    )
    web.seed.failed("忙", ErrorCode.PROVIDER_BUSY, provider="Speechmatics")
    done = web.seed.whole("例會")
    page.goto("/admin?status=FAILED")
    rows = page.locator("#all-meetings .admin-row")
    expect(rows).to_have_count(4)
    page.locator(".chip[data-status=recording_unreadable]").click()
    expect(page).to_have_url(re.compile("error_code=recording_unreadable"))
    expect(rows).to_have_count(3)
    expect(page.locator(".scope-name")).to_have_text("符合的全部 3 個")
    page.get_by_role("checkbox", name="一", exact=True).click()
    page.get_by_role("checkbox", name="二", exact=True).click()
    expect(page.locator(".scope-name")).to_have_text("已選 2 個")
    page.locator(".scope").get_by_role("button", name="刪除").click()
    sheet = page.get_by_role("alertdialog")
    expect(sheet).to_contain_text("不能復原")
    sheet.get_by_role("button", name="刪除 2 個").click()
    expect(rows).to_have_count(1)
    for meeting in (first, second):
        with pytest.raises(NotFound):
            web.store.meetings.get(meeting.id)
    page.go_back()
    expect(rows).to_have_count(2)
    page.locator(".scope").get_by_role("button", name="停止處理").click()
    expect(sheet).to_contain_text("沒有會議可以這樣做。")
    expect(sheet).to_contain_text("2 個不會：沒有在處理。")
    assert web.store.meetings.get(kept.id).status == "FAILED"
    assert web.store.meetings.get(done.id).status == "COMPLETED"


def test_a_preview_names_only_listed_meetings_and_closes_by_escape_and_reload(web: Web, page: Page) -> None:
    retried, kept = (
        web.seed.failed(title, ErrorCode.RECORDING_UNREADABLE, found="unknown") for title in ("已走", "還在")
    )
    page.goto("/admin?status=FAILED")
    for title in ("已走", "還在"):
        page.get_by_role("checkbox", name=title).click()
    expect(page.locator(".scope-name")).to_have_text("已選 2 個")
    web.store.meetings.retry(retried.id)
    web.tell(web.store.meetings.get(retried.id))
    expect(page.locator(".scope-name")).to_have_text("已選 1 個")
    sheet, delete = page.get_by_role("alertdialog"), page.locator(".scope").get_by_role("button", name="刪除")
    delete.click()
    expect(sheet.locator(".plan-names li")).to_have_text(["還在失敗"])
    expect(sheet.get_by_role("button", name="不用了")).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(delete).to_be_focused()
    delete.press("Enter")
    expect(sheet).to_be_visible()
    page.reload()
    expect(page.locator(".scope-name")).to_have_text("符合的 1 個")
    expect(sheet).to_have_count(0)
    expect(page.locator(".scope-acts")).to_have_count(1)
    page.goto("/admin?status=BROKEN")
    expect(page.locator(".scope-name")).to_contain_text("不會當作全部")
    expect(page.locator(".scope-acts")).to_have_count(0)
    assert web.store.meetings.get(kept.id).status == "FAILED"


def test_on_a_phone_the_outcome_is_visible_without_scrolling(web: Web, phone: Page) -> None:
    for n in range(12):
        web.seed.failed(f"會 {n}", ErrorCode.RECORDING_UNREADABLE, found="unknown")
    phone.goto("/admin")
    told = phone.locator(".plan-told[role=status]")
    expect(told).to_have_text("")
    phone.locator("#all-meetings .pick").last.tap()
    phone.locator(".scope").get_by_role("button", name="重試").tap()
    phone.locator("#all-meetings .admin-row").last.scroll_into_view_if_needed()
    sheet = phone.get_by_role("alertdialog")
    expect(sheet).to_be_in_viewport(ratio=1)
    sheet.get_by_role("button", name="重試 1 個").tap()
    notice = told.locator(".notice", has_text="1 個會議已重新開始。")
    expect(notice).to_be_in_viewport(ratio=1)
    notice.get_by_role("button", name="關閉").tap()
    expect(told).to_have_text("")


def test_the_queue_is_paused_and_resumed_and_every_open_page_says_so(
    web: Web, page: Page, context: BrowserContext
) -> None:
    meeting = web.seed.waiting("例會")
    other, upload, listed, one = (context.new_page() for _ in range(4))
    addresses = {page: "/admin", other: "/admin", upload: "/", listed: "/meetings", one: f"/meetings/{meeting.id}"}
    alive = {upload: ".way", listed: ".row", one: ".banner"}
    for tab, address in addresses.items():
        tab.goto(address)
        expect(tab.locator(alive.get(tab, ".queues")).first).to_be_visible()
    said = [tab.locator(".paused-line" if tab in alive else ".paused") for tab in addresses]
    page.get_by_role("button", name="暫停隊列").click()
    for line in said:
        expect(line).to_contain_text("起暫停")
    assert web.store.pipeline.take_lease(meeting.id, 60) is None
    other.get_by_role("button", name="繼續隊列").click()
    for line in said:
        expect(line).to_have_count(0)
    assert web.store.pipeline.take_lease(meeting.id, 60) is not None


def test_a_worker_tests_a_key_and_a_missing_worker_is_reported(web: Web, page: Page) -> None:
    page.goto("/admin")
    line = page.locator("[data-check=llm]")
    expect(page.locator("[data-check=speechmatics]")).to_contain_text("未設定 SPEECHMATICS_API_KEY")
    line.get_by_role("button", name="測試").click()
    expect(page.locator(".notice", has_text="沒有工作程式在運行，無法進行")).to_be_visible()
    with FakeOpenAI(ModelPlan(models=["known"]), key="right") as model:
        with working(web, OPENAI_BASE_URL=model.base_url, OPENAI_API_KEY="right"):
            expect(page.locator(".workers li")).to_have_count(1)
            line.get_by_role("button", name="測試").click()
            expect(line).to_have_attribute("data-tone", "ok")
            expect(line).to_contain_text("測試正常")
        expect(page.locator(".workers li")).to_have_count(0)
        with working(web, OPENAI_BASE_URL=model.base_url, OPENAI_API_KEY="wrong"):
            expect(page.locator(".workers li")).to_have_count(1)
            line.get_by_role("button", name="測試").click()
            expect(line).to_have_attribute("data-tone", "failed")
            expect(line).to_contain_text("金鑰不被接受，請檢查 OPENAI_API_KEY")


@contextmanager
def working(web: Web, **settings: str) -> Iterator[None]:
    """A real RQ worker next to the web process."""
    environment = {
        **os.environ,
        **settings,
        "CANTOMEET_DATA_DIR": str(web.seed.recordings.root.parent),
        "REDIS_URL": web.redis.url,
        "OPENAI_MODEL": "known",
        "CANTOMEET_SUMMARIZER": "extractive",
    }
    command = [sys.executable, "-m", "worker", "--only", "general"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        finally:
            kill_tree(process.pid)


def test_the_timeline_shows_time_step_duration_reason_and_next_step(web: Web, page: Page) -> None:
    meeting = web.seed.failed("例會", ErrorCode.PROVIDER_BUSY, retries=2, provider="Speechmatics")
    with web.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE attempt SET provider_job_id = 'j123'")
    page.goto("/admin")
    page.get_by_role("button", name="處理經過").click()
    expect(page.locator(".timeline li")).to_have_count(3)
    expect(page.locator(".timeline li").first).to_contain_text("失敗")
    expect(page.locator(".timeline li").first).to_contain_text("j123")
    retried = page.locator(".timeline li").last
    expect(retried).to_contain_text("對方太忙")
    expect(retried).to_contain_text("下一次")
    expect(retried.locator(".step-when")).to_have_text(re.compile(r"\d+:\d\d:\d\d"))
    assert web.store.meetings.get(meeting.id).status == "FAILED"
    web.tell(web.store.meetings.retry(meeting.id))
    expect(page.locator(".timeline li")).to_have_count(4)
    expect(page.locator(".timeline li").first).to_contain_text(re.compile("現在.*檢查錄音.*輪候中"))
