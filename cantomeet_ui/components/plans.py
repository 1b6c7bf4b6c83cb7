"""The preview of one action on many meetings, at the lower edge of the window until somebody decides."""

from __future__ import annotations

from typing import Any

import reflex as rx

from cantomeet_ui.components.words import Handler, say


def plan_sheet(asked: Any, confirm: Handler, dismiss: Handler) -> rx.Component:
    """`confirm(pay_again)` carries it out. Nothing is shown while nothing is asked."""
    return rx.cond(
        asked.title != "",
        rx.el.section(
            rx.el.div(
                rx.el.p(rx.el.strong(asked.title)),
                rx.el.ul(rx.foreach(asked.lines, lambda line: rx.el.li(line, key=line))),
                class_name="plan-words",
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
                    say("meeting.ask.no"), type="button", class_name="button", on_click=dismiss, auto_focus=True
                ),
                class_name="plan-acts",
            ),
            class_name="plan",
            role="alertdialog",
            custom_attrs={"aria-label": asked.title, "data-tone": asked.tone},
        ),
    )
