"""After a handler fails because the database does not answer, the page says so until it answers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from cantomeet.store import Database
from cantomeet_ui.state import notice
from cantomeet_ui.state.notice import NoticeState
from cantomeet_ui.wiring import unexpected
from tests.cantomeet_ui.push.test_following import Failing
from tests.cantomeet_ui.push.test_sharing import until

LOST = Exception("the server closed the connection")


def answered(error: Exception) -> str:
    """The handler that a failure triggers."""
    told = unexpected(error)
    assert told is not None
    return str(told.handler.fn.__name__)


@pytest.mark.parametrize("error", [OperationalError("UPDATE", {}, LOST), InterfaceError("", {}, LOST), TimeoutError()])
def test_a_database_that_does_not_answer_is_named(error: Exception) -> None:
    assert answered(error) == "miss_database"


def test_an_unexpected_error_has_a_reference() -> None:
    assert answered(ValueError("a bug")) == "show"


@pytest.fixture
def state(sqlite_store: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    async def lock(_self: Any, *_: Any) -> None:
        """No other event holds the lock."""

    for name in ("__aenter__", "__aexit__"):
        monkeypatch.setattr(NoticeState, name, lock, raising=False)
    monkeypatch.setattr(notice, "services", lambda: SimpleNamespace(store=sqlite_store))
    monkeypatch.setattr(notice, "RETRY_SECONDS", 0.02)
    return NoticeState(_reflex_internal_init=True)  # type: ignore[call-arg]  # Reflex's own switch


async def test_an_outage_is_reported_once_and_one_event_waits_for_its_end(state: Any) -> None:
    miss = NoticeState.event_handlers["miss_database"].fn
    assert "look_for_database" in str(await miss(state))
    assert state.database_away
    assert await miss(state) is None


async def test_an_outage_is_reported_until_the_database_answers(state: Any, sqlite_store: Database) -> None:
    database = Failing(sqlite_store)
    database.answers = 0
    state.database_away = True
    looking = asyncio.create_task(NoticeState.event_handlers["look_for_database"].fn(state))
    await until(lambda: database.answers is None)
    assert state.database_away
    await until(looking.done)
    assert not state.database_away


async def test_the_waiting_event_ends_once_the_page_has_read_the_database(
    state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice, "services", lambda: pytest.fail("there is nothing to look for"))
    await asyncio.wait_for(NoticeState.event_handlers["look_for_database"].fn(state), 5)
