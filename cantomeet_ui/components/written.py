"""The switch to the written-Chinese view, and the view's notice."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components.words import Words, say
from cantomeet_ui.state.meeting import MeetingState

HEAD = MeetingState.written_head


def view_switch() -> rx.Component:
    """The switch between spoken and written Chinese; hidden if the meeting cannot have the written view."""
    return rx.cond(
        MeetingState.can_be_written,
        rx.el.fieldset(
            rx.el.legend(say("written.views")),
            _view_button("spoken", say("written.spoken")),
            _view_button("written", say("written.written")),
            class_name="view-switch",
        ),
    )


def _view_button(view: str, words: Words) -> rx.Component:
    return rx.el.button(
        words,
        type="button",
        on_click=MeetingState.show_view(view),
        custom_attrs={"aria-pressed": rx.cond(MeetingState.view == view, "true", "false"), "data-view": view},
    )


def written_notice() -> rx.Component:
    """The view's label, its progress or failure, and the button that asks for it."""
    ask = rx.cond(HEAD.state == "none", say("written.ask"), say("written.ask_again"))
    return rx.cond(
        MeetingState.view == "written",
        rx.el.div(
            rx.cond(HEAD.label != "", rx.el.p(HEAD.label)),
            rx.cond(HEAD.state == "none", rx.el.p(say("written.none"))),
            rx.cond(HEAD.told != "", rx.el.p(HEAD.told)),
            rx.cond(HEAD.took != "", rx.el.p(HEAD.took, class_name="hint")),
            rx.cond(
                HEAD.may_ask,
                rx.el.button(ask, type="button", class_name="button", on_click=MeetingState.write),
            ),
            class_name="written-notice",
            role="status",
            custom_attrs={"data-state": HEAD.state},
        ),
    )
