"""The field that searches titles and transcripts."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.words import say
from cantomeet_ui.state.admin import AdminState
from cantomeet_ui.state.meetings import MeetingsState


def search_field(state: type[AdminState] | type[MeetingsState]) -> rx.Component:
    """The search field of a state with `q`, `search_key` and the handler `search`.

    A new `search_key` replaces the text in the field by `q`.
    """
    field = rx.el.input(
        type="search",
        key=f"search-{state.search_key}",
        default_value=state.q,
        on_change=state.search.debounce(300),
        placeholder=say("meetings.search"),
        max_length=200,
        auto_complete="off",
        custom_attrs={"aria-label": say("meetings.search"), "data-search": ""},
    )
    return rx.el.label(icons.search(), field, class_name="search")
