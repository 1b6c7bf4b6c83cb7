"""An open page shows changes that it missed during a database failure, without a reload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.push.live import hints
from cantomeet_ui.state import actions, admin, engine, meeting, meetings, opening, upload
from tests import meetings as made
from tests.cantomeet_ui.push.test_sharing import until
from tests.counting import counted


class Failing:
    """A database that answers some reads and then fails once."""

    def __init__(self, store: Database) -> None:
        self.answers: int | None = None
        """Number of reads before the one that fails. None: all succeed."""
        event.listen(store.engine, "begin", self._begun)

    def _begun(self, _: Connection) -> None:
        if self.answers == 0:
            self.answers = None
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        if self.answers:
            self.answers -= 1


@pytest.fixture
def services(sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    recordings = FolderStorage(tmp_path / "recordings", max_bytes=1000)
    given = Services(
        Settings(_env_file=None, CANTOMEET_DATA_DIR=str(tmp_path)), sqlite_store, recordings, lambda _: None
    )
    for module in (actions, admin, engine, meeting, meetings, upload):
        monkeypatch.setattr(module, "services", lambda: given)
    monkeypatch.setattr(upload, "settings", lambda: given.settings)
    monkeypatch.setattr(engine, "_EVERY", 0.05)
    return given


async def shown_page(cls: Any, monkeypatch: pytest.MonkeyPatch, **columns: Any) -> Any:
    """The page's state, shown once."""

    async def get_state(_self: Any, _wanted: Any) -> Any:
        return SimpleNamespace(lang="en")

    async def lock(_self: Any, *_: Any) -> None:
        """No other event holds the lock."""

    for name, value in (("get_state", get_state), ("__aenter__", lock), ("__aexit__", lock)):
        monkeypatch.setattr(cls, name, value, raising=False)
    state = cls(_reflex_internal_init=True)
    for name, value in columns.items():
        setattr(state, name, value)
    await state._show()
    return state


@asynccontextmanager
async def opened(
    cls: Any, handler: str, monkeypatch: pytest.MonkeyPatch, **columns: Any
) -> AsyncIterator[tuple[Any, asyncio.Task[None]]]:
    """The page's state, shown once, and its background event."""
    state = await shown_page(cls, monkeypatch, **columns)
    following = asyncio.create_task(cls.event_handlers[handler].fn(state))
    try:
        yield state, following
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (meetings.MeetingsState, "rows"),
        (actions.ActionsState, "groups"),
        (admin.AdminState, "rows"),
        (upload.UploadState, "rows"),
        (meeting.MeetingState, "head"),
    ],
)
async def test_a_change_that_could_not_be_read_is_shown_later(
    page: Any, shown: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = made.completed(services.store, items=[{"kind": "action_item", "text": "寄信", "evidence": []}])
    monkeypatch.setattr(meeting.MeetingState, "meeting_id", held.id, raising=False)
    columns = {"_ids": [held.id]} if page is upload.UploadState else {}
    database = Failing(services.store)
    async with opened(page, "follow", monkeypatch, **columns) as (state, following):
        await until(lambda: hints.waiting)
        services.store.meetings.edit(held.id, None, title="改過的標題")
        database.answers = 1  # reading the stamp succeeds, but reading the change fails
        hints.changed(held.id)
        await until(lambda: database.answers is None)

        def is_shown() -> bool:
            hints.changed(held.id)
            return "改過的標題" in repr(getattr(state, shown)) or following.done()

        await until(is_shown)
        assert "改過的標題" in repr(getattr(state, shown)), following


@pytest.mark.parametrize(
    "page",
    [
        meetings.MeetingsState,
        actions.ActionsState,
        admin.AdminState,
        upload.UploadState,
        meeting.MeetingState,
        engine.EngineState,
    ],
)
async def test_a_page_is_read_in_one_transaction(
    page: Any, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = made.completed(services.store, items=[{"kind": "action_item", "text": "寄信", "evidence": []}])
    failed = made.failed(services.store)
    monkeypatch.setattr(meeting.MeetingState, "meeting_id", held.id, raising=False)
    columns: dict[Any, dict[str, Any]] = {
        upload.UploadState: {"_ids": [held.id, failed.id]},
        admin.AdminState: {"picked": [held.id], "opened": failed.id},
        meeting.MeetingState: {"view": "written", "naming": True},
    }
    state = await shown_page(page, monkeypatch, **columns.get(page, {}))
    with counted(services.store.engine) as found:
        await state._show()
    assert found.transactions == 1


async def test_the_engine_section_continues_after_an_outage(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Failing(services.store)
    async with opened(engine.EngineState, "watch", monkeypatch) as (state, watching):
        database.answers = 0
        await until(lambda: database.answers is None)
        services.store.switches.pause(True)
        await until(lambda: state.engine.paused or watching.done())
        assert "paused since" in state.engine.paused


@pytest.mark.parametrize(("now", "seconds"), [(10.0, 0.5), (10.1, 0.4), (10.25, 0.25), (10.3, 0.7), (10.49, 0.51)])
def test_pages_that_were_pushed_to_wait_for_a_common_instant(now: float, seconds: float) -> None:
    assert opening.seconds_to_gather(now) == pytest.approx(seconds)
