"""Takes screenshots of corrected minutes, their versions, action items and templates.

`python -m tests.e2e.shots_of_minutes [NAME...]`, as `tests.e2e.shots`.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page

from cantomeet.jobs import JobKind
from cantomeet.models import Meeting
from cantomeet.store import NewAttempt, NewSummary
from cantomeet.templates import GENERAL, SHIPPED, Template
from tests.e2e.seed import WORDS, lines, summary_items
from tests.e2e.serving import Web
from tests.e2e.shots import LINES, Shot, main, press, show_transcript
from tests.e2e.stories import ESTATE, tell

BOARD = SHIPPED["board_minutes"]
USAGE = {
    **{"requests": 14, "tokens_in": 41_820, "tokens_out": 6_310, "repeats": 1, "reused": 0},
    **{"cost": 0.0231, "estimated": False},
}


def summarized(web: Web, meeting: Meeting, language: str, template: Template, items: list[dict[str, Any]]) -> Meeting:
    leased = web.store.pipeline.take_lease(meeting.id, 60)
    assert leased is not None
    new = NewSummary("llm", language, items, template=template, name="qwen3-32b", usage=USAGE)
    return web.store.pipeline.finish_summary(
        leased.id, leased.job.run, new, tried=NewAttempt("summarize", web.store.now())
    )


def items_of(web: Web, meeting: Meeting) -> list[dict[str, Any]]:
    return summary_items([(s.id, s.start, s.end, s.text) for s in web.store.transcripts.shown(meeting.id).segments])


def stale(web: Web) -> str:
    """A meeting with a corrected line, a named speaker, a corrected item, and an item that is done."""
    meeting = web.seed.whole("例會")
    transcript = web.store.transcripts.shown(meeting.id)
    web.store.transcripts.edit_segment(
        meeting.id, transcript.segments[4].id, None, text="如果銀行下星期先批，我哋會唔會延期？"
    )
    web.store.transcripts.rename_speaker(meeting.id, str(transcript.segments[6].speaker_id), None, "阿珊")
    found = web.store.summaries.find(meeting.id)
    assert found is not None
    decision, action = (next(i for i in found.items if i.kind == kind) for kind in ("decision", "action_item"))
    web.store.summaries.edit_item(meeting.id, decision.id, None, text="十二月十五日推出新產品，不延期。")
    web.store.summaries.edit_item(meeting.id, action.id, None, done=True)
    return f"/meetings/{meeting.id}"


def whole(web: Web) -> str:
    return f"/meetings/{web.seed.whole('例會', 24).id}"


def told(web: Web) -> str:
    return f"/meetings/{tell(web.seed, ESTATE).id}"


def waiting(web: Web) -> str:
    meeting = web.seed.waiting("例會", name_speakers_first=True)
    web.seed.transcribing(meeting)
    web.seed.summarizing(meeting, lines(len(WORDS)))
    return f"/meetings/{meeting.id}"


def in_two(web: Web) -> str:
    """Board minutes in two languages with their usage, and three versions."""
    meeting = web.seed.whole("例會")
    web.store.meetings.retry(meeting.id, "summarize")
    summarized(web, meeting, "zh-Hant-HK", GENERAL, items_of(web, meeting))
    web.store.meetings.retry(meeting.id, "summarize", template="board_minutes", summary_language="zh-Hant-HK+en")
    english = (
        "Welcome; today is about the launch in December.",
        "The app is 80 % done, testing can begin next week.",
        "The new product is launched on 15 December.",
        "The version without payment comes first.",
        "Hand in the plan",
        "E-mail customer service and marketing",
        "Find out why the servers cost more",
        "What if the bank only agrees next month?",
        "The bank may not allow payments.",
    )
    items = [{**item, "text_other": words} for item, words in zip(items_of(web, meeting), english, strict=True)]
    summarized(web, meeting, "zh-Hant-HK+en", BOARD, items)
    return f"/meetings/{meeting.id}"


def written(web: Web) -> str:
    """A meeting half rewritten in written Chinese, with one line corrected since."""
    meeting = web.seed.whole("例會")
    web.store.written_views.ask(meeting.id)
    taken = web.store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert taken is not None
    segments = web.store.transcripts.shown(meeting.id).segments
    words = (
        "早安，感謝各位出席。今天主要討論十二月推出新產品的安排。",
        "我想講述進度，手機 app 已完成八成，下星期可以開始測試。",
    )
    texts = {segment.id: (1, text) for segment, text in zip(segments, (*words, "付款部分尚有兩個問題。"), strict=False)}
    web.store.written_views.finish(meeting.id, taken.run, texts, name="qwen3-32b", usage=None)
    web.store.transcripts.edit_segment(meeting.id, segments[2].id, None, text="不過付款嗰部分仲有三個問題未解決。")
    return f"/meetings/{meeting.id}"


def show_written(page: Page) -> None:
    show_transcript(page)
    press("[data-view=written]")(page)
    page.locator(".written-notice").wait_for()


def actions(web: Web) -> str:
    today = date.today()
    for number, title in enumerate(("例會", "Steering committee, Q4 launch", "業主立案法團第十二次會議")):
        meeting = web.seed.waiting(title)
        web.seed.transcribing(meeting)
        web.seed.summarizing(meeting, lines(len(WORDS)))
        items = items_of(web, meeting)
        items[4]["due_date"] = today + timedelta(days=3 + 9 * number)
        items[5]["due_date"] = today - timedelta(days=2 + number)
        items.append({"kind": "action_item", "text": "再開會討論", "evidence": [], "owner": "阿明"})
        web.seed.completed(meeting, items=items)
    return "/actions"


def template(web: Web) -> str:
    sections = [{"kind": "note", "title": "出席"}, {"kind": "decision", "title": "決議"}]
    sections.append({"kind": "action_item", "title": "跟進"})
    for known in web.store.templates.all():
        web.store.templates.delete(known.id)
    web.store.templates.add("家長教師會", "先列出席，再列各項決議和跟進；金額寫港元。", sections)
    return "/templates"


def edit_item(page: Page) -> None:
    press("[data-kind=action_item] .edit-button")(page)
    page.locator(".item-form").wait_for()


def edit_line(page: Page) -> None:
    show_transcript(page)
    line = page.locator(".line").nth(3)
    line.locator(".line-time").click()
    line.locator(".edit-button").click()
    page.locator(".line-form").wait_for()


def name_speakers(page: Page) -> None:
    press(".menu.more summary")(page)
    page.locator(".menu.more button").nth(1).click()
    page.locator(".speakers-form").wait_for()


def ask_again(page: Page) -> None:
    press(".menu.more summary")(page)
    page.locator(".menu.more button").nth(2).click()
    page.locator(".again-form").wait_for()


def write_template(page: Page) -> None:
    page.locator(".template button").first.click()
    page.locator(".template-form").wait_for()


ITEM, TODO = ".item", ".todo"
SHOTS_WANTED = (
    Shot("minutes-stale", stale, ITEM),
    Shot("minutes-stale-dark", stale, ITEM, dark=True),
    Shot("minutes-lines", stale, LINES, act=show_transcript),
    Shot("minutes-editing", told, ITEM, act=edit_item),
    Shot("minutes-editing-dark-english", whole, ITEM, dark=True, english=True, act=edit_item),
    Shot("minutes-line", whole, LINES, act=edit_line),
    Shot("minutes-naming", told, LINES, act=name_speakers),
    Shot("minutes-waiting", waiting, ".speakers-form"),
    Shot("minutes-waiting-dark", waiting, ".speakers-form", dark=True),
    Shot("minutes-again", in_two, ITEM, act=ask_again),
    Shot("minutes-two", in_two, ITEM, act=press(".versions summary")),
    Shot("minutes-two-english-dark", in_two, ITEM, english=True, dark=True),
    Shot("minutes-written", written, LINES, act=show_written),
    Shot("minutes-written-dark", written, LINES, dark=True, act=show_written),
    Shot("actions-many", actions, TODO),
    Shot("actions-owners", lambda web: actions(web) + "?by=owner&done=all", TODO),
    Shot("actions-english-dark", actions, TODO, english=True, dark=True),
    Shot("actions-empty", lambda web: "/actions", ".nothing"),
    Shot("actions-none", lambda web: actions(web) + "?owner=沒有這個人", ".nothing"),
    Shot("templates-list", template, ".template"),
    Shot("templates-form", template, ".template", act=write_template),
    Shot("templates-form-dark", template, ".template", dark=True, english=True, act=write_template),
)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]), SHOTS_WANTED)
