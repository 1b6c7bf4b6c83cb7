"""The summary: each item plays its evidence and can be corrected in place."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.browser import into_view
from cantomeet_ui.components.buttons import button, form_buttons
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.summary import ItemView, Play, SectionView, SummaryView
from cantomeet_ui.state.items import ItemsState


def summary_sections(summary: SummaryView) -> rx.Component:
    """All sections; unverified items are in a section of their own."""
    return rx.el.div(
        rx.cond(summary.stale != "", _stale_items(summary)),
        rx.foreach(summary.sections, _section),
        rx.cond(summary.note != "", rx.el.p(summary.note, class_name="pane-note")),
        rx.cond(summary.unverified, _unverified(summary)),
        class_name="summary",
        custom_attrs={"data-languages": rx.cond(summary.in_two, "2", "1")},
    )


def _stale_items(summary: SummaryView) -> rx.Component:
    return rx.el.div(
        rx.el.p(summary.stale),
        button(say("summary.hold_all"), ItemsState.hold_all(summary.version)),
        class_name="stale-items",
    )


def _section(section: SectionView) -> rx.Component:
    return rx.el.section(
        rx.el.h3(section.title),
        rx.el.ul(rx.foreach(section.points, _summary_item)),
        key=section.key,
        custom_attrs={"data-kind": section.kind},
    )


def _unverified(summary: SummaryView) -> rx.Component:
    return rx.el.section(
        rx.el.h3(say("summary.unverified"), rx.el.span(summary.doubtful, class_name="count")),
        rx.el.p(say("summary.unverified.hint"), class_name="hint"),
        rx.el.ul(rx.foreach(summary.unverified, _summary_item)),
        custom_attrs={"data-kind": "unverified"},
    )


def _summary_item(item: ItemView) -> rx.Component:
    return rx.el.li(
        rx.cond(ItemsState.opened == item.id, _form(item), _shown(item)),
        key=item.id,
        id=f"item-{item.id}",
        class_name="item",
        custom_attrs={"data-item": item.kind, "data-done": rx.cond(item.done, "true", "false")},
    )


def _shown(item: ItemView) -> rx.Component:
    return rx.fragment(
        rx.cond(item.is_action, done_box(item.done, item.text, ItemsState.tick(item.id))),
        rx.el.p(
            rx.cond(item.who != "", rx.el.span(item.who)),
            rx.cond(item.due != "", rx.el.span(item.due)),
            class_name="item-who",
        ),
        rx.el.div(
            rx.el.p(
                rx.el.span(item.text, class_name="item-text"),
                rx.foreach(item.plays, play_button),
                rx.foreach(item.offered, _offered),
                rx.cond(item.edited != "", _edited(item)),
                _edit_button(item),
            ),
            rx.cond(item.other != "", rx.el.p(item.other, class_name="item-other")),
            class_name="item-words",
        ),
        rx.cond(item.stale != "", _stale(item)),
    )


def _offered(play: Play) -> rx.Component:
    """A line to listen to that may be the source of an unverified item."""
    return rx.el.span(say("summary.offered"), play_button(play), class_name="offered")


def done_box(done: bool, label: Words, on_change: Handler) -> rx.Component:
    """The box that marks an action item as done."""
    return rx.el.label(
        rx.el.input(
            type="checkbox", checked=done, on_change=on_change, custom_attrs={"aria-label": label, "data-done-box": ""}
        ),
        class_name="done-box",
    )


def _edited(item: ItemView) -> rx.Component:
    return rx.el.span(say("summary.edited"), class_name="edited", title=item.edited)


def _edit_button(item: ItemView) -> rx.Component:
    return rx.el.button(
        icons.pencil(),
        type="button",
        class_name="edit-button",
        on_click=ItemsState.open(item.id),
        title=say("summary.edit"),
        custom_attrs={"aria-label": say("summary.edit")},
    )


def _stale(item: ItemView) -> rx.Component:
    return rx.el.p(
        rx.el.span(item.stale),
        button(say("summary.hold"), ItemsState.hold(item.id)),
        class_name="stale",
    )


def _form(item: ItemView) -> rx.Component:
    return rx.el.form(
        _area(item.field, item.text, focus=True),
        rx.cond(item.other != "", _area(item.other_field, item.other)),
        rx.cond(item.is_action, _action_fields(item)),
        rx.cond(ItemsState.refused != "", rx.el.p(ItemsState.refused, class_name="refused", role="alert")),
        rx.el.div(
            *form_buttons(ItemsState.close),
            button(say("summary.delete"), ItemsState.delete(item.id), "quiet red"),
            class_name="form-acts",
        ),
        into_view(),
        on_submit=ItemsState.save,
        class_name="item-form",
    )


def _area(name: Words, words: Words, *, focus: bool = False) -> rx.Component:
    return rx.el.textarea(
        name=name,
        default_value=words,
        rows="3",
        max_length=2000,
        required=True,
        auto_focus=focus,
        custom_attrs={"aria-label": say("field.text")},
    )


def _action_fields(item: ItemView) -> rx.Component:
    return rx.el.div(
        _field("owner", item.owner),
        _field("due_text", item.due_text),
        _field("due_date", item.due_date, type="date"),
        class_name="item-fields",
    )


def _field(name: str, value: Words, type: str = "text") -> rx.Component:
    return rx.el.label(
        rx.el.span(say(f"field.{name}")),
        rx.el.input(name=name, type=type, default_value=value, max_length=80),
        class_name="field",
    )


def play_button(play: Play) -> rx.Component:
    """A button that plays from a time in the recording; the player handles its click in the browser."""
    return rx.el.button(
        icons.play(),
        play.time,
        type="button",
        class_name="play",
        key=play.time,
        custom_attrs={"data-play": play.at, "aria-label": play.label},
    )
