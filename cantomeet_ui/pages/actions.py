"""The page of action items across all meetings."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.buttons import button
from cantomeet_ui.components.frame import frame, link, loading, nothing_here, notice
from cantomeet_ui.components.rows import keyed
from cantomeet_ui.components.summary import done_box
from cantomeet_ui.components.versions import select
from cantomeet_ui.components.words import say
from cantomeet_ui.presenters.actions import ActionRow, Group
from cantomeet_ui.state.actions import ActionsState


def actions_page() -> rx.Component:
    return frame(
        rx.el.h1(say("todo.title"), class_name="page-title"),
        rx.cond(ActionsState.phase != "empty", _filters()),
        rx.cond(ActionsState.notice != "", notice(ActionsState.notice, tone="amber")),
        rx.cond(ActionsState.ticked != "", _done_notice()),
        rx.match(
            ActionsState.phase,
            ("loading", loading()),
            ("empty", _nothing_to_do()),
            ("none", _none_fits()),
            rx.el.div(rx.foreach(keyed(ActionsState.groups), _group), class_name="todo-groups"),
        ),
        here=routes.ACTIONS,
        refresh=ActionsState.refresh,
        kind="list-page todo-page",
    )


def _filters() -> rx.Component:
    return rx.el.section(
        select("owner", say("todo.owner"), ActionsState.owners, ActionsState.owner, ActionsState.choose("owner")),
        select("due", say("todo.due"), ActionsState.dues, ActionsState.due, ActionsState.choose("due")),
        select("done", say("todo.done"), ActionsState.states, ActionsState.done, ActionsState.choose("done")),
        select("by", say("todo.by"), ActionsState.groupings, ActionsState.by, ActionsState.choose("by")),
        link(
            say("todo.calendar"),
            to=ActionsState.calendar,
            reload_document=True,
            download=True,
            class_name="button",
            title=say("todo.calendar.hint"),
        ),
        class_name="todo-filters",
        custom_attrs={"aria-label": say("meetings.filters")},
    )


def _done_notice() -> rx.Component:
    return notice(ActionsState.ticked, button(say("todo.undo"), ActionsState.undo))


def _group(group: Group) -> rx.Component:
    return rx.el.section(
        rx.el.h2(group.title),
        rx.el.ul(rx.foreach(group.rows, _action_item)),
        key=group.key,
        class_name="todo-group",
        custom_attrs={"data-group": group.key},
    )


def _action_item(row: ActionRow) -> rx.Component:
    return rx.el.li(
        done_box(row.done, row.text, ActionsState.tick(row.meeting_id, row.id, row.text)),
        rx.el.div(
            rx.el.p(row.text, class_name="item-text"),
            rx.cond(row.other != "", rx.el.p(row.other, class_name="item-other")),
            rx.cond(row.stale, rx.el.p(say("summary.stale"), class_name="stale")),
            class_name="todo-words",
        ),
        rx.el.p(
            rx.cond(row.owner != "", rx.el.span(row.owner)),
            rx.cond(row.due != "", rx.el.span(row.due)),
            rx.cond(row.overdue, rx.el.span(say("todo.overdue"), class_name="overdue")),
            class_name="item-who",
        ),
        link(
            rx.el.span(row.meeting, class_name="todo-meeting"),
            rx.el.span(
                row.held,
                rx.cond(row.time != "", rx.el.span(icons.play(), row.time, class_name="todo-time")),
                class_name="todo-when",
            ),
            to=row.href,
            class_name="todo-place",
        ),
        key=row.id,
        class_name="todo",
        custom_attrs={"data-done": rx.cond(row.done, "true", "false")},
    )


def _nothing_to_do() -> rx.Component:
    act = link(say("missing.back"), to=routes.MEETINGS, class_name="button")
    return nothing_here(say("todo.empty.title"), say("todo.empty.text"), act)


def _none_fits() -> rx.Component:
    act = link(say("meetings.clear"), to=ActionsState.clear_href, class_name="button")
    return nothing_here(say("todo.none.title"), say("todo.none.text"), act)
