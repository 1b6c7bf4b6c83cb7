"""The glossary page: one field with one term a line."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.frame import frame, link, loading, notice
from cantomeet_ui.components.words import say
from cantomeet_ui.state.glossary import GlossaryState


def glossary_page() -> rx.Component:
    return frame(
        link(icons.back(), say("nav.admin"), to=routes.ADMIN, class_name="back"),
        rx.el.h1(say("glossary.title"), class_name="page-title"),
        rx.cond(GlossaryState.ready, rx.fragment(_use(), _form()), loading()),
        here=routes.GLOSSARY,
        refresh=GlossaryState.refresh,
        kind="glossary-page",
    )


def _use() -> rx.Component:
    return rx.fragment(
        rx.el.p(GlossaryState.use, class_name="glossary-use"),
        rx.el.p(say("glossary.how"), class_name="hint"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.label(
            rx.el.span(GlossaryState.count, class_name="hint"),
            rx.el.textarea(
                name="terms",
                key=f"edition-{GlossaryState.edition}",
                default_value=GlossaryState.written,
                rows=18,
                spell_check=False,
                placeholder=say("glossary.example"),
                custom_attrs={"aria-describedby": "glossary-faults"},
            ),
            class_name="glossary-terms",
        ),
        rx.el.div(
            rx.cond(GlossaryState.faults, term_faults()),
            rx.cond(GlossaryState.notice != "", notice(GlossaryState.notice)),
            id="glossary-faults",
        ),
        rx.el.button(say("meeting.save"), type="submit", class_name="button primary"),
        on_submit=GlossaryState.save,
        class_name="glossary-form",
    )


def term_faults() -> rx.Component:
    """Says why the glossary was not saved, term by term."""
    return rx.el.div(
        rx.el.p(say("glossary.refused")),
        rx.el.ul(rx.foreach(GlossaryState.faults, lambda fault: rx.el.li(fault, key=fault))),
        class_name="notice term-faults",
        role="alert",
        custom_attrs={"data-tone": "red"},
    )
