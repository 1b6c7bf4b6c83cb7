"""The admin page: meetings that need attention, the engine panel, all meetings."""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components.buttons import button
from cantomeet_ui.components.engine import engine_section, paused_notice
from cantomeet_ui.components.frame import frame, link, loading, notice
from cantomeet_ui.components.options import option
from cantomeet_ui.components.plans import action_bar, plan_result, plan_sheet
from cantomeet_ui.components.rows import keyed, status_words
from cantomeet_ui.components.search import search_field
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.admin import CauseRow, Step
from cantomeet_ui.presenters.admin_filters import AdminChip
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.rows import MeetingRow
from cantomeet_ui.state.admin import AdminState
from cantomeet_ui.state.engine import EngineState


def admin_page() -> rx.Component:
    return frame(
        rx.el.div(
            rx.el.h1(say("admin.title"), class_name="page-title"),
            rx.el.div(
                link(say("glossary.link"), to=routes.GLOSSARY, class_name="quiet"),
                link(say("templates.title"), to=routes.TEMPLATES, class_name="quiet"),
            ),
            class_name="section-head",
        ),
        paused_notice(),
        rx.cond(AdminState.ready, rx.fragment(_needs_attention(), engine_section(), _all_meetings()), loading()),
        action_bar(
            plan_result(AdminState.working, AdminState.notice, AdminState.close_notice),
            plan_sheet(AdminState.asked, AdminState.confirm, AdminState.dismiss),
        ),
        here=routes.ADMIN,
        refresh=[AdminState.refresh, EngineState.refresh],
        kind="admin-page",
    )


# ---- meetings that need attention ----------------------------------------------------------------------------


def _needs_attention() -> rx.Component:
    return rx.el.section(
        rx.el.h2(say("admin.needs_you")),
        rx.cond(
            AdminState.somebody_needed,
            rx.fragment(
                rx.foreach(keyed(AdminState.causes), failure_cause),
                rx.cond(AdminState.stuck, _stuck_meetings()),
            ),
            rx.el.p(say("admin.fine"), class_name="pane-note"),
        ),
        class_name="admin-section",
    )


def failure_cause(cause: CauseRow) -> rx.Component:
    """A cause with its remedy, a button that retries all of its meetings, and the newest of them."""
    return rx.el.section(
        rx.el.div(
            rx.el.p(cause.remedy, class_name="remedy"),
            rx.el.button(
                cause.retry, type="button", class_name="button", on_click=AdminState.ask_cause("retry", cause.key)
            ),
            class_name="cause-head",
        ),
        rx.el.ul(rx.foreach(cause.rows, _failed_line), class_name="admin-rows"),
        rx.cond(
            cause.more != "",
            rx.el.p(link(cause.more, to=cause.href, class_name="and-more")),
        ),
        key=cause.key,
        class_name="cause",
        custom_attrs={"data-cause": cause.key},
    )


def _failed_line(row: MeetingRow) -> rx.Component:
    return _line(
        row,
        rx.el.span(row.lasts, class_name="row-length"),
        button(say("meeting.retry"), AdminState.ask_one("retry", row.id)),
    )


def _stuck_meetings() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.p(rx.el.strong(say("admin.stuck")), " ", say("admin.stuck.text"), class_name="remedy"),
            rx.el.button(
                say("admin.run_now.all"), type="button", class_name="button", on_click=AdminState.ask_stuck("run_now")
            ),
            class_name="cause-head",
        ),
        rx.el.ul(rx.foreach(keyed(AdminState.stuck), _stuck_line), class_name="admin-rows"),
        rx.cond(AdminState.more_stuck != "", rx.el.p(AdminState.more_stuck, class_name="pane-note")),
        class_name="cause stuck",
    )


def _stuck_line(row: MeetingRow) -> rx.Component:
    return _line(row, status_words(row), button(say("meeting.cancel"), AdminState.ask_one("cancel", row.id)))


def _line(row: MeetingRow, *rest: rx.Component) -> rx.Component:
    return rx.el.li(
        link(row.title, to=row.href, class_name="row-title"),
        rx.el.span(row.date, class_name="row-date"),
        *rest,
        key=row.id,
        class_name="admin-row",
    )


# ---- all meetings --------------------------------------------------------------------------------------------


def _all_meetings() -> rx.Component:
    return rx.el.section(
        rx.el.h2(say("admin.history")),
        _filters(),
        rx.cond(AdminState.bad_filter != "", notice(AdminState.bad_filter, tone="amber")),
        rx.cond(
            AdminState.rows,
            rx.fragment(
                _scope(),
                rx.el.ul(rx.foreach(keyed(AdminState.rows), _selectable_line), class_name="admin-rows"),
                rx.cond(AdminState.more, _more()),
            ),
            rx.el.p(say("admin.none_fits"), class_name="pane-note"),
        ),
        class_name="admin-section",
        id="all-meetings",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            search_field(AdminState, "meetings.search"),
            _select(
                "admin.transcriber", AdminState.transcriber, AdminState.transcribers, AdminState.choose_transcriber
            ),
            _select("admin.age", AdminState.age, AdminState.ages, AdminState.choose_age),
            class_name="filter-fields",
        ),
        rx.el.ul(rx.foreach(AdminState.statuses, _chip), class_name="chips"),
        rx.cond(AdminState.codes, rx.el.ul(rx.foreach(AdminState.codes, _chip), class_name="chips codes")),
        class_name="filters",
        custom_attrs={"aria-label": say("meetings.filters")},
    )


def _select(label: str, chosen: Words, choices: rx.Var[Sequence[Choice]], on_change: Handler) -> rx.Component:
    return rx.el.label(
        rx.el.span(say(label)),
        rx.el.select(rx.foreach(choices, option), value=chosen, on_change=on_change),
        class_name="narrow",
    )


def _chip(chip: AdminChip) -> rx.Component:
    return rx.el.li(
        link(
            chip.label,
            rx.el.span(chip.count, class_name="count"),
            to=chip.href,
            class_name="chip",
            custom_attrs={
                "aria-current": rx.cond(chip.chosen, "true", "false"),
                "data-status": chip.key,
                "data-none": rx.cond(chip.count == 0, "true", "false"),
            },
        ),
        key=chip.key,
    )


def _scope() -> rx.Component:
    """Buttons for an action on the selected meetings, or on all that fit the filter."""
    acts = (("retry", "meeting.retry"), ("run_now", "admin.run_now"), ("cancel", "meeting.cancel"))
    return rx.el.div(
        rx.el.span(AdminState.scope, class_name="scope-name"),
        rx.cond(AdminState.picked, button(say("admin.pick_none"), AdminState.pick_none)),
        rx.cond(
            AdminState.scope_means,
            rx.el.div(
                *(button(say(words), AdminState.ask_scope(act)) for act, words in acts),
                rx.el.button(
                    say("meeting.delete"),
                    type="button",
                    class_name="quiet red",
                    on_click=AdminState.ask_scope("delete"),
                ),
                class_name="scope-acts",
            ),
        ),
        class_name="scope",
    )


def _selectable_line(row: MeetingRow) -> rx.Component:
    opened = AdminState.opened == row.id
    return rx.el.li(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=AdminState.picked.contains(row.id),
                on_change=lambda _checked: AdminState.pick(row.id),
                custom_attrs={"aria-label": row.title},
            ),
            class_name="pick",
        ),
        link(row.title, to=row.href, class_name="row-title"),
        rx.el.span(row.date, class_name="row-date"),
        status_words(row),
        button(
            say("admin.timeline"),
            AdminState.open_timeline(row.id),
            custom_attrs={"aria-expanded": rx.cond(opened, "true", "false")},
        ),
        rx.cond(opened, _timeline()),
        key=row.id,
        class_name="admin-row pickable",
        custom_attrs={"data-status": row.status},
    )


def _more() -> rx.Component:
    return rx.el.button(
        say("meetings.more"), type="button", class_name="button more-rows", on_click=AdminState.show_more
    )


def _timeline() -> rx.Component:
    return rx.cond(
        AdminState.steps,
        rx.el.ol(rx.foreach(AdminState.steps, _timeline_step), class_name="timeline"),
        rx.el.p(say("admin.no_attempts"), class_name="pane-note"),
    )


def _timeline_step(step: Step, index: int) -> rx.Component:
    return rx.el.li(
        rx.el.span(step.when, class_name="step-when"),
        rx.el.span(step.name, class_name="step-name"),
        rx.el.span(step.outcome, class_name="step-outcome", custom_attrs={"data-tone": step.tone}),
        rx.el.span(step.lasted, class_name="step-lasted"),
        rx.el.span(
            rx.cond(step.detail != "", rx.el.span(step.detail)),
            rx.cond(step.next != "", rx.el.span(step.next)),
            rx.cond(step.job != "", rx.el.span(step.job, class_name="step-job")),
            class_name="step-detail",
        ),
        key=index,
    )
