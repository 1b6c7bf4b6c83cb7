"""What needs a person first; then queues and workers; then what happened last."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components.frame import frame, link, loading, notice
from cantomeet_ui.components.rows import status_words
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.state.admin import AdminState
from cantomeet_ui.views.admin import Cause, QueueLine, Step, WorkerLine
from cantomeet_ui.views.rows import MeetingRow


def admin_page() -> rx.Component:
    return frame(
        rx.el.h1(say("admin.title"), class_name="page-title"),
        rx.el.p(link(say("glossary.link"), to=routes.GLOSSARY, class_name="and-more")),
        rx.el.p(link(say("templates.title"), to=routes.TEMPLATES, class_name="and-more")),
        rx.cond(AdminState.notice != "", notice(AdminState.notice)),
        rx.cond(AdminState.ready, rx.fragment(_needs_you(), _engine(), _history()), loading()),
        here=routes.ADMIN,
        refresh=AdminState.refresh,
        kind="admin-page",
    )


# ---- what needs a person -------------------------------------------------------------------------------------


def _needs_you() -> rx.Component:
    return rx.el.section(
        rx.el.h2(say("admin.needs_you")),
        rx.cond(
            AdminState.somebody_needed,
            rx.fragment(
                rx.foreach(AdminState.causes, failed_for),
                rx.cond(AdminState.stuck, _stuck()),
            ),
            rx.el.p(say("admin.fine"), class_name="pane-note"),
        ),
        class_name="admin-section",
    )


def failed_for(cause: Cause) -> rx.Component:
    """One cause with its remedy, one button for all of its meetings, and the first of them."""
    return rx.el.section(
        rx.el.div(
            rx.el.p(cause.remedy, class_name="remedy"),
            rx.el.button(cause.retry, type="button", class_name="button", on_click=AdminState.retry_all(cause.key)),
            class_name="cause-head",
        ),
        rx.el.ul(rx.foreach(cause.rows, _failed), class_name="admin-rows"),
        rx.cond(
            cause.more != "",
            rx.el.p(link(cause.more, to=routes.meetings({"status": "FAILED"})), class_name="and-more"),
        ),
        key=cause.key,
        class_name="cause",
        custom_attrs={"data-cause": cause.key},
    )


def _failed(row: MeetingRow) -> rx.Component:
    return _line(row, rx.el.span(row.lasts, class_name="row-length"), _retry_one(row))


def _retry_one(row: MeetingRow) -> rx.Component:
    return _act(say("meeting.retry"), AdminState.retry(row.id))


def _stuck() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.p(rx.el.strong(say("admin.stuck")), " ", say("admin.stuck.text"), class_name="remedy"),
            class_name="cause-head",
        ),
        rx.el.ul(rx.foreach(AdminState.stuck, _stuck_line), class_name="admin-rows"),
        class_name="cause stuck",
    )


def _stuck_line(row: MeetingRow) -> rx.Component:
    return _line(row, status_words(row), _act(say("meeting.cancel"), AdminState.cancel(row.id)))


def _line(row: MeetingRow, *rest: rx.Component) -> rx.Component:
    return rx.el.li(
        link(row.title, to=row.href, class_name="row-title"),
        rx.el.span(row.date, class_name="row-date"),
        *rest,
        key=row.id,
        class_name="admin-row",
    )


def _act(words: Words, on_click: Handler) -> rx.Component:
    return rx.el.button(words, type="button", class_name="quiet", on_click=on_click)


# ---- queues and workers --------------------------------------------------------------------------------------


def _engine() -> rx.Component:
    return rx.el.section(
        rx.el.h2(say("admin.queues")),
        rx.cond(AdminState.engine.note != "", notice(AdminState.engine.note, tone="amber")),
        rx.el.dl(rx.foreach(AdminState.engine.queues, _queue), class_name="queues"),
        rx.el.ul(rx.foreach(AdminState.engine.workers, _worker), class_name="workers"),
        rx.cond(AdminState.engine.failed != "", rx.el.p(AdminState.engine.failed, class_name="hint")),
        class_name="admin-section",
    )


def _queue(queue: QueueLine) -> rx.Component:
    return rx.el.div(rx.el.dt(queue.name), rx.el.dd(queue.waiting), key=queue.name)


def _worker(worker: WorkerLine) -> rx.Component:
    return rx.el.li(
        rx.el.span(worker.name, class_name="worker-name"),
        rx.el.span(worker.state, class_name="worker-state"),
        rx.el.span(worker.queues, class_name="worker-queues"),
        rx.el.span(worker.seen, class_name="worker-seen"),
        key=worker.name,
    )


# ---- history -------------------------------------------------------------------------------------------------


def _history() -> rx.Component:
    return rx.el.section(
        rx.el.h2(say("admin.history")),
        rx.cond(
            AdminState.history,
            rx.el.ul(rx.foreach(AdminState.history, _past), class_name="admin-rows"),
            rx.el.p(say("admin.no_history"), class_name="pane-note"),
        ),
        class_name="admin-section",
    )


def _past(row: MeetingRow) -> rx.Component:
    opened = AdminState.opened == row.id
    return rx.el.li(
        link(row.title, to=row.href, class_name="row-title"),
        rx.el.span(row.date, class_name="row-date"),
        status_words(row),
        rx.el.button(
            say("admin.timeline"),
            type="button",
            class_name="quiet",
            on_click=AdminState.open_timeline(row.id),
            custom_attrs={"aria-expanded": rx.cond(opened, "true", "false")},
        ),
        rx.cond(opened, _timeline()),
        key=row.id,
        class_name="admin-row",
    )


def _timeline() -> rx.Component:
    return rx.cond(
        AdminState.steps,
        rx.el.ol(rx.foreach(AdminState.steps, _step), class_name="timeline"),
        rx.el.p(say("admin.no_attempts"), class_name="pane-note"),
    )


def _step(step: Step, index: int) -> rx.Component:
    return rx.el.li(
        rx.el.span(step.when, class_name="step-when"),
        rx.el.span(step.name, class_name="step-name"),
        rx.el.span(step.outcome, class_name="step-outcome", custom_attrs={"data-tone": step.tone}),
        rx.el.span(step.lasted, class_name="step-lasted"),
        rx.cond(step.detail != "", rx.el.span(step.detail, class_name="step-detail")),
        key=index,
    )
