"""Minutes are corrected on the page: items, lines, speakers. Affected items become stale, and other tabs follow."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cantomeet.jobs import JobKind
from cantomeet.models import Segment
from tests.e2e.conftest import PATIENCE
from tests.e2e.seed import lines
from tests.e2e.serving import Web
from tests.sound import silence

expect.set_options(timeout=PATIENCE)


def test_an_item_is_corrected_in_place_and_another_tab_shows_it(web: Web, page: Page, context: BrowserContext) -> None:
    meeting = web.seed.whole("例會")
    path = f"/meetings/{meeting.id}"
    other = context.new_page()
    other.goto(path)
    page.goto(path)
    item = page.locator("[data-kind=action_item] .item").first
    item.hover()
    item.get_by_role("button", name="修改這一項").click()
    field = item.locator("textarea[name=text]")
    expect(field).to_be_focused()
    expect(item.get_by_role("button", name="儲存")).to_be_in_viewport(ratio=1)
    field.fill("不會保存")
    page.keyboard.press("Escape")
    expect(item.locator(".item-text")).to_have_text("交計劃書")
    item.hover()
    item.get_by_role("button", name="修改這一項").click()
    field.fill("交完整計劃書")
    item.locator("input[name=owner]").fill("阿珊")
    page.keyboard.press("Control+Enter")
    expect(item.locator(".item-text")).to_have_text("交完整計劃書")
    expect(item.locator(".edited")).to_have_attribute("title", re.compile("交計劃書"))
    theirs = other.locator("[data-kind=action_item] .item").first
    expect(theirs.locator(".item-text")).to_have_text("交完整計劃書")
    expect(theirs.locator(".item-who")).to_contain_text("阿珊")
    theirs.locator("[data-done-box]").click()
    expect(item).to_have_attribute("data-done", "true")


def test_overwriting_a_change_of_another_person_needs_a_second_press(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    found = web.store.summaries.find(meeting.id)
    assert found is not None
    page.goto(f"/meetings/{meeting.id}")
    item = page.locator("[data-kind=decision] .item").first
    item.hover()
    item.get_by_role("button", name="修改這一項").click()
    item.locator("textarea").fill("我的寫法")
    changed = next(known for known in found.items if known.kind == "decision")
    web.tell(web.store.summaries.edit_item(meeting.id, changed.id, None, text="別人的寫法")[0])
    item.get_by_role("button", name="儲存").click()
    expect(item.locator(".refused")).to_contain_text("別人的寫法")
    item.get_by_role("button", name="儲存").click()
    expect(item.locator(".item-text")).to_have_text("我的寫法")


def test_a_corrected_line_makes_its_items_stale_until_a_person_confirms_them(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    line = page.locator(".line").nth(4)
    line.locator(".line-time").click()
    expect(line).to_have_attribute("data-now", "")
    page.keyboard.press("e")
    field = line.locator("textarea")
    expect(field).to_be_focused()
    field.fill("我有個問題：如果銀行下星期先批，我哋會唔會延期？")
    page.keyboard.press("Enter")
    expect(line.locator(".line-text")).to_contain_text("下星期先批")
    expect(line.locator(".edited")).to_have_attribute("title", re.compile("下個月先批"))
    assert web.store.transcripts.shown(meeting.id).segments[4].original_text.count("下個月先批") == 1
    # Its quote is gone from the transcript, so it is no longer verified.
    stale = page.locator("[data-kind=unverified] .item[data-item=question]")
    expect(stale.locator(".stale")).to_contain_text("改過")
    expect(page.locator(".stale-items")).to_contain_text("1 項")
    stale.get_by_role("button", name="仍然正確").click()
    expect(page.locator("[data-kind=question] .item")).to_have_count(1)
    expect(page.locator(".stale")).to_have_count(0)


def test_a_renamed_speaker_is_named_everywhere_and_marks_items_as_stale(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    menu = page.locator(".menu.more")
    menu.locator("summary").click()
    menu.get_by_role("button", name="講者名字").click()
    speaker = page.locator(".speaker").nth(2)
    expect(speaker.locator(".samples li").first).to_be_visible()
    speaker.locator("input").fill("阿珊")
    page.locator(".speakers-form").get_by_role("button", name="儲存").click()
    expect(page.locator(".line").nth(4).locator(".line-speaker")).to_have_text("阿珊")
    expect(page.locator(".speakers-form")).to_have_count(0)
    expect(page.locator("[data-kind=question] .stale")).to_be_visible()
    expect(page.locator("[data-kind=overview] .stale")).to_have_count(0)
    page.locator(".stale-items").get_by_role("button", name="全部仍然正確").click()
    expect(page.locator(".stale")).to_have_count(0)


def test_an_earlier_version_can_be_shown_again(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    menu = page.locator(".menu.more")
    menu.locator("summary").click()
    menu.get_by_role("button", name="重新摘要").click()
    form = page.locator(".again-form")
    form.locator("select[name=template]").select_option("board_minutes")
    form.locator("select[name=language]").select_option("en")
    form.get_by_role("button", name="重新摘要").click()
    expect(page.locator("article.meeting")).to_have_attribute("data-status", "SUMMARIZING")
    going = web.store.meetings.get(meeting.id)
    assert (going.template, going.summary_language, going.waits_for_names) == ("board_minutes", "en", False)
    proof = web.store.transcripts.shown(meeting.id).segments[3]
    web.tell(web.seed.completed(going, items=[_quoting(proof, "第二版的決議")]))
    expect(page.locator("[data-kind=decision] .item-text")).to_have_text(["第二版的決議"])
    page.locator(".versions summary").click()
    page.locator(".versions").get_by_role("button", name="第 1 版").click()
    expect(page.locator("[data-kind=decision] .item")).to_have_count(2)
    page.reload()
    expect(page.locator("[data-kind=decision] .item")).to_have_count(2)


def _quoting(segment: Segment, text: str) -> dict[str, Any]:
    proof = {"segment_id": segment.id, "quote": segment.text, "start": segment.start, "end": segment.end}
    return {"kind": "decision", "text": text, "evidence": [{**proof, "check": "exact"}]}


def test_a_summary_that_waits_for_names_is_written_once_they_are_given(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會", name_speakers_first=True)
    web.seed.transcribing(meeting)
    page.goto(f"/meetings/{meeting.id}")
    web.tell(web.seed.summarizing(meeting, lines(8)))
    expect(page.locator(".banner")).to_contain_text("請先填上講者是誰")
    page.locator(".speaker input").nth(0).fill("陳主席")
    page.get_by_role("button", name="儲存名字，開始摘要").click()
    expect(page.locator(".speakers-form")).to_have_count(0)
    expect(page.locator(".line-speaker").first).to_have_text("陳主席")
    assert not web.store.meetings.get(meeting.id).waits_for_names
    assert web.store.meetings.get(meeting.id).job.due_at is not None


def test_a_speaker_name_saved_meanwhile_is_shown_and_not_overwritten(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會", name_speakers_first=True)
    web.seed.transcribing(meeting)
    page.goto(f"/meetings/{meeting.id}")
    web.tell(web.seed.summarizing(meeting, lines(8)))
    field = page.locator(".speaker input").nth(0)
    field.fill("陳主席")
    speaker_id = web.store.transcripts.shown(meeting.id).segments[0].speaker_id
    assert speaker_id is not None
    # Without a notification, as if both pressed the button at once.
    web.store.transcripts.rename_speaker(meeting.id, speaker_id, None, "李主席")
    field.press("Enter")
    expect(page.locator(".line-speaker").first).to_have_text("李主席")
    expect(field).to_have_value("李主席")
    assert web.store.transcripts.speaker(meeting.id, speaker_id).name == "李主席"
    field.fill("陳主席")
    field.press("Enter")
    expect(page.locator(".line-speaker").first).to_have_text("陳主席")


def test_an_action_is_marked_as_done_across_meetings_and_reopened(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto("/meetings")
    page.get_by_role("link", name="待辦").click()
    expect(page.locator(".todo")).to_have_count(3)
    page.locator("select[name=owner]").select_option("阿明")
    expect(page).to_have_url(re.compile("owner="))
    expect(page.locator(".todo .item-text")).to_have_text(["交計劃書"])
    page.locator(".todo [data-done-box]").click()
    expect(page.get_by_text("沒有符合的待辦")).to_be_visible()
    found = web.store.summaries.find(meeting.id)
    assert found is not None
    assert [item.text for item in found.items if item.done] == ["交計劃書"]
    page.get_by_role("button", name="復原").click()
    expect(page.locator(".todo .item-text")).to_have_text(["交計劃書"])
    with page.expect_download() as download:
        page.get_by_role("link", name="匯出日曆").click()
    assert "SUMMARY:交計劃書" in download.value.path().read_text()
    page.locator(".todo-place").click()
    expect(page.locator(".line[data-now]")).to_contain_text("計劃書")


def test_the_source_of_an_action_fits_one_line_or_keeps_its_day_and_time_together(web: Web, page: Page) -> None:
    fits = web.seed.whole("Quarterly product planning", meeting_date=date(2025, 11, 12))
    long = web.seed.whole("新一年度產品推出安排同埋市場推廣計劃籌備會議", meeting_date=date(2025, 11, 12))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/actions")
    expect(page.locator(".todo")).to_have_count(6)

    def heights(meeting_id: str) -> list[float]:
        """The vertical middle of name, day with time, and time."""
        place = page.locator(f".todo-place[href*='{meeting_id}']").first
        found: list[float] = place.evaluate(
            """place => ['.todo-meeting', '.todo-when', '.todo-time'].map(part => {
                const box = place.querySelector(part).getBoundingClientRect();
                return (box.top + box.bottom) / 2;
            })"""
        )
        return found

    assert heights(fits.id) == pytest.approx([heights(fits.id)[0]] * 3, abs=4)
    name, when, time = heights(long.id)
    assert when > name + 10
    assert time == pytest.approx(when, abs=4)


def test_a_person_creates_changes_and_deletes_a_template(web: Web, page: Page) -> None:
    page.goto("/templates")
    page.get_by_role("button", name="新增範本").click()
    page.locator("input[name=name]").fill("家教會")
    page.locator(".template-section input").fill("出席")
    page.get_by_role("button", name="加一個部分").click()
    page.locator(".template-section input").nth(1).fill("出席")
    page.get_by_role("button", name="儲存").click()
    expect(page.locator(".refused")).to_contain_text("相同")
    page.locator(".template-section input").nth(1).fill("決議")
    page.locator(".template-section select").nth(1).select_option("decision")
    page.get_by_role("button", name="儲存").click()
    mine = page.locator(".template").first
    expect(mine.locator(".headings span")).to_have_text(["出席", "決議"])
    page.goto("/")
    page.locator(".details > summary").click()
    expect(page.locator("select[name=template] option").nth(2)).to_have_text("家教會")
    page.goto("/templates")
    mine.get_by_role("button", name="刪除").click()
    expect(mine.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(mine.get_by_role("alertdialog")).to_have_count(0)
    mine.get_by_role("button", name="刪除").click()
    mine.get_by_role("alertdialog").get_by_role("button", name="刪除").click()
    expect(page.locator(".template")).to_have_count(2)
    assert web.store.templates.all() == []


def test_transcribing_again_asks_before_corrections_are_lost(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    line = web.store.transcripts.shown(meeting.id).segments[0]
    web.store.transcripts.edit_segment(meeting.id, line.id, None, text="改正過的一句")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".menu.more summary").click()
    page.get_by_role("button", name="重新轉錄").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("改正過的句子")
    assert web.store.meetings.get(meeting.id).status == "COMPLETED"
    page.get_by_role("alertdialog").get_by_role("button", name="重新轉錄").click()
    expect(page.locator("article.meeting")).to_have_attribute("data-status", "TRANSCRIBING")


def test_the_transcript_switches_between_written_chinese_and_as_spoken(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    web.store.written_views.ask(meeting.id)
    taken = web.store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert taken is not None
    line = web.store.transcripts.shown(meeting.id).segments[0]
    spoken, rewritten = line.text, "早安，感謝各位出席。今天主要討論十二月推出新產品的安排。"
    web.store.written_views.finish(meeting.id, taken.run, {line.id: (1, rewritten)}, name="qwen3", usage=None)
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator(".line-text").first).to_have_text(spoken)
    page.get_by_role("button", name="書面語").click()
    expect(page.locator(".line-text").first).to_have_text(rewritten)
    expect(page.locator(".written-notice")).to_contain_text("qwen3")
    expect(page.locator(".line").nth(1).locator(".as-spoken")).to_be_visible()
    page.get_by_role("button", name="口語").click()
    expect(page.locator(".line-text").first).to_have_text(spoken)
    expect(page.locator(".written-notice")).to_have_count(0)


def test_template_language_and_names_first_are_chosen_at_upload(web: Web, page: Page, tmp_path: Path) -> None:
    recording = tmp_path / "例會.wav"
    silence(recording, 2.0)
    page.goto("/")
    page.locator(".details > summary").click()
    page.locator("select[name=template]").select_option("board_minutes")
    page.locator("select[name=summary_language]").select_option("zh-Hant-HK+en")
    page.locator("input[name=name_speakers_first]").click()
    expect(page.locator("input[name=name_speakers_first]")).to_be_checked()
    page.locator(".ct-uploads input[type=file]").set_input_files(str(recording))
    expect(page.locator(".recent .row")).to_have_count(1)
    meeting = web.store.meetings.get(str(page.locator(".recent .row").get_attribute("id")).removeprefix("meeting-"))
    assert (meeting.template, meeting.summary_language) == ("board_minutes", "zh-Hant-HK+en")
    assert meeting.name_speakers_first
