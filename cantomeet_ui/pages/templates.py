"""The page of summary templates, shipped ones and people's own."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.buttons import button, cancel_button, form_buttons
from cantomeet_ui.components.frame import frame, link, loading
from cantomeet_ui.components.versions import select
from cantomeet_ui.components.words import say
from cantomeet_ui.presenters.templates import SectionField, TemplateRow
from cantomeet_ui.state.templates import TemplatesState

FORM = TemplatesState.form


def templates_page() -> rx.Component:
    return frame(
        link(icons.back(), rx.el.span(say("nav.admin")), to=routes.ADMIN, class_name="back"),
        rx.el.h1(say("templates.title"), class_name="page-title"),
        rx.el.p(say("templates.hint"), class_name="hint templates-hint"),
        rx.cond(TemplatesState.ready, rx.cond(TemplatesState.writing, _form(), _list()), loading()),
        here=routes.TEMPLATES,
        refresh=TemplatesState.refresh,
        kind="list-page templates-page",
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.ul(rx.foreach(TemplatesState.rows, _template), class_name="templates"),
        button(say("templates.new"), TemplatesState.write_new(""), "button primary"),
    )


def _template(row: TemplateRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.h2(row.name, rx.cond(row.ships, rx.el.span(say("templates.ships"), class_name="count"))),
            rx.el.p(rx.foreach(row.headings, lambda title: rx.el.span(title, key=title)), class_name="headings"),
            rx.cond(row.instructions != "", rx.el.p(row.instructions, class_name="template-text")),
        ),
        rx.cond(
            TemplatesState.deleting == row.id,
            rx.el.div(
                rx.el.p(say("templates.delete.ask")),
                button(say("meeting.delete"), TemplatesState.delete, "button danger"),
                cancel_button(say("meeting.delete.keep"), TemplatesState.ask_delete(""), auto_focus=True),
                class_name="form-acts",
                role="alertdialog",
            ),
            rx.el.div(
                rx.cond(
                    row.ships,
                    button(say("templates.like"), TemplatesState.write_new(row.id)),
                    rx.fragment(
                        button(say("templates.change"), TemplatesState.change(row.id)),
                        button(say("meeting.delete"), TemplatesState.ask_delete(row.id), "quiet red"),
                    ),
                ),
                class_name="form-acts",
            ),
        ),
        key=row.id,
        class_name="template",
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.label(
            rx.el.span(say("templates.name")),
            rx.el.input(name="name", default_value=FORM.name, max_length=80, required=True, auto_focus=True),
            class_name="field wide",
        ),
        rx.el.label(
            rx.el.span(say("templates.instructions"), rx.el.small(say("templates.instructions.hint"))),
            rx.el.textarea(name="instructions", default_value=FORM.instructions, rows="5", max_length=4000),
            class_name="field wide",
        ),
        rx.el.fieldset(
            rx.el.legend(say("templates.sections")),
            rx.el.ul(rx.foreach(FORM.sections, _section)),
            rx.cond(TemplatesState.full, rx.fragment(), button(say("templates.add"), TemplatesState.add_section)),
        ),
        rx.cond(TemplatesState.refused != "", rx.el.p(TemplatesState.refused, class_name="refused", role="alert")),
        rx.el.div(
            *form_buttons(TemplatesState.close),
            class_name="form-acts",
        ),
        on_submit=TemplatesState.save,
        class_name="template-form",
    )


def _section(section: SectionField) -> rx.Component:
    return rx.el.li(
        rx.el.input(
            name=f"title-{section.key}",
            default_value=section.title,
            max_length=80,
            required=True,
            placeholder=say("templates.section.title"),
            custom_attrs={"aria-label": say("templates.section.title")},
        ),
        select(f"kind-{section.key}", say("templates.section.kind"), TemplatesState.kinds, section.kind),
        button(say("templates.section.drop"), TemplatesState.drop_section(section.key), "quiet red"),
        key=section.key,
        class_name="template-section",
    )
