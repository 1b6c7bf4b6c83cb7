"""One action on many meetings, at the lower edge of the window: its preview until somebody decides, then its result."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components.frame import close_button
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.plans import Asked, Named


def acting_place(*content: rx.Component) -> rx.Component:
    """Always in sight, wherever on a long page somebody acts."""
    return rx.el.div(*content, class_name="acting-place")


def plan_told(working: bool, told: Words, close: Handler) -> rx.Component:
    """That it is being done, and what came of it. Always there, for who reads by ear hears only what changes in it."""
    return rx.el.div(
        rx.cond(working, _told(say("plan.working"))),
        rx.cond(told != "", _told(told, close_button(close))),
        role="status",
        class_name="plan-told",
    )


def plan_sheet(asked: Asked, confirm: Handler, dismiss: Handler) -> rx.Component:
    """`confirm(pay_again)` carries it out. Nothing is shown while nothing is asked.

    The page beside it stays alive, so that it is no modal; Escape presses the button that does nothing.
    """
    return rx.cond(
        asked.title != "",
        rx.el.section(
            rx.el.div(
                rx.el.p(rx.el.strong(asked.title)),
                rx.el.ul(rx.foreach(asked.lines, lambda line: rx.el.li(line, key=line))),
                rx.cond(asked.named, _named(asked)),
                class_name="plan-words",
                id="plan-words",
            ),
            rx.el.div(
                rx.cond(
                    asked.confirm != "",
                    rx.el.button(
                        asked.confirm,
                        type="button",
                        class_name=rx.cond(asked.tone == "red", "button danger", "button primary"),
                        on_click=confirm(False),
                    ),
                ),
                rx.cond(
                    asked.pay_again != "",
                    rx.el.button(asked.pay_again, type="button", class_name="button danger", on_click=confirm(True)),
                ),
                rx.el.button(
                    say("meeting.ask.no"),
                    type="button",
                    class_name="button",
                    on_click=dismiss,
                    auto_focus=True,
                    custom_attrs={"data-cancel": ""},
                ),
                class_name="plan-acts",
            ),
            # Another question is another sheet, which takes the focus as the first did.
            key=asked.number,
            class_name="plan",
            role="alertdialog",
            custom_attrs={"aria-label": asked.title, "aria-describedby": "plan-words", "data-tone": asked.tone},
        ),
    )


def _told(words: Words, *beside: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.p(words), *beside, class_name="notice")


def _named(asked: Asked) -> rx.Component:
    """The meetings themselves, the first of them at once."""
    return rx.el.div(
        rx.el.ul(rx.foreach(asked.named, _name), custom_attrs={"aria-label": say("plan.named")}),
        rx.cond(
            asked.more != "",
            rx.el.details(rx.el.summary(asked.more), rx.el.ul(rx.foreach(asked.rest, _name))),
        ),
        class_name="plan-names",
    )


def _name(named: Named) -> rx.Component:
    return rx.el.li(
        rx.el.span(named.title, class_name="plan-title"),
        rx.el.span(named.status, class_name="plan-status"),
        key=named.id,
    )
