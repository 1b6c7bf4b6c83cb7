"""Open pages follow changes without a reload, with and without Redis, and leave nothing running when closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from cantomeet.database import connect, migrate
from cantomeet.errors import ErrorCode
from cantomeet.store import Database
from launcher.redis_server import EmbeddedRedis
from tests.e2e.conftest import PATIENCE
from tests.e2e.seed import Seed, lines
from tests.e2e.serving import Web
from tests.running import wait_for

expect.set_options(timeout=PATIENCE)


def marked(locator: Locator) -> Locator:
    """The element with a mark, which a reload or a replacement of the element would lose."""
    locator.evaluate("element => { element.dataset.seen = 'before' }")
    return locator


def test_each_status_reaches_the_list_without_a_reload(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    page.goto("/meetings")
    row = marked(page.locator(f"#meeting-{meeting.id}"))
    expect(row).to_have_attribute("data-status", "UPLOADED")
    web.tell(web.seed.transcribing(meeting, 42))
    expect(row).to_have_attribute("data-status", "TRANSCRIBING")
    expect(row.locator(".status-name")).to_have_text("轉錄中 42 %")
    expect(row.locator("progress")).to_have_attribute("value", "42")
    web.tell(web.seed.summarizing(meeting, lines(8)))
    expect(row).to_have_attribute("data-status", "SUMMARIZING")
    web.tell(web.seed.completed(meeting))
    expect(row).to_have_attribute("data-status", "COMPLETED")
    expect(row.locator(".row-actions")).to_have_text("3 項待辦")
    expect(row).to_have_attribute("data-seen", "before")


def test_a_new_meeting_joins_the_list_and_the_counts(web: Web, page: Page) -> None:
    page.goto("/meetings")
    expect(page.get_by_text("還沒有會議")).to_be_visible()
    web.tell(web.seed.failed("錄音", ErrorCode.RECORDING_UNREADABLE, found="unknown"))
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".chip[data-status=FAILED] .count")).to_have_text("1")


def test_only_the_changed_row_of_a_list_is_sent(web: Web, page: Page) -> None:
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(str(frame))))
    others = [web.seed.waiting(f"會議 {number}") for number in range(20)]
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting, 1)
    page.goto("/meetings")
    row = page.locator(f"#meeting-{meeting.id}")
    expect(row.locator(".status-name")).to_have_text("轉錄中 1 %")
    sent.clear()
    web.tell(web.seed.progress(meeting, 42))
    expect(row.locator(".status-name")).to_have_text("轉錄中 42 %")
    assert meeting.id in "".join(sent)
    assert not any(other.id in "".join(sent) for other in others)
    web.store.meetings.mark_deleted(others[0].id)
    web.tell(others[0])
    expect(page.locator(".row")).to_have_count(20)
    page.reload()
    expect(page.locator(".row")).to_have_count(20)
    web.tell(web.seed.progress(meeting, 43))
    expect(row.locator(".status-name")).to_have_text("轉錄中 43 %")


def test_a_hidden_tab_is_brought_up_to_date_when_it_is_seen(web: Web, page: Page, context: BrowserContext) -> None:
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting, 1)
    page.goto("/meetings")
    hidden = page.locator(f"#meeting-{meeting.id} .status-name")
    expect(hidden).to_have_text("轉錄中 1 %")
    look = "state => { Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });"
    look += " document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(look, "hidden")
    # Only an answer to a later event of this page says that the server has taken the earlier one.
    page.get_by_role("button", name="EN").click()
    expect(hidden).not_to_have_text("轉錄中 1 %")
    before = hidden.text_content()
    other = context.new_page()
    other.goto("/meetings")
    expect(other.locator(f"#meeting-{meeting.id}")).to_be_visible()
    for percent in (42, 43):
        web.tell(web.seed.progress(meeting, percent))
        expect(other.locator(f"#meeting-{meeting.id} .status-name")).to_contain_text(str(percent))
    assert hidden.text_content() == before
    page.evaluate(look, "visible")
    expect(hidden).to_contain_text("43")


def test_a_meeting_is_watched_from_upload_to_summary(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    page.goto(f"/meetings/{meeting.id}")
    article = marked(page.locator("article.meeting"))
    expect(page.locator(".banner")).to_contain_text("等候處理")
    web.seed.transcribing(meeting)
    web.tell(web.seed.piece(meeting, lines(3), 30))
    expect(page.locator(".line")).to_have_count(3)
    expect(page.locator(".percent")).to_have_text("30 %")
    first = marked(page.locator(".line").first)
    web.tell(web.seed.piece(meeting, lines(3, first=3), 75))
    expect(page.locator(".line")).to_have_count(6)
    expect(first).to_have_attribute("data-seen", "before")
    web.tell(web.seed.summarizing(meeting, lines(2, first=6)))
    expect(page.locator(".line")).to_have_count(8)
    expect(article).to_have_attribute("data-status", "SUMMARIZING")
    web.tell(web.seed.completed(meeting))
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator("[data-kind=decision] .item").first).to_contain_text("十二月十五日推出新產品")
    expect(page.locator("[data-kind=unverified] .item")).to_contain_text("銀行可能不批准網上付款")
    expect(article).to_have_attribute("data-seen", "before")


def test_only_new_lines_are_sent_to_a_page_that_has_thousands(web: Web, page: Page) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(len(frame))))
    meeting = web.seed.waiting("長會")
    web.seed.transcribing(meeting)
    web.seed.piece(meeting, lines(3000), 60)
    page.goto(f"/meetings/{meeting.id}")
    page.wait_for_selector(".lines[data-lines='3000']")
    whole = sum(sent)
    sent.clear()
    web.tell(web.seed.piece(meeting, lines(2, first=3000), 61))
    # Not with `expect`: each of its polls describes all 3,000 lines, which blocks the page.
    page.wait_for_selector(".lines[data-lines='3002']")
    assert sum(sent) < whole / 50


def test_a_page_that_misses_lines_asks_for_all_of_them(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    web.seed.transcribing(meeting)
    web.seed.piece(meeting, lines(4), 40)
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator(".line")).to_have_count(4)
    # After leaving and returning, the transcript is empty while the state's last batch was an addition.
    web.tell(web.seed.piece(meeting, lines(1, first=4), 50))
    expect(page.locator(".line")).to_have_count(5)
    page.locator(".back").click()
    expect(page.locator(".row")).to_have_count(1)
    page.go_back()
    expect(page.locator(".line")).to_have_count(5)


def test_a_failed_meeting_says_what_to_do_and_can_be_retried(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    page.goto(f"/meetings/{meeting.id}")
    expect(page.locator("article.meeting")).to_have_attribute("data-status", "UPLOADED")
    web.tell(web.seed.fail(meeting, ErrorCode.PROVIDER_KEY_REFUSED, provider="Speechmatics", setting="KEY"))
    expect(page.locator(".banner[data-tone=failed]")).to_contain_text("Speechmatics 不接受這條金鑰")
    page.locator(".banner").get_by_role("button", name="重試").click()
    expect(page.locator("article.meeting")).to_have_attribute("data-status", "UPLOADED")
    assert web.store.meetings.get(meeting.id).error_code is None


def test_pages_follow_changes_without_redis(web: Web, page: Page) -> None:
    meeting = web.seed.waiting("例會")
    page.goto(f"/meetings/{meeting.id}")
    article = page.locator("article.meeting")
    expect(article).to_have_attribute("data-status", "UPLOADED")
    web.redis.stop()
    try:
        web.seed.transcribing(meeting, 10)
        expect(article).to_have_attribute("data-status", "TRANSCRIBING")
        page.goto("/admin")
        expect(page.get_by_text("連接不到 Redis")).to_be_visible()
    finally:
        web.redis = EmbeddedRedis.start(web.seed.recordings.root.parent)
    page.goto(f"/meetings/{meeting.id}")
    web.tell(web.seed.progress(meeting, 55))
    expect(page.locator(".percent")).to_have_text("55 %")


@pytest.fixture(params=["sqlite", "postgresql"])
def web_on_each(request: pytest.FixtureRequest, web: Web) -> Iterator[Web]:
    """The web server on each kind of database. The one on SQLite is shared with the other tests."""
    if request.param == "sqlite":
        yield web
        return
    engine = connect(request.getfixturevalue("postgres_url"))
    migrate(engine)
    web.server.kill()
    web.server.start(DATABASE_URL=engine.url.render_as_string(hide_password=False))
    yield replace(web, seed=Seed(Database(engine), web.seed.recordings))
    web.server.kill()
    web.server.start()
    engine.dispose()


@pytest.mark.in_turn("web_on_each")
def test_a_page_that_was_disconnected_shows_missed_changes_without_a_reload(web_on_each: Web, page: Page) -> None:
    web, url = web_on_each, web_on_each.store.engine.url.render_as_string(hide_password=False)
    meeting = web.seed.waiting("例會")
    page.goto(f"/meetings/{meeting.id}")
    article = page.locator("article.meeting")
    expect(article).to_have_attribute("data-status", "UPLOADED")
    page.evaluate("window.sameDocument = true")
    web.server.kill()
    web.seed.transcribing(meeting)
    web.seed.piece(meeting, lines(3), 30)
    web.seed.summarizing(meeting, lines(2, first=3))
    web.seed.completed(meeting)
    web.server.start(DATABASE_URL=url)
    expect(article).to_have_attribute("data-status", "COMPLETED")
    expect(page.locator(".line")).to_have_count(5)
    assert page.evaluate("window.sameDocument")
    page.close()


def test_a_list_that_was_disconnected_shows_missed_changes_and_goes_on_row_by_row(web: Web, page: Page) -> None:
    leaving, staying = web.seed.waiting("完成"), web.seed.waiting("例會")
    for meeting in (leaving, staying):
        web.seed.transcribing(meeting, 1)
    page.goto("/meetings?status=TRANSCRIBING")
    expect(page.locator(".row")).to_have_count(2)
    page.evaluate("window.sameDocument = true")
    web.server.kill()
    web.seed.summarizing(leaving, lines(2))
    web.seed.progress(staying, 42)
    web.server.start()
    row = page.locator(f"#meeting-{staying.id}")
    expect(row.locator(".status-name")).to_have_text("轉錄中 42 %")
    expect(page.locator(".row")).to_have_count(1)
    web.tell(web.seed.progress(staying, 43))
    expect(row.locator(".status-name")).to_have_text("轉錄中 43 %")
    assert page.evaluate("window.sameDocument")


@contextmanager
def outage(web: Web) -> Iterator[None]:
    """Within the block, the database does not answer."""
    tables = ("meeting", "job", "glossaryterm", "summarytemplate")
    with web.store.engine.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO away_{table}")
    try:
        yield
    finally:
        with web.store.engine.begin() as connection:
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE away_{table} RENAME TO {table}")


@pytest.mark.parametrize(
    ("place", "content", "followed"),
    [
        ("/", ".limits:not(:empty)", 1),
        ("/meetings", ".row", 1),
        ("/meetings/{id}", ".line", 1),
        ("/actions", ".todo", 1),
        ("/admin", ".cause", 1),
        ("/glossary", ".glossary-form", 0),
        ("/templates", ".template", 0),
    ],
)
def test_a_page_opened_during_a_database_outage_shows_its_content_afterwards(
    web: Web, page: Page, place: str, content: str, followed: int
) -> None:
    meeting = web.seed.whole("例會")
    web.seed.failed("舊會", ErrorCode.RECORDING_UNREADABLE, found="unknown")
    with outage(web):
        page.goto(place.format(id=meeting.id))
        expect(page.get_by_text("資料庫暫時沒有回應")).to_be_visible()
        page.evaluate("window.sameDocument = true")
        expect(page.locator(content)).to_have_count(0)
    expect(page.locator(content).first).to_be_visible()
    # Other notices are allowed: the admin page has one about the missing worker.
    expect(page.get_by_text("資料庫暫時沒有回應")).to_have_count(0)
    assert page.evaluate("window.sameDocument")
    _only(web, followed, "after the outage")


def test_a_filter_chosen_during_a_database_outage_is_applied_afterwards(web: Web, page: Page) -> None:
    web.seed.whole("例會")
    web.seed.failed("舊會", ErrorCode.RECORDING_UNREADABLE, found="unknown")
    page.goto("/meetings")
    expect(page.locator(".row")).to_have_count(2)
    with outage(web):
        page.locator(".chip[data-status=FAILED]").click()
        expect(page.get_by_text("資料庫暫時沒有回應")).to_be_visible()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row-title")).to_have_text("舊會")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_save_during_a_database_outage_says_so_and_keeps_its_field(web: Web, page: Page) -> None:
    page.goto("/glossary")
    field, save = page.locator("textarea[name=terms]"), page.get_by_role("button", name="儲存")
    field.fill("葵涌")
    with outage(web):
        save.click()
        expect(page.get_by_text("資料庫暫時沒有回應")).to_be_in_viewport()  # the button is far down
        expect(page.get_by_text("編號")).to_have_count(0)
        expect(field).to_have_value("葵涌")
    # No page follows the glossary, and nothing has changed in the database.
    expect(page.locator(".notice")).to_have_count(0)
    expect(field).to_have_value("葵涌")
    save.click()
    expect(page.locator(".notice")).to_contain_text("已儲存")
    assert [term.content for term in web.store.glossary.terms()] == ["葵涌"]


def test_a_form_of_a_followed_page_reports_a_database_outage_too(web: Web, page: Page) -> None:
    meeting = web.seed.whole("例會")
    page.goto(f"/meetings/{meeting.id}")
    page.locator(".meeting-title button").click()
    page.locator("input[name=title]").fill("十二月例會")
    with outage(web):
        page.get_by_role("button", name="儲存").click()
        expect(page.get_by_text("資料庫暫時沒有回應")).to_be_visible()
        expect(page.locator("input[name=title]")).to_have_value("十二月例會")
    expect(page.locator(".notice")).to_have_count(0)
    page.get_by_role("button", name="儲存").click()
    expect(page.locator(".meeting-title")).to_have_text("十二月例會")


def test_nothing_is_left_behind_after_navigation_reload_or_a_closed_tab(web: Web, context: BrowserContext) -> None:
    meeting = web.seed.whole("例會")
    page = context.new_page()
    for path in ("/meetings", f"/meetings/{meeting.id}", "/admin", "/", "/meetings?status=COMPLETED"):
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
    page.get_by_role("link", name="管理").click()
    expect(page.locator(".admin-section").first).to_be_visible()
    _only(web, 1, "after navigation")
    page.get_by_role("link", name="會議", exact=True).click()
    page.locator(".row-title").click()
    expect(page.locator(".line")).to_have_count(8)
    _only(web, 1, "after links were followed")
    page.reload()
    expect(page.locator(".line")).to_have_count(8)
    _only(web, 1, "after a reload")
    second = context.new_page()
    second.goto("/meetings")
    _only(web, 2, "with a second tab")
    second.close()
    _only(web, 1, "after the second tab was closed")
    page.close()
    _only(web, 0, "after the last tab was closed")


def _only(web: Web, pages: int, when: str) -> None:
    """Whether exactly so many background events run, and each of them waits."""
    wait_for(lambda: web.following() == web.waiting() == pages, f"{pages} followed pages {when}", 30)
