"""Menus that open in place; the browser itself opens them, the page's shell closes them."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.frame import link
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.meeting import Download


def export_menu(downloads: list[Download]) -> rx.Component:
    """Every form in which a transcript leaves."""
    return rx.el.details(
        rx.el.summary(say("meeting.export"), icons.down(), class_name="button"),
        rx.el.ul(rx.foreach(downloads, _download), class_name="menu-items"),
        class_name="menu",
    )


def more_menu(*choices: rx.Component) -> rx.Component:
    """What is seldom wanted."""
    return rx.el.details(
        rx.el.summary(icons.more(), class_name="button icon-only", custom_attrs={"aria-label": say("meeting.more")}),
        rx.el.ul(*choices, class_name="menu-items"),
        class_name="menu more",
    )


def choice(words: Words, on_click: Handler, tone: str = "") -> rx.Component:
    """One line of a menu that does something."""
    button = rx.el.button(words, type="button", on_click=on_click, custom_attrs={"data-tone": tone})
    return rx.el.li(button)


def _download(download: Download) -> rx.Component:
    # The browser itself has to fetch the file: there is no page of this address to go to.
    return rx.el.li(link(download.label, to=download.href, reload_document=True, download=True), key=download.href)
