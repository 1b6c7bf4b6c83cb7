"""A person searches all meetings, goes to what was found and hears it, and finds words in one meeting."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cantomeet.models import Meeting
from cantomeet.store import NewSegment
from tests.e2e.conftest import PATIENCE
from tests.e2e.serving import Web, press_in_turn, until
from tests.meetings import index

expect.set_options(timeout=PATIENCE)
SAID = (
    ("S1", "早晨，今日講預算。"),
    ("S2", "我哋嘅預算係十二萬。"),
    ("S2", "𠵱家𨋢度等緊，𠹌住個袋。"),
    ("S1", "Budget 要喺12月之前批。"),
)
PLAYING = "document.querySelector('#recording')?.paused === false && document.querySelector('#recording').currentTime"


def said(web: Web, title: str, lines: tuple[tuple[str, str], ...] = SAID, each: float = 8.0) -> Meeting:
    """A completed meeting with these lines, one every `each` seconds, in the index."""
    meeting = web.seed.waiting(title)
    web.seed.transcribing(meeting)
    spoken = [NewSegment(n * each, n * each + 7, text, text, [], who) for n, (who, text) in enumerate(lines)]
    web.seed.summarizing(meeting, spoken)
    done = web.seed.completed(meeting, items=[])
    index(web.store)
    return done


def name(web: Web, meeting: Meeting, label: str, called: str) -> None:
    speakers = web.store.transcripts.speakers(meeting.id).values()
    speaker = next(one for one in speakers if one.label == label)
    web.store.transcripts.rename_speaker(meeting.id, speaker.id, None, called)


def test_a_search_shows_lines_marks_and_people_and_a_click_plays_them(web: Web, page: Page) -> None:
    meeting = said(web, "十一月例會")
    name(web, meeting, "S2", "阿明")
    index(web.store)
    page.goto("/search")
    expect(page.get_by_text("繁簡、全形半形")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("预算 12万")
    expect(page).to_have_url(re.compile("q="))
    hits = page.locator(".hit")
    expect(hits).to_have_count(0)
    expect(page.get_by_role("heading", name="找不到")).to_be_visible()
    page.get_by_role("searchbox").fill("预算")
    expect(hits).to_have_count(2)
    expect(page.locator(".hit mark")).to_have_text(["預算", "預算"])
    expect(page.locator(".found-group h2 a")).to_have_text(["十一月例會"])
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("searchbox").fill("12万")
    expect(hits).to_have_count(1)
    expect(page.locator(".hit mark")).to_have_text(["十二萬"])
    expect(page.locator(".hit-who")).to_have_text(["阿明"])
    hits.first.click()
    expect(page).to_have_url(re.compile(r"/meetings/.*t=8\.0"))
    until(page, f"{PLAYING} >= 8")
    expect(page.locator(".line[data-now]")).to_contain_text("十二萬")
    expect(page.locator(".line mark")).to_have_text(["十二萬"])
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("12万")
    expect(hits).to_have_count(1)


def test_an_address_opened_afresh_has_its_filters_and_back_undoes_a_choice(web: Web, page: Page) -> None:
    first, second = said(web, "第一次"), said(web, "第二次")
    name(web, first, "S2", "阿明")
    index(web.store)
    page.goto(f"/search?q={quote('預算')}&speaker={quote('阿明')}&status=COMPLETED")
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("預算")
    expect(page.locator("select[name=speaker]")).to_have_value("阿明")
    expect(page.locator("select[name=status]")).to_have_value("COMPLETED")
    page.locator("select[name=speaker]").select_option("")
    expect(page.locator(".hit")).to_have_count(4)
    page.go_back()
    expect(page.locator(".hit")).to_have_count(1)
    page.get_by_role("link", name="清除篩選").click()
    expect(page.locator(".hit")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"/search/?\?q=[^&]*$"))
    assert {first.id, second.id} == {
        str(link).split("/")[2].split("?")[0]
        for link in page.locator(".found-group h2 a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    }


def test_many_hits_of_a_meeting_lead_to_it_and_many_meetings_come_page_by_page(web: Web, page: Page) -> None:
    for number in range(22):
        said(web, f"會 {number}", (("S1", "講預算"),) * (9 if number == 21 else 1), each=1.0)
    page.goto(f"/search?q={quote('預算')}")
    expect(page.locator(".found-group")).to_have_count(20)
    expect(page.locator(".found-group").first.locator(".hit")).to_have_count(5)
    page.get_by_role("button", name="顯示更多").click()
    expect(page.locator(".found-group")).to_have_count(22)
    expect(page.get_by_role("button", name="顯示更多")).to_have_count(0)
    page.get_by_role("link", name="這個會議還有 4 處").click()
    expect(page.locator(".find-count")).to_have_text("9")
    expect(page.locator(".line mark")).to_have_count(9)


@pytest.mark.parametrize("q", ['"', "%", "*", "%00", "🙂", "，。", "x" * 300, "%ED%A0%80"])
def test_no_words_and_no_address_are_a_fault(web: Web, page: Page, q: str) -> None:
    said(web, "例會")
    page.goto(f"/search?q={q if q.startswith('%') and len(q) > 1 else quote(q)}&from=nonsense&status=x&by=smell")
    expect(page.locator(".notice").first).to_be_visible()
    expect(page.locator(".hit")).to_have_count(0)
    expect(page.locator(".notice[data-tone=red]")).to_have_count(0)


def test_a_slash_leads_to_the_search_from_a_page_without_one(web: Web, page: Page) -> None:
    page.goto("/glossary")
    expect(page.locator("textarea")).to_be_visible()
    page.locator("textarea").click()
    page.keyboard.type("a/b")
    expect(page.locator("textarea")).to_have_value("a/b")
    expect(page).to_have_url(re.compile("/glossary"))
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/search"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.locator("h1").click()
    press_in_turn(page, "gm")
    expect(page).to_have_url(re.compile("/meetings"))
    page.locator("nav").get_by_role("link", name="搜尋").click()
    expect(page).to_have_url(re.compile("/search"))


def test_an_unfinished_index_is_named_and_an_open_search_follows_nothing(web: Web, page: Page) -> None:
    said(web, "例會")
    web.seed.whole("未編索引")
    page.goto(f"/search?q={quote('預算')}")
    expect(page.locator(".hit")).to_have_count(2)
    expect(page.locator(".notice")).to_contain_text("未編好索引")
    assert (web.waiting(), web.looping()) == (0, 0)


def test_words_are_found_in_one_meeting_however_they_are_written(web: Web, page: Page) -> None:
    meeting = said(web, "例會")
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator(".line")).to_have_count(4)
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    marks, count = page.locator(".line mark"), page.locator(".find-count")
    for asked, found in (
        ("预算", ["預算", "預算"]),
        ("預算", ["預算", "預算"]),
        ("12萬", ["十二萬"]),
        ("十二", ["十二", "12"]),
        ("12", ["12"]),
        ("ｂｕｄｇｅｔ", ["Budget"]),
        ("𨋢", ["𨋢"]),
        ("𠹌住", ["𠹌住"]),
        ("家𨋢度等", ["家𨋢度等"]),
    ):
        field.fill(asked)
        expect(marks).to_have_text(found)
        expect(count).to_have_text(f"1 / {len(found)}")
    expect(page.locator(".line-text").nth(2)).to_contain_text("𠵱家𨋢度等緊，𠹌住個袋。")
    field.fill("沒有人說過")
    expect(count).to_have_text("找不到")
    field.fill("預算")
    expect(count).to_have_text("1 / 2")
    field.press("Enter")
    expect(count).to_have_text("2 / 2")
    field.press("Shift+Enter")
    expect(count).to_have_text("1 / 2")
    field.press("Escape")
    expect(marks).to_have_count(0)


def test_a_correction_is_marked_and_unmarked_as_it_comes(web: Web, page: Page) -> None:
    meeting = said(web, "例會")
    page.goto(f"/meetings/{meeting.id}?find={quote('预算')}")
    expect(page.locator(".line mark")).to_have_count(2)
    line = web.store.transcripts.shown(meeting.id).segments[2]
    edited, _ = web.store.transcripts.edit_segment(meeting.id, line.id, None, text="𠵱家又講預算")
    web.tell(edited)
    expect(page.locator(".line").nth(2).locator("mark")).to_have_text(["預算"])
    expect(page.locator(".find-count")).to_have_text("3")


def test_on_a_phone_a_hit_opens_the_transcript_at_its_line(web: Web, phone: Page) -> None:
    meeting = said(web, "例會", SAID * 20, each=2.0)
    phone.goto(f"/search?q={quote('𨋢')}")
    phone.locator(".hit").nth(4).tap()
    expect(phone).to_have_url(re.compile(meeting.id))
    expect(phone.locator(".transcript-pane")).to_be_visible()
    expect(phone.locator(".line[data-now]")).to_contain_text("𨋢")
    expect(phone.locator(".line[data-now]")).to_be_in_viewport()


def test_an_address_with_a_time_shows_its_line_without_playing(web: Web, context: BrowserContext) -> None:
    meeting = said(web, "例會", SAID * 30, each=0.5)
    opened = context.new_page()
    # What this test evaluates in the page would count as a click.
    opened.add_init_script("Object.defineProperty(navigator, 'userActivation', { value: { isActive: false } })")
    opened.goto(f"/meetings/{meeting.id}?t=51.0")
    expect(opened.locator(".line[data-now]")).to_be_in_viewport()
    until(opened, "document.querySelector('#recording')?.currentTime >= 51")
    assert opened.evaluate("document.querySelector('#recording').paused")
