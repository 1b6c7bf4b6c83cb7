"""An action on many meetings: its preview and result, at the lower edge."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components.buttons import cancel_button
from cantomeet_ui.components.frame import close_button
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.plans import NamedMeeting, PlanPreview


def action_bar(*content: rx.Component) -> rx.Component:
    """A bar that stays in sight on a long page."""
    return rx.el.div(*content, class_name="acting-place")


def plan_result(working: bool, told: Words, close: Handler) -> rx.Component:
    """Says that the action is under way, then its result.

    The element is always in the page, because screen readers announce only changes within it.
    """
    return rx.el.div(
        rx.cond(working, _result_line(say("plan.working"))),
        rx.cond(told != "", _result_line(told, close_button(close))),
        role="status",
        class_name="plan-told",
    )


def plan_sheet(asked: PlanPreview, confirm: Handler, dismiss: Handler) -> rx.Component:
    """The preview with its buttons; nothing while there is no preview. `confirm(pay_again)` carries the action out.

    It is not modal, so the rest of the page stays usable. Escape presses the button that dismisses it.
    """
    return rx.cond(
        asked.title != "",
        rx.el.section(
            rx.el.div(
                rx.el.p(rx.el.strong(asked.title)),
                rx.el.ul(rx.foreach(asked.lines, lambda line: rx.el.li(line, key=line))),
                rx.cond(asked.named, _named_meetings(asked)),
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
                cancel_button(say("meeting.ask.no"), dismiss, auto_focus=True),
                class_name="plan-acts",
            ),
            # Each preview is a new element, so that it takes the focus.
            key=asked.number,
            class_name="plan",
            role="alertdialog",
            custom_attrs={"aria-label": asked.title, "aria-describedby": "plan-words", "data-tone": asked.tone},
        ),
    )


def _result_line(words: Words, *beside: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.p(words), *beside, class_name="notice")


def _named_meetings(asked: PlanPreview) -> rx.Component:
    """The first meetings of the plan, with the rest folded away."""
    return rx.el.div(
        rx.el.ul(rx.foreach(asked.named, _named_meeting), custom_attrs={"aria-label": say("plan.named")}),
        rx.cond(
            asked.more != "",
            rx.el.details(rx.el.summary(asked.more), rx.el.ul(rx.foreach(asked.rest, _named_meeting))),
        ),
        class_name="plan-names",
    )


def _named_meeting(named: NamedMeeting) -> rx.Component:
    return rx.el.li(
        rx.el.span(named.title, class_name="plan-title"),
        rx.el.span(named.status, class_name="plan-status"),
        key=named.id,
    )
