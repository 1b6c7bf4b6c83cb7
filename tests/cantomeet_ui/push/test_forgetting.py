"""The states of closed pages are dropped, those of open pages kept, and none is written to disk."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import reflex as rx
from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory

from cantomeet_ui.push.forgetting import CLOSED_SECONDS, ClosedPages, sweep
from cantomeet_ui.state.meeting import MeetingState


def test_reflex_keeps_the_states_of_pages_in_memory_only() -> None:
    assert isinstance(StateManager.create(), StateManagerMemory)


async def test_the_state_of_a_page_closed_for_long_is_dropped_and_of_an_open_one_kept() -> None:
    manager = StateManagerMemory()
    for page in ("open", "closed"):
        async with manager.modify_state(rx.BaseStateToken(ident=page, cls=MeetingState)):
            pass
    app: Any = SimpleNamespace(state_manager=manager, event_namespace=SimpleNamespace(token_to_sid={"open": "sid"}))
    pages = ClosedPages()
    for passed in (0.0, CLOSED_SECONDS - 1):
        sweep(app, pages, 1000.0 + passed)
        assert set(manager.states) == {"open", "closed"}
    async with manager.modify_state(rx.BaseStateToken(ident="closed", cls=MeetingState)):
        sweep(app, pages, 1000.0 + CLOSED_SECONDS)
        assert set(manager.states) == {"open", "closed"}, "not while its state is locked"
    sweep(app, pages, 1000.0 + CLOSED_SECONDS)
    assert set(manager.states) == {"open"}
    await manager.close()


async def test_an_open_page_on_which_nothing_happens_is_not_forgotten_after_an_hour() -> None:
    manager = StateManagerMemory()
    for page in ("open", "closed"):
        async with manager.modify_state(rx.BaseStateToken(ident=page, cls=MeetingState)):
            pass
    app: Any = SimpleNamespace(state_manager=manager, event_namespace=SimpleNamespace(token_to_sid={"open": "sid"}))
    an_hour_later = {key: (0.0, token) for key, (_, token) in manager._token_expires_at.items()}
    manager._token_expires_at.update(an_hour_later)
    sweep(app, ClosedPages(), 1000.0)
    manager._purge_expired_tokens()
    assert set(manager.states) == {"open"}
    await manager.close()


def test_the_closed_time_restarts_when_a_page_reconnects() -> None:
    pages = ClosedPages()
    assert pages.to_forget({"a"}, set(), 0.0) == set()
    assert pages.to_forget({"a"}, {"a"}, CLOSED_SECONDS) == set()
    assert pages.to_forget({"a"}, set(), CLOSED_SECONDS + 1) == set()
    assert pages.to_forget({"a"}, set(), 2 * CLOSED_SECONDS + 1) == {"a"}
