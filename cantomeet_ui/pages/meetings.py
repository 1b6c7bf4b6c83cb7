"""The page with the list of meetings."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components.frame import frame, link, loading, nothing_here, notice, paused_line
from cantomeet_ui.components.options import option
from cantomeet_ui.components.rows import keyed, meeting_line
from cantomeet_ui.components.search import date_fields, search_field
from cantomeet_ui.components.words import say
from cantomeet_ui.presenters.filters import Chip
from cantomeet_ui.state.meetings import MeetingsState


def meetings_page() -> rx.Component:
    return frame(
        rx.el.h1(say("meetings.title"), class_name="page-title"),
        paused_line(MeetingsState.paused),
        rx.cond(MeetingsState.phase != "empty", filters()),
        rx.cond(MeetingsState.notice != "", notice(MeetingsState.notice, tone="amber")),
        rx.match(
            MeetingsState.phase,
            ("loading", loading()),
            ("empty", _no_meetings()),
            ("none", _none_fits()),
            meeting_lines(),
        ),
        here=routes.MEETINGS,
        refresh=MeetingsState.refresh,
        kind="list-page",
    )


def filters() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            search_field(MeetingsState, "meetings.search"),
            date_fields(MeetingsState),
            _sort(),
            class_name="filter-fields",
        ),
        rx.el.ul(rx.foreach(keyed(MeetingsState.chips), _chip), class_name="chips"),
        class_name="filters",
        custom_attrs={"aria-label": say("meetings.filters")},
    )


def _sort() -> rx.Component:
    return rx.el.label(
        rx.el.span(say("meetings.sort")),
        rx.el.select(
            rx.foreach(MeetingsState.sorts, option),
            value=MeetingsState.sort,
            on_change=MeetingsState.choose_sort,
        ),
        class_name="sort",
    )


def _chip(chip: Chip) -> rx.Component:
    return rx.el.li(
        link(
            chip.label,
            rx.el.span(chip.count, class_name="count"),
            to=chip.href,
            class_name="chip",
            custom_attrs={"aria-current": rx.cond(chip.chosen, "true", "false"), "data-status": chip.status},
        ),
        key=chip.status,
    )


def meeting_lines() -> rx.Component:
    return rx.fragment(
        rx.el.ul(rx.foreach(keyed(MeetingsState.rows), meeting_line), class_name="rows"),
        rx.cond(MeetingsState.more, _more()),
    )


def _more() -> rx.Component:
    return rx.el.button(
        say("meetings.more"), type="button", class_name="button more-rows", on_click=MeetingsState.show_more
    )


def _no_meetings() -> rx.Component:
    act = link(say("meetings.empty.act"), to=routes.UPLOAD, class_name="button primary")
    return nothing_here(say("meetings.empty.title"), say("meetings.empty.text"), act)


def _none_fits() -> rx.Component:
    act = link(say("meetings.clear"), to=MeetingsState.clear_href, class_name="button")
    return nothing_here(say("meetings.none.title"), say("meetings.none.text"), act)
