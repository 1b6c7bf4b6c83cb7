"""The admin page's handlers, without a browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cantomeet import access
from cantomeet.access import Action
from cantomeet.errors import ErrorCode, NotAllowed, NotFound
from cantomeet.queries.admin import PAGE
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.state import admin, engine
from tests import meetings


@pytest.fixture
def services(sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services(
        Settings(_env_file=None, CANTOMEET_DATA_DIR=str(tmp_path)),
        sqlite_store,
        FolderStorage(tmp_path / "recordings", max_bytes=1000),
        wake=lambda meeting: None,
    )
    for module in (admin, engine):
        monkeypatch.setattr(module, "services", lambda: made)
    return made


class Page:
    """The admin page's state in one browser tab, with its handlers by name."""

    def __init__(self, state: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = state
        cls = type(state)

        async def get_state(_self: Any, _wanted: Any) -> Any:
            return SimpleNamespace(lang="en", database_away=False)

        async def lock(_self: Any, *_: Any) -> None:
            """No other event holds the lock."""

        monkeypatch.setattr(cls, "get_state", get_state)
        monkeypatch.setattr(cls, "__aenter__", lock, raising=False)
        monkeypatch.setattr(cls, "__aexit__", lock, raising=False)

    async def do(self, handler: str, *arguments: Any) -> Any:
        return await type(self.state).event_handlers[handler].fn(self.state, *arguments)

    def addressed(self, **query: str) -> None:
        self.state._query = query


@pytest.fixture
def page(services: Services, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(admin.AdminState(_reflex_internal_init=True), monkeypatch)


async def test_a_confirmation_without_a_preview_does_nothing(page: Page, services: Services) -> None:
    meeting = meetings.failed(services.store)
    await page.do("confirm", True)
    assert services.store.meetings.get(meeting.id).job.run == meeting.job.run


async def test_a_confirmation_runs_the_previewed_plan_once(page: Page, services: Services) -> None:
    first = meetings.failed(services.store)
    page.addressed(status="FAILED")
    await page.do("ask_scope", "retry")
    assert page.state.asked.title == "Retry 1 meeting?"
    late = meetings.failed(services.store)
    await page.do("confirm", False)
    assert (services.store.meetings.get(first.id).status, services.store.meetings.get(late.id).status) == (
        "UPLOADED",
        "FAILED",
    )
    assert page.state.notice == "1 meeting is going again."
    assert (page.state.asked.title, page.state.working) == ("", False)
    await page.do("confirm", False)
    assert page.state.notice == "1 meeting is going again.", "the second press finds nothing to do"


async def test_picked_meetings_take_precedence_over_all_matches(page: Page, services: Services) -> None:
    picked, other = meetings.failed(services.store), meetings.failed(services.store)
    await page.do("refresh")
    await page.do("pick", picked.id)
    assert page.state.scope == "1 selected"
    await page.do("ask_scope", "delete")
    await page.do("confirm", False)
    with pytest.raises(NotFound):
        services.store.meetings.get(picked.id)
    assert services.store.meetings.get(other.id)
    assert page.state.picked == []


async def test_an_invalid_filter_never_selects_all_meetings(page: Page, services: Services) -> None:
    meetings.failed(services.store)
    page.addressed(status="BROKEN")
    await page.do("refresh")
    assert "status" in page.state.bad_filter
    assert not page.state.scope_means
    assert "never means all" in page.state.scope
    await page.do("ask_scope", "delete")
    assert page.state.asked.title == ""
    assert "never means all" in page.state.notice
    await page.do("pick", page.state.rows[0].id)
    assert (page.state.scope_means, page.state.scope) == (True, "1 selected")


async def test_a_meeting_that_left_the_list_is_unpicked(page: Page, services: Services) -> None:
    first, second = meetings.failed(services.store, title="A"), meetings.failed(services.store, title="B")
    page.addressed(status="FAILED")
    await page.do("refresh")
    for meeting in (first, second):
        await page.do("pick", meeting.id)
    services.store.meetings.retry(first.id)
    await page.do("ask_scope", "delete")
    assert [(named.title, named.status) for named in page.state.asked.named] == [("B", "Failed")]
    assert (page.state.picked, page.state.scope) == ([second.id], "1 selected")
    services.store.meetings.retry(second.id)
    await page.do("show_more")
    assert page.state.picked == []


async def test_lost_picks_never_select_all_meetings(page: Page, services: Services) -> None:
    picked, _other = meetings.failed(services.store), meetings.failed(services.store)
    page.addressed(status="FAILED")
    await page.do("refresh")
    await page.do("pick", picked.id)
    services.store.meetings.retry(picked.id)
    await page.do("ask_scope", "delete")
    assert page.state.asked.title == "There is no meeting to do this to."


async def test_only_shown_meetings_can_be_picked(page: Page, services: Services) -> None:
    await page.do("refresh")
    await page.do("pick", meetings.failed(services.store).id)
    assert page.state.picked == []


async def test_reopening_the_page_closes_the_preview_and_clears_the_picks(page: Page, services: Services) -> None:
    failed = meetings.failed(services.store)
    await page.do("load")
    await page.do("pick", failed.id)
    await page.do("ask_scope", "delete")
    page.state.opened, page.state.notice, page.state.working = failed.id, "1 meeting is going again.", True
    await page.do("load")
    state = page.state
    assert (state.asked.title, state.picked, state.notice, state.opened, state.working) == ("", [], "", "", False)
    await page.do("confirm", False)
    assert services.store.meetings.get(failed.id), "the old question is no longer answered"


async def test_the_preview_of_a_cause_covers_all_of_its_meetings(page: Page, services: Services) -> None:
    for _ in range(7):
        meetings.failed(services.store)
    meetings.failed(services.store, ErrorCode.RECORDING_UNREADABLE)
    await page.do("refresh")
    assert [(cause.count, len(cause.rows)) for cause in page.state.causes] == [(7, 5), (1, 1)]
    await page.do("ask_cause", "retry", page.state.causes[0].key)
    assert page.state.asked.title == "Retry 7 meetings?"
    await page.do("ask_cause", "retry", "no such cause")
    assert page.state.asked.title == "There is no meeting to do this to."


@pytest.mark.parametrize("how", ["cause", "picked"])
async def test_meetings_beyond_one_plan_are_reported(
    page: Page, services: Services, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("cantomeet.service.bulk.MOST", 5)
    failed = [meetings.failed(services.store) for _ in range(7)]
    await page.do("refresh")
    assert page.state.causes[0].retry == "Retry all 7"
    if how == "picked":
        for meeting in failed:
            await page.do("pick", meeting.id)
        await page.do("ask_scope", "retry")
    else:
        await page.do("ask_cause", "retry", page.state.causes[0].key)
    assert page.state.asked.title == "Retry 5 meetings?"
    assert page.state.asked.lines == ["2 more fit, beyond what is done at once."]


async def test_stuck_meetings_are_shown_page_by_page_and_previewed_together(page: Page, services: Services) -> None:
    long_ago = services.store.now() - timedelta(hours=1)
    for _ in range(PAGE + 2):
        stuck = meetings.uploaded(services.store)
        meetings.set_job(services.store, stuck.id, due_at=long_ago)
        meetings.set_columns(services.store, stuck.id, updated_at=long_ago)
    meetings.uploaded(services.store)
    await page.do("refresh")
    assert (len(page.state.stuck), page.state.more_stuck) == (PAGE, "and 2 more")
    await page.do("ask_stuck", "run_now")
    assert page.state.asked.title == f"Take the next step of {PAGE + 2} meetings now?"


async def test_a_retried_meeting_still_matches_the_filter_of_its_transcriber(page: Page, services: Services) -> None:
    failed = meetings.failed(services.store)
    meetings.set_columns(services.store, failed.id, transcriber=services.settings.chosen_transcriber)
    page.addressed(transcriber=services.settings.chosen_transcriber)
    await page.do("ask_scope", "retry")
    await page.do("confirm", False)
    assert [row.id for row in page.state.rows] == [failed.id]
    await page.do("ask_scope", "cancel")
    assert page.state.asked.title == "Stop the work on 1 meeting?"


async def test_switching_the_language_closes_the_preview(page: Page, services: Services) -> None:
    meetings.failed(services.store)
    await page.do("ask_scope", "retry")
    await page.do("refresh")
    await page.do("confirm", False)
    assert page.state.notice == ""


@pytest.mark.parametrize("handler", ["confirm", "ask_scope", "ask_one", "ask_cause", "ask_stuck", "search"])
async def test_an_actor_without_the_right_to_administer_is_refused(
    page: Page, services: Services, monkeypatch: pytest.MonkeyPatch, handler: str
) -> None:
    monkeypatch.setattr(access, "may", lambda actor, asked, meeting=None: asked is not Action.ADMINISTER)
    with pytest.raises(NotAllowed):
        await page.do(handler, "delete", "x") if handler in ("ask_one", "ask_cause") else await page.do(handler, "x")


async def test_the_engine_section_pauses_resumes_and_reports_a_missing_redis(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Page(engine.EngineState(_reflex_internal_init=True), monkeypatch)
    await room.do("pause")
    assert services.store.switches.paused()
    assert "paused since" in room.state.engine.paused
    await room.do("resume")
    assert (services.store.switches.paused(), room.state.engine.paused) == (False, "")
    await room.do("check", "whisper")
    assert "Redis" in room.state.notice
    await room.do("check", "moon")
    assert "name" in room.state.notice
