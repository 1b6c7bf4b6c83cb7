"""The engine panel: pause switch, queues, workers and key checks."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components.buttons import button
from cantomeet_ui.components.frame import notice
from cantomeet_ui.components.words import say
from cantomeet_ui.presenters.engine import CheckLine, QueueLine, WorkerLine
from cantomeet_ui.state.engine import EngineState

ENGINE = EngineState.engine


def paused_notice() -> rx.Component:
    """Says that the queue is paused, with the button that resumes it."""
    return rx.cond(
        ENGINE.paused != "",
        rx.el.section(
            rx.el.p(rx.el.strong(ENGINE.paused), " ", say("admin.paused.text")),
            rx.el.button(say("admin.resume"), type="button", class_name="button primary", on_click=EngineState.resume),
            class_name="notice paused",
            role="status",
            custom_attrs={"data-tone": "amber"},
        ),
    )


def engine_section() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(say("admin.queues")),
            rx.cond(
                ENGINE.paused == "",
                button(say("admin.pause"), EngineState.pause),
            ),
            class_name="section-head",
        ),
        rx.cond(ENGINE.note != "", notice(ENGINE.note, tone="amber")),
        rx.el.dl(rx.foreach(ENGINE.queues, _queue), class_name="queues"),
        rx.el.p(ENGINE.oldest, class_name="hint"),
        rx.el.ul(rx.foreach(ENGINE.workers, _worker), class_name="workers"),
        rx.cond(ENGINE.failed != "", rx.el.p(ENGINE.failed, class_name="hint")),
        rx.cond(EngineState.notice != "", notice(EngineState.notice, tone="amber")),
        rx.el.ul(rx.foreach(ENGINE.checks, _check), class_name="checks"),
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


def _check(check: CheckLine) -> rx.Component:
    return rx.el.li(
        rx.el.span(check.label, class_name="check-name"),
        rx.el.span(check.text, class_name="check-text", role="status"),
        rx.cond(
            check.set_up,
            button(say("admin.check"), EngineState.check(check.name), disabled=check.tone == "asked"),
            rx.el.span(),
        ),
        key=check.name,
        custom_attrs={"data-check": check.name, "data-tone": check.tone},
    )
