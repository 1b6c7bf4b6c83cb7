"""The summary: each item plays the words that bear it out."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.words import say
from cantomeet_ui.views.summary import Item, Play, Section, SummaryView


def summary_sections(summary: SummaryView) -> rx.Component:
    """All sections, what could not be verified apart from the rest."""
    return rx.el.div(
        rx.foreach(summary.sections, _section),
        rx.cond(summary.note != "", rx.el.p(summary.note, class_name="pane-note")),
        rx.cond(summary.unverified, _unverified(summary)),
        class_name="summary",
    )


def _section(section: Section) -> rx.Component:
    return rx.el.section(
        rx.el.h3(section.title),
        rx.el.ul(rx.foreach(section.points, _item)),
        key=section.kind,
        custom_attrs={"data-kind": section.kind},
    )


def _unverified(summary: SummaryView) -> rx.Component:
    return rx.el.section(
        rx.el.h3(say("summary.unverified"), rx.el.span(summary.doubtful, class_name="count")),
        rx.el.p(say("summary.unverified.hint"), class_name="hint"),
        rx.el.ul(rx.foreach(summary.unverified, _item)),
        custom_attrs={"data-kind": "unverified"},
    )


def _item(item: Item) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            rx.cond(item.owner != "", rx.el.span(item.owner)),
            rx.cond(item.due != "", rx.el.span(item.due)),
            class_name="item-who",
        ),
        rx.el.p(
            rx.el.span(item.text, class_name="item-text"),
            rx.foreach(item.plays, play_button),
            rx.cond(item.stale, rx.el.span(say("summary.stale"), class_name="stale")),
        ),
        key=item.id,
        class_name="item",
    )


def play_button(play: Play) -> rx.Component:
    """Plays from a time in the recording; the player listens for it in the browser."""
    return rx.el.button(
        icons.play(),
        play.time,
        type="button",
        class_name="play",
        key=play.time,
        custom_attrs={"data-play": play.at, "aria-label": play.label},
    )
