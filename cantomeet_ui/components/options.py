"""Options of select fields."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.presenters.choices import Choice


def option(choice: Choice) -> rx.Component:
    return rx.el.option(choice.label, value=choice.value, key=choice.value)
