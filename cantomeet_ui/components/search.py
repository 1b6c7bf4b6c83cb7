"""Fields that search: the text, and the days of the meetings."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.words import Handler, say
from cantomeet_ui.state.admin import AdminState
from cantomeet_ui.state.meetings import MeetingsState
from cantomeet_ui.state.search import SearchState


def search_field(state: type[AdminState] | type[MeetingsState] | type[SearchState], label: str) -> rx.Component:
    """The search field of a state with `q`, `search_key` and the handler `search`.

    A new `search_key` replaces the text in the field by `q`.
    """
    field = rx.el.input(
        type="search",
        key=f"search-{state.search_key}",
        default_value=state.q,
        on_change=state.search.debounce(300),
        placeholder=say(label),
        max_length=200,
        auto_complete="off",
        custom_attrs={"aria-label": say(label), "data-search": ""},
    )
    return rx.el.label(icons.search(), field, class_name="search")


def date_fields(state: type[MeetingsState] | type[SearchState]) -> rx.Component:
    """The first and the last day, of a state with `date_from`, `date_to`, `choose_from` and `choose_to`."""
    return rx.el.div(
        _date("meetings.from", "from", state.date_from, state.choose_from),
        _date("meetings.to", "to", state.date_to, state.choose_to),
        class_name="dates",
    )


def _date(label: str, name: str, day: str, on_change: Handler) -> rx.Component:
    return rx.el.label(
        rx.el.span(say(label)),
        rx.el.input(type="date", name=name, default_value=day, key=f"{name}-{day}", on_change=on_change),
    )
