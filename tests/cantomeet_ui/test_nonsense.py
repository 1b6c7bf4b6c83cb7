"""Invalid arguments from scripts are refused by every handler, and nothing is done."""

from __future__ import annotations

import asyncio
import inspect
from types import SimpleNamespace
from typing import Any

import pytest
import reflex as rx
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.errors import InvalidRequest
from cantomeet_ui import event_guard
from cantomeet_ui.cantomeet_ui import app
from cantomeet_ui.push import followers as followers_of_pages
from cantomeet_ui.push.followers import MAX_PER_PAGE, Followers
from cantomeet_ui.state.arguments import Arguments
from cantomeet_ui.state.items import ItemsState
from tests.cantomeet_ui.test_handlers_are_guarded import FRAMEWORK, ours
from tests.socket_client import event_name, page_events

WRONG_FOR_ALL: list[Any] = [2**70, -(2**31) - 1, None, ["x"], [[[]]], "\x00", "a\ud800", {"a": {"b": "\udfff"}}, 1e400]
"""No handler takes one of these as any argument."""


def handlers() -> list[tuple[type[rx.State], str, Any, list[str]]]:
    return [
        (state, name, found.fn, list(inspect.signature(found.fn).parameters)[1:])
        for state in ours()
        for name, found in state.event_handlers.items()
        if name not in FRAMEWORK
    ]


def is_refusal(answer: Any) -> bool:
    return isinstance(answer, rx.event.EventSpec) and answer.handler.fn.__name__ == "refuse"


@pytest.mark.parametrize("wrong", WRONG_FOR_ALL, ids=ascii)
async def test_every_handler_refuses_invalid_arguments(wrong: Any) -> None:
    for state, name, function, parameters in handlers():
        if parameters:
            answer = await function(state(_reflex_internal_init=True), **dict.fromkeys(parameters, wrong))
            assert is_refusal(answer), (state.__name__, name)


async def test_every_handler_refuses_missing_and_unknown_arguments() -> None:
    for state, name, function, parameters in handlers():
        opened = state(_reflex_internal_init=True)
        assert is_refusal(await function(opened, nobody_knows_it=1)), (state.__name__, name)
        if parameters:
            assert is_refusal(await function(opened)), (state.__name__, name)


async def test_a_number_too_large_for_the_database_is_refused() -> None:
    hold_all = ItemsState.event_handlers["hold_all"].fn
    assert is_refusal(await hold_all(ItemsState(_reflex_internal_init=True), 2**70))


def test_every_parameter_of_a_handler_is_annotated() -> None:
    """Otherwise the arguments would not be checked."""
    for state, name, function, parameters in handlers():
        known = Arguments(inspect.unwrap(function))._adapters
        assert set(parameters) <= set(known), (state.__name__, name)


# ---- the event guard -----------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WRONG_FOR_ALL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(ANYTHING, ANYTHING, ANYTHING, st.sampled_from([name for name, _ in page_events()]), st.booleans())
def test_only_valid_events_pass(name: Any, payload: Any, place: Any, known: str, use_known: bool) -> None:
    app._set_contexts_internal()
    for data in (name, {"name": known if use_known else name, "payload": payload, "router_data": place}):
        try:
            let_in = event_guard.checked(data)
        except InvalidRequest:
            continue
        assert set(let_in) == {"name", "payload", "router_data"}
        assert isinstance(let_in["name"], str)
        assert set(let_in["router_data"]) <= {"pathname", "asPath", "query"}


def test_the_frameworks_setter_is_refused() -> None:
    app._set_contexts_internal()
    setters = [name for name, _ in page_events() if name.endswith(".setvar")]
    assert setters
    for name in setters:
        with pytest.raises(InvalidRequest):
            event_guard.checked({"name": name, "payload": {"var_name": "rows", "value": 5}})


def test_the_events_of_a_page_pass() -> None:
    app._set_contexts_internal()
    place = {"pathname": "/meetings", "asPath": "/meetings?q=葵#x", "query": {"q": "葵"}}
    sent = {"name": event_name("meetings.MeetingsState.search"), "payload": {"words": "葵涌"}, "router_data": place}
    assert event_guard.checked(sent) == sent


def test_of_an_address_what_is_no_text_is_left_out() -> None:
    app._set_contexts_internal()
    query = {"q": "\x00", "from": "2026-01-01", "\ud800": "x"}
    sent = {"name": event_name("meetings.MeetingsState.load"), "payload": {}, "router_data": {"query": query}}
    assert event_guard.checked(sent)["router_data"] == {"query": {"from": "2026-01-01"}}


# ---- followers ---------------------------------------------------------------------------------------------


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The page whose events run."""
    now = SimpleNamespace(token="one")
    monkeypatch.setattr(followers_of_pages, "this_page", lambda: now.token)
    return now


async def test_a_page_runs_each_follower_once_and_few_in_all(page: SimpleNamespace) -> None:
    known = Followers()
    tasks = [asyncio.create_task(known.follow("follow", asyncio.Event().wait)) for _ in range(1000)]
    tasks += [asyncio.create_task(known.follow(f"other {n}", asyncio.Event().wait)) for n in range(100)]
    await asyncio.sleep(0)
    assert known.running == MAX_PER_PAGE
    await asyncio.wait(tasks, timeout=0)
    assert sum(not task.done() for task in tasks) == MAX_PER_PAGE
    known.closed("one")
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (known.running, known._of) == (0, {})


async def test_the_followers_of_pages_are_independent(page: SimpleNamespace) -> None:
    known, tasks = Followers(), []
    for token in ("one", "two", "three"):
        page.token = token
        tasks.append(asyncio.create_task(known.follow("follow", asyncio.Event().wait)))
        await asyncio.sleep(0)
    assert known.running == 3
    known.closed("two")
    await asyncio.wait(tasks[1:2])
    assert [task.done() for task in tasks] == [False, True, False]
    for token in ("one", "three"):
        known.closed(token)
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_follower_starts_for_a_closed_page(page: SimpleNamespace) -> None:
    known = Followers()
    known.is_open = lambda token: token != "one"
    assert await known.follow("follow", asyncio.Event().wait) is None
