"""The few icons, drawn here so that no page loads an icon library."""

from __future__ import annotations

import reflex as rx


def _stroked(*paths: str) -> rx.Component:
    return rx.el.svg(
        *(rx.el.path(d=path) for path in paths),
        view_box="0 0 24 24",
        fill="none",
        stroke="currentColor",
        stroke_width="1.75",
        stroke_linecap="round",
        stroke_linejoin="round",
        class_name="icon",
        custom_attrs={"aria-hidden": "true"},
    )


def mark() -> rx.Component:
    """The product's mark: a pair of Chinese quotation marks."""
    return rx.el.svg(
        rx.el.path(d="M14 3H5v13"),
        rx.el.path(d="M10 21h9V8"),
        view_box="0 0 24 24",
        class_name="mark",
        custom_attrs={"aria-hidden": "true"},
    )


def back() -> rx.Component:
    return _stroked("M15 5l-7 7 7 7")


def search() -> rx.Component:
    return _stroked("M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z", "M15.5 15.5L20 20")


def down() -> rx.Component:
    return _stroked("M6 9l6 6 6-6")


def more() -> rx.Component:
    return _stroked("M5 12h.01", "M12 12h.01", "M19 12h.01")


def pencil() -> rx.Component:
    return _stroked("M4 20h4L19 9l-4-4L4 16z", "M13 7l4 4")


def half_moon() -> rx.Component:
    """The switch between light and dark."""
    return _stroked("M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17z", "M12 3.5v17", "M12 7h6", "M12 12h8.4", "M12 17h6")


def play() -> rx.Component:
    return rx.el.svg(
        rx.el.path(d="M8 5.2v13.6L19 12z"),
        view_box="0 0 24 24",
        fill="currentColor",
        class_name="icon-play",
        custom_attrs={"aria-hidden": "true"},
    )
