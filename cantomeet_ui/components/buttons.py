"""Buttons that start an action, and those below a form."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components.words import Handler, Words, say


def button(words: Words, on_click: Handler, class_name: str = "quiet", **more: object) -> rx.Component:
    return rx.el.button(words, type="button", class_name=class_name, on_click=on_click, **more)


def cancel_button(words: Words, on_click: Handler, **more: object) -> rx.Component:
    """The button that Escape presses as well."""
    return button(words, on_click, "button", custom_attrs={"data-cancel": ""}, **more)


def form_buttons(on_cancel: Handler) -> tuple[rx.Component, rx.Component]:
    """Save, or close the form without saving."""
    save = rx.el.button(say("meeting.save"), type="submit", class_name="button primary")
    return save, cancel_button(say("meeting.dont_save"), on_cancel)
