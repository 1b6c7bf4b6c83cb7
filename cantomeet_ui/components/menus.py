"""Menus: the browser opens them, the page's shell closes them."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.frame import link
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.meeting import Download


def export_menu(downloads: list[Download]) -> rx.Component:
    """The menu of files to download."""
    return rx.el.details(
        rx.el.summary(say("meeting.export"), icons.down(), class_name="button"),
        rx.el.ul(rx.foreach(downloads, _download), class_name="menu-items"),
        class_name="menu",
    )


def more_menu(*choices: rx.Component) -> rx.Component:
    """The menu of rare actions."""
    return rx.el.details(
        rx.el.summary(icons.more(), class_name="button icon-only", custom_attrs={"aria-label": say("meeting.more")}),
        rx.el.ul(*choices, class_name="menu-items"),
        class_name="menu more",
    )


def choice(words: Words, on_click: Handler, tone: str = "") -> rx.Component:
    """A line of a menu that starts an action."""
    button = rx.el.button(words, type="button", on_click=on_click, custom_attrs={"data-tone": tone})
    return rx.el.li(button)


def _download(download: Download) -> rx.Component:
    # The address is a file and no page, so the browser has to fetch it.
    return rx.el.li(link(download.label, to=download.href, reload_document=True, download=True), key=download.href)
