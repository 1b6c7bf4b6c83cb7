"""A person uses the pages: filter, play, edit and delete, by mouse, by keyboard, on a phone, in two languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cantomeet.errors import ErrorCode, NotFound
from cantomeet.lifecycle import Stage
from cantomeet.submission import Submission
from tests.e2e.conftest import PATIENCE, PHONE
from tests.e2e.seed import lines
from tests.e2e.serving import Web, press_in_turn, until
from tests.meetings import index, set_columns
from tests.running import wait_for

expect.set_options(timeout=PATIENCE)


def test_the_list_is_filtered_by_its_address_and_back_undoes_it(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    web.seed.failed("壞錄音", ErrorCode.RECORDING_UNREADABLE, found="unknown")
    page.goto("/meetings?status=FAILED")
    expect(page.locator(".row-title")).to_have_text(["壞錄音"])
    expect(page.locator(".chip[aria-current=true]")).to_contain_text("失敗")
    page.locator(".chip[data-status=COMPLETED]").click()
    expect(page).to_have_url(re.compile("status=COMPLETED"))
    expect(page.locator(".row-title")).to_have_text(["例會"])
    page.go_back()
    expect(page.locator(".row-title")).to_have_text(["壞錄音"])


def test_a_search_shows_the_line_it_found_and_leads_to_its_time(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    web.seed.waiting("另一個")
    page.goto("/meetings")
    expect(page.locator(".row")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("銀行回覆")
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row mark")).to_have_text("銀行回覆")
    expect(page.locator("[data-search]")).to_be_focused()
    page.locator(".row-match").click()
    expect(page.locator(".line[data-now]")).to_contain_text("銀行回覆")
    page.go_back()
    expect(page.locator("[data-search]")).to_have_value("銀行回覆")


def test_the_list_is_filtered_by_dates_and_an_invalid_filter_is_named(web: Web, page: Page) -> None:
    web.seed.whole("三月", meeting_date=date(2026, 3, 5))
    web.seed.whole("九月", meeting_date=date(2026, 9, 5))
    page.goto("/meetings?from=2026-08-01&to=2026-09-05")
    expect(page.locator(".row-title")).to_have_text(["九月"])
    page.locator("input[name=from]").fill("2026-03-01")
    expect(page.locator(".row-title")).to_have_count(2)
    page.goto("/meetings?from=nonsense")
    expect(page.locator(".notice")).to_contain_text("from")
    expect(page.locator(".row-title")).to_have_count(2)
    page.goto("/meetings?q=沒有人說過")
    page.get_by_role("link", name="清除篩選").click()
    expect(page.locator(".row-title")).to_have_count(2)


def test_many_meetings_are_shown_page_by_page(web: Web, page: Page) -> None:
    for number in range(53):
        web.seed.waiting(f"會 {number}")
    page.goto("/meetings")
    expect(page.locator(".row")).to_have_count(50)
    page.get_by_role("button", name="顯示更多").click()
    expect(page.locator(".row")).to_have_count(53)
    expect(page.get_by_role("button", name="顯示更多")).to_have_count(0)


def test_a_line_and_a_summary_item_play_their_words(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".line").nth(3).click()
    until(page, "document.querySelector('#recording').currentTime > 24")
    expect(page.locator(".line").nth(3)).to_have_attribute("data-now", "")
    page.locator("[data-kind=question] .play").click()
    until(page, "document.querySelector('#recording').currentTime > 32")
    expect(page.locator(".line").nth(4)).to_have_attribute("data-now", "")
    expect(page.locator(".line[data-now]")).to_have_count(1)


def test_the_transcript_follows_the_player_until_the_reader_scrolls(web: Web, page: Page) -> None:
    meeting = replace(web.seed, seconds=600).whole("長會", 70)
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator(".line")).to_have_count(70)
    position = page.get_by_role("slider", name="播放位置")
    position.fill("480")
    expect(page.locator(".line").nth(60)).to_have_attribute("data-now", "")
    expect(page.locator(".line").nth(60)).to_be_in_viewport()
    page.locator(".transcript-pane").hover()
    page.mouse.wheel(0, -200)
    expect(page.locator(".player-follow")).to_have_attribute("aria-pressed", "false")
    position.fill("0")
    expect(page.locator(".line").first).to_have_attribute("data-now", "")
    expect(page.locator(".line").first).not_to_be_in_viewport()
    page.locator(".player-follow").click()
    expect(page.locator(".line").first).to_be_in_viewport()


def test_shortcuts_play_step_between_lines_and_list_themselves(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator(".line")).to_have_count(8)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".line").nth(1)).to_have_attribute("data-now", "")
    page.keyboard.press("k")
    expect(page.locator(".line").nth(0)).to_have_attribute("data-now", "")
    page.keyboard.press(" ")
    until(page, "document.querySelector('#recording').paused")
    page.keyboard.press(" ")
    until(page, "!document.querySelector('#recording').paused")
    page.keyboard.press(">")
    until(page, "document.querySelector('#recording').playbackRate === 1.25")
    page.keyboard.press("f")
    expect(page.locator(".player-follow")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("下一句")
    page.keyboard.press("Escape")
    press_in_turn(page, "gm")
    expect(page).to_have_url(re.compile("/meetings/?$"))


def test_title_and_date_are_changed_in_place(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".meeting-title button").click()
    page.locator("input[name=title]").fill("十二月例會")
    page.locator("input[name=date]").fill("2026-12-01")
    page.keyboard.press("Enter")
    expect(page.locator(".meeting-title")).to_have_text("十二月例會")
    expect(page.locator(".facts")).to_contain_text("12月1日")
    assert web.store.meetings.get(meeting.id).meeting_date == date(2026, 12, 1)


@pytest.mark.parametrize("is_told", [False, True])
def test_an_edit_of_a_title_that_was_changed_meanwhile_is_refused(web: Web, page: Page, is_told: bool) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".meeting-title button").click()
    page.locator("input[name=title]").fill("我的題目")
    # Whether the page was notified before, or both pressed the button at once.
    other = web.store.meetings.edit(meeting.id, None, title="別人的題目")
    if is_told:
        web.tell(other)
        expect(page).to_have_title("別人的題目")
    page.locator("input[name=title]").press("Enter")
    expect(page.locator(".meeting-title")).to_have_text("別人的題目")
    expect(page.locator(".notice")).to_contain_text("有人先改了標題")


def test_a_meeting_is_deleted_only_when_confirmed(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    menu = page.locator(".menu.more")
    menu.locator("summary").click()
    menu.get_by_role("button", name="刪除").click()
    page.get_by_role("button", name="保留").click()
    assert web.store.meetings.get(meeting.id)
    menu.locator("summary").click()
    menu.get_by_role("button", name="刪除").click()
    page.get_by_role("alertdialog").get_by_role("button", name="刪除").click()
    expect(page.get_by_text("還沒有會議")).to_be_visible()
    with pytest.raises(NotFound):
        web.store.meetings.get(meeting.id)


def test_running_work_is_cancelled_and_retried(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting, 20)
    page.goto(f"/meetings/{meeting.id}")
    page.get_by_role("button", name="停止處理").click()
    expect(page.locator(".banner[data-tone=stopped]")).to_be_visible()
    page.locator(".banner").get_by_role("button", name="重試").click()
    expect(page.locator(".banner[data-tone=working]")).to_be_visible()


def test_cancelling_a_paid_transcription_asks_for_confirmation(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting, 20)
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator(".percent")).to_have_text("20 %")
    # Without a notification: the state at the press of the button counts.
    set_columns(web.store, meeting.id, transcriber="speechmatics", submission=Submission("k"), stage=Stage.SUBMITTED)
    page.get_by_role("button", name="停止處理").click()
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("再收費")
    asked.get_by_role("button", name="繼續轉錄").click()
    expect(asked).to_have_count(0)
    assert web.store.meetings.get(meeting.id).status == "TRANSCRIBING"
    menu = page.locator(".menu.more")
    menu.locator("summary").click()
    menu.get_by_role("button", name="刪除").click()
    expect(asked).to_contain_text("作廢")
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    page.locator(".banner").get_by_role("button", name="停止處理").click()
    asked.get_by_role("button", name="停止處理").click()
    expect(page.locator(".banner[data-tone=stopped]")).to_contain_text("並再收費")
    page.locator(".banner").get_by_role("button", name="重試").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("再收費一次")


def test_a_deletion_is_confirmed_again_if_the_recording_was_sent_meanwhile(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting, 20)
    page.goto(f"/meetings/{meeting.id}")
    menu = page.locator(".menu.more")
    menu.locator("summary").click()
    menu.get_by_role("button", name="刪除").click()
    asked = page.get_by_role("alertdialog")
    expect(asked).not_to_contain_text("作廢")
    # Without a notification.
    set_columns(web.store, meeting.id, transcriber="speechmatics", submission=Submission("k"), stage=Stage.SUBMITTED)
    asked.get_by_role("button", name="刪除").click()
    expect(asked).to_contain_text("作廢")
    assert web.store.meetings.get(meeting.id).status == "TRANSCRIBING"
    asked.get_by_role("button", name="刪除").click()
    expect(page.get_by_text("還沒有會議")).to_be_visible()


def test_transcribing_again_asks_before_paying_twice(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    set_columns(web.store, meeting.id, submission=Submission("paid"), provider_job_id="j1")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".menu.more summary").click()
    page.get_by_role("button", name="重新轉錄").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("再收費一次")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    page.locator(".menu.more summary").click()
    page.get_by_role("button", name="重新轉錄").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("再收費一次")
    assert web.store.meetings.get(meeting.id).status == "COMPLETED"
    page.get_by_role("button", name="付費重新轉錄").click()
    expect(page.locator("article.meeting")).to_have_attribute("data-status", "TRANSCRIBING")
    expect(page.locator(".line")).to_have_count(8)


def test_the_export_menu_downloads_subtitles(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".menu summary").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="SRT 字幕").click()
    assert download.value.suggested_filename.endswith(".srt")


def test_an_unknown_meeting_shows_that_it_was_not_found(web: Web, page: Page) -> None:
    for path in ("/meetings/00000000-0000-4000-8000-000000000000", "/meetings/not-an-id"):
        page.goto(path)
        expect(page.get_by_text("找不到這個會議")).to_be_visible()
    page.get_by_role("link", name="看所有會議").click()
    expect(page.get_by_text("還沒有會議")).to_be_visible()


def test_the_pages_switch_languages_and_keep_the_choice(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-HK")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".line-speaker").first).to_have_text("Speaker 1")
    expect(page.locator("[data-kind=decision] h3")).to_have_text("Decisions")
    page.reload()
    expect(page.locator("[data-kind=decision] h3")).to_have_text("Decisions")
    page.goto("/meetings")
    expect(page.locator(".row .status-name")).to_have_text("Done")
    page.get_by_role("button", name="轉用中文").click()
    expect(page.locator(".row .status-name")).to_have_text("完成")


def test_the_theme_follows_the_system_until_one_is_chosen(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    page.emulate_media(color_scheme="dark")
    page.goto("/meetings")
    # Only a hydrated page shows meetings. A click on the prerendered page would be lost.
    expect(page.get_by_text("例會", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.get_by_role("button", name="切換深淺色").click()
    expect(page.locator("html")).to_have_class(re.compile("light"))
    page.reload()
    expect(page.locator("html")).to_have_class(re.compile("light"))


def test_on_a_phone_summary_and_transcript_are_two_tabs_above_the_player(web: Web, phone: Page) -> None:
    meeting = web.seed.whole("例會")
    phone.goto(f"/meetings/{meeting.id}")
    expect(phone.locator(".summary-pane")).to_be_visible()
    expect(phone.locator(".transcript-pane")).to_be_hidden()
    phone.locator(".tabs label", has_text="逐字稿").tap()
    expect(phone.locator(".transcript-pane")).to_be_visible()
    expect(phone.locator(".summary-pane")).to_be_hidden()
    box = phone.locator(".player").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)


def test_on_a_phone_a_running_meeting_opens_on_its_transcript_and_keeps_the_open_tab(
    web: Web, context: BrowserContext, phone: Page
) -> None:
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting)
    web.tell(web.seed.piece(meeting, lines(3), 30))
    phone.goto(f"/meetings/{meeting.id}")
    expect(phone.locator(".line")).to_have_count(3)
    expect(phone.locator(".transcript-pane")).to_be_visible()
    chooses = context.new_page()
    chooses.set_viewport_size(PHONE)
    chooses.goto(f"/meetings/{meeting.id}")
    chooses.locator(".tabs label", has_text="摘要").click()
    web.tell(web.seed.piece(meeting, lines(1, first=3), 60))
    expect(phone.locator(".line")).to_have_count(4)
    expect(chooses.locator(".summary-pane")).to_be_visible()
    web.seed.summarizing(meeting)
    web.tell(web.seed.completed(meeting))
    for opened in (phone, chooses):
        expect(opened.locator("article.meeting")).to_have_attribute("data-status", "COMPLETED")
    expect(phone.locator(".transcript-pane")).to_be_visible()
    expect(phone.locator(".summary-pane")).to_be_hidden()
    expect(chooses.locator(".transcript-pane")).to_be_hidden()
    chooses.locator(".tabs label", has_text="逐字稿").click()
    chooses.reload()
    expect(chooses.locator(".summary-pane")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/meetings", "/search?q=%E9%8A%80%E8%A1%8C", "/admin", "meeting"])
def test_on_a_phone_controls_are_large_enough_and_pages_fit_the_screen(web: Web, phone: Page, path: str) -> None:
    meeting = web.seed.whole("一個很長的題目" * 12)
    web.seed.failed("壞錄音", ErrorCode.PROVIDER_KEY_REFUSED, provider="Speechmatics", setting="SPEECHMATICS_API_KEY")
    index(web.store)
    phone.goto(f"/meetings/{meeting.id}" if path == "meeting" else path)
    expect(phone.locator("main :is(h1, .ct-drop)").first).to_be_visible()
    until(phone, "document.querySelectorAll('.row, .cause, .line, .hit, .ct-choose').length > 0")
    small = phone.evaluate(
        """() => [...document.querySelectorAll('button, a, summary, select, input:not([type=radio]):not([hidden])')]
            .filter(e => e.checkVisibility() && !e.closest('.skip'))
            .filter(e => (e.closest('label') || e.closest('.row') || e).getBoundingClientRect().height < 43.5)
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Switch to English").tap()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    nav = phone.locator(".head nav")
    assert nav.evaluate("nav => nav.scrollWidth - nav.clientWidth") <= 0


def test_an_uploaded_meeting_and_its_progress_are_shown(web: Web, page: Page) -> None:
    page.goto("/")
    expect(page.locator(".way")).to_contain_text("聲音留在這部機")
    expect(page.locator(".worth")).to_contain_text("SPEECHMATICS_API_KEY")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator(".way")).to_contain_text("The sound stays on this machine")
    expect(page.locator(".worth")).to_contain_text("its names, dates and figures are unreliable")
    page.get_by_role("button", name="轉用中文").click()
    expect(page.locator(".worth")).to_contain_text("不可靠")
    page.locator("summary", has_text="標題").click()
    page.locator("input[name=title]").fill("十一月例會")
    page.locator("input[name=meeting_date]").fill("2026-11-20")
    page.get_by_text("優先處理").click()
    # The server's response ticks the box, so earlier input has arrived by then.
    expect(page.locator("input[name=priority]")).to_be_checked()
    wave = next(web.seed.recordings.root.glob("silence-*.wav"), None)
    if wave is None:
        web.seed.waiting("先錄")
        wave = next(web.seed.recordings.root.glob("silence-*.wav"))
        web.clear()
    page.locator(".ct-uploads input[type=file]").set_input_files(wave)
    row = page.locator(".recent .row")
    expect(row.locator(".row-title")).to_have_text("十一月例會")
    meeting_id = (row.get_attribute("id") or "").removeprefix("meeting-")
    meeting = web.store.meetings.get(meeting_id)
    assert (meeting.meeting_date, meeting.priority) == (date(2026, 11, 20), "high")
    wait_for(lambda: web.store.pipeline.take_lease(meeting_id, 0.0), "the lease", 10)
    web.tell(web.seed.transcribing(meeting, 12))
    expect(row.locator(".status-name")).to_have_text("轉錄中 12 %")
    row.locator(".row-title").click()
    expect(page.locator(".percent")).to_have_text("12 %")
