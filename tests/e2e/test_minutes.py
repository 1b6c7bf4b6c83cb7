"""Minutes are corrected on the page: items, lines, speakers; what rests on a correction is marked; tabs follow."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.serving import Web

expect.set_options(timeout=PATIENCE)


def test_an_item_is_corrected_in_place_and_the_other_tab_moves(web: Web, page: Page, context: BrowserContext) -> None:
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


def test_a_second_press_is_needed_to_overwrite_what_somebody_else_changed_first(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    found = web.store.summary(meeting.id)
    assert found is not None
    page.goto(f"/meetings/{meeting.id}")
    item = page.locator("[data-kind=decision] .item").first
    item.hover()
    item.get_by_role("button", name="修改這一項").click()
    item.locator("textarea").fill("我的寫法")
    changed = next(known for known in found.items if known.kind == "decision")
    web.tell(web.store.edit_item(meeting.id, changed.id, None, text="別人的寫法")[0])
    item.get_by_role("button", name="儲存").click()
    expect(item.locator(".refused")).to_contain_text("別人的寫法")
    item.get_by_role("button", name="儲存").click()
    expect(item.locator(".item-text")).to_have_text("我的寫法")


def test_a_corrected_line_marks_what_rests_on_it_until_somebody_has_looked(web: Web, page: Page) -> None:
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
    assert web.store.transcript(meeting.id).segments[4].original_text.count("下個月先批") == 1
    # Its words stand nowhere any more: it is not among what is verified.
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
