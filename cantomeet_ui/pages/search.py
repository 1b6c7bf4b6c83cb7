"""The page that searches all meetings."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.frame import frame, link, loading, nothing_here, notice
from cantomeet_ui.components.rows import keyed, marked
from cantomeet_ui.components.search import date_fields, search_field
from cantomeet_ui.components.versions import select
from cantomeet_ui.components.words import say
from cantomeet_ui.presenters.search import FoundGroup, HitRow
from cantomeet_ui.state.search import SearchState


def search_page() -> rx.Component:
    return frame(
        rx.el.h1(say("search.title"), class_name="page-title"),
        _filters(),
        rx.cond(SearchState.notice != "", notice(SearchState.notice, tone="amber")),
        rx.match(
            SearchState.phase,
            ("loading", loading()),
            ("ask", rx.el.p(say("search.ask"), class_name="search-ask")),
            ("none", _nothing_found()),
            _found(),
        ),
        here=routes.SEARCH,
        refresh=SearchState.refresh,
        kind="list-page search-page",
    )


def _filters() -> rx.Component:
    speaker, status = say("search.speaker"), say("search.status")
    return rx.el.section(
        rx.el.div(search_field(SearchState, "search.field"), _by_sound(), class_name="filter-fields"),
        rx.el.div(
            date_fields(SearchState),
            select("speaker", speaker, SearchState.people, SearchState.speaker, SearchState.choose_speaker),
            select("status", status, SearchState.statuses, SearchState.status, SearchState.choose_status),
            rx.cond(
                SearchState.clear_href != "",
                link(say("meetings.clear"), to=SearchState.clear_href, class_name="quiet clear-filters"),
            ),
            class_name="filter-fields narrowing",
        ),
        class_name="filters",
        custom_attrs={"aria-label": say("meetings.filters")},
    )


def _by_sound() -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", checked=SearchState.by_sound, on_change=SearchState.choose_sound),
        rx.el.span(say("search.by_sound")),
        title=say("search.by_sound.hint"),
        class_name="check",
    )


def _found() -> rx.Component:
    return rx.fragment(
        rx.el.p(SearchState.total, class_name="search-total", role="status"),
        rx.el.div(rx.foreach(keyed(SearchState.groups), _group), class_name="found-groups"),
        rx.cond(
            SearchState.more,
            rx.el.button(
                say("meetings.more"), type="button", class_name="button more-rows", on_click=SearchState.show_more
            ),
        ),
    )


def _group(group: FoundGroup) -> rx.Component:
    return rx.el.section(
        rx.el.h2(link(group.title, to=group.href), rx.el.span(group.date, class_name="found-date")),
        rx.el.ul(rx.foreach(group.hits, _hit)),
        rx.cond(group.others != "", link(group.others, to=group.href, class_name="found-others")),
        key=group.id,
        class_name="found-group",
    )


def _hit(row: HitRow) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(rx.cond(row.time != "", icons.play()), row.time, class_name="hit-time"),
            rx.el.span(row.who, class_name="hit-who"),
            rx.el.span(marked(row.words), class_name="hit-words"),
            to=row.href,
            class_name="hit",
        ),
        key=row.key,
        custom_attrs={"data-source": row.source},
    )


def _nothing_found() -> rx.Component:
    by_sound = rx.cond(
        SearchState.sound_href != "",
        link(say("search.none.by_sound"), to=SearchState.sound_href, class_name="button"),
    )
    return nothing_here(say("search.none.title"), say("search.none.text"), by_sound)
