"""Every event handler checks `cantomeet.access` first, because any client of the websocket can call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import reflex as rx

from cantomeet.access import Action
from cantomeet_ui.state import (
    actions,
    admin,
    engine,
    finding,
    glossary,
    items,
    language,
    lines,
    meeting,
    meetings,
    search,
    templates,
    upload,
    versions,
)

STATES = (
    *(actions, admin, engine, finding, glossary, items, language, lines),
    *(meeting, meetings, search, templates, upload, versions),
)
FRAMEWORK = {"setvar"}
"""Reflex adds it to every state and cannot be told not to. It sets plain variables of the caller's own page, which only
the handlers below use."""


def _below(state: type[rx.State]) -> Iterator[type[rx.State]]:
    for child in state.__subclasses__():
        yield child
        yield from _below(child)


def unguarded(states: Iterator[type[rx.State]]) -> list[str]:
    handlers: list[tuple[str, str, Any]] = [
        (state.__name__, name, found.fn) for state in states for name, found in state.event_handlers.items()
    ]
    return [
        f"{state}.{name}"
        for state, name, function in handlers
        if name not in FRAMEWORK and not isinstance(getattr(function, "guarded_by", None), Action)
    ]


def ours() -> list[type[rx.State]]:
    # A mixin takes no events; its handlers are those of the states that it is mixed into.
    return [state for state in _below(rx.State) if state.__module__.startswith("cantomeet_ui.") and not state._mixin]


def test_every_module_of_the_pages_is_checked() -> None:
    assert {state.__module__ for state in ours()} >= {module.__name__ for module in STATES}


def test_every_handler_checks_access_first() -> None:
    assert unguarded(iter(ours())) == []


def test_an_unguarded_handler_is_found() -> None:
    class Careless(rx.State):
        @rx.event
        async def peek(self) -> None:
            """No check."""

    assert unguarded(iter([Careless])) == ["Careless.peek"]
