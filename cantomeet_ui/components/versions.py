"""The form for a new summary, and the menu of versions."""

from __future__ import annotations

from collections.abc import Sequence

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.buttons import cancel_button
from cantomeet_ui.components.frame import link
from cantomeet_ui.components.options import option
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.choices import Choice, Version
from cantomeet_ui.state.versions import VersionsState


def again_form() -> rx.Component:
    """The form for a new summary: template, language, and whether to name the speakers first."""
    return rx.el.form(
        rx.el.h2(say("meeting.summarize_again")),
        rx.el.div(
            select("template", say("summary.template"), VersionsState.templates, VersionsState.template),
            select("language", say("summary.language"), VersionsState.languages, VersionsState.language),
            rx.el.label(
                rx.el.input(name="name_speakers_first", type="checkbox"),
                rx.el.span(say("summary.names_first")),
                class_name="check",
            ),
            link(say("templates.link"), to=routes.TEMPLATES, class_name="quiet templates-link"),
            class_name="again-fields",
        ),
        rx.el.p(say("summary.again.hint"), " ", VersionsState.way, class_name="hint"),
        rx.el.div(
            rx.el.button(say("meeting.summarize_again"), type="submit", class_name="button primary"),
            cancel_button(say("meeting.ask.no"), VersionsState.close),
            class_name="form-acts",
        ),
        on_submit=VersionsState.summarize,
        class_name="again-form",
    )


def select(
    name: str, label: Words, choices: rx.Var[Sequence[Choice]], value: Words, on_change: Handler = None
) -> rx.Component:
    """A labelled select field. Without `on_change` the enclosing form submits the chosen value."""
    chosen = {"value": value, "on_change": on_change} if on_change is not None else {"default_value": value}
    return rx.el.label(
        rx.el.span(label),
        rx.el.select(rx.foreach(choices, option), name=name, **chosen),
        class_name="field",
    )


def versions_menu(versions: rx.Var[Sequence[Version]]) -> rx.Component:
    """The menu of the summary's versions; the shown one is marked."""
    return rx.el.details(
        rx.el.summary(say("summary.versions"), icons.down(), class_name="quiet versions-button"),
        rx.el.ul(rx.foreach(versions, _version), class_name="menu-items"),
        class_name="menu versions",
    )


def _version(version: Version) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            version.label,
            type="button",
            on_click=VersionsState.show(version.number),
            custom_attrs={"aria-current": rx.cond(version.shown, "true", "false")},
        ),
        key=version.label,
    )
