"""The upload page."""

from __future__ import annotations

import reflex as rx

from cantomeet.wording import LONGEST_TITLE
from cantomeet_ui import routes
from cantomeet_ui.components.frame import frame, link, paused_line
from cantomeet_ui.components.rows import explained_line, keyed
from cantomeet_ui.components.tus_input import tus_input
from cantomeet_ui.components.versions import select
from cantomeet_ui.components.words import say
from cantomeet_ui.state.upload import UploadState


def upload_page() -> rx.Component:
    return frame(
        rx.el.h1(say("upload.title"), class_name="page-title"),
        tus_input(UploadState.metadata, on_done=UploadState.uploaded),
        rx.el.p(UploadState.limits, class_name="limits"),
        _details(),
        _way(),
        paused_line(UploadState.paused),
        _just_uploaded(),
        here=routes.UPLOAD,
        refresh=UploadState.refresh,
        kind="upload-page",
    )


def _details() -> rx.Component:
    """Details of the recordings that are uploaded next; all of them are optional."""
    return rx.el.details(
        rx.el.summary(say("upload.details")),
        rx.el.div(
            rx.el.label(
                rx.el.span(say("upload.meeting_title")),
                rx.el.input(
                    name="title",
                    default_value=UploadState.title,
                    key=f"title-{UploadState.form}",
                    on_change=UploadState.write_title,
                    placeholder=say("upload.meeting_title.hint"),
                    max_length=LONGEST_TITLE,
                ),
                class_name="field wide",
            ),
            rx.el.label(
                rx.el.span(say("upload.date")),
                rx.el.input(
                    name="meeting_date",
                    type="date",
                    default_value=UploadState.meeting_date,
                    key=f"date-{UploadState.form}",
                    on_change=UploadState.choose_date,
                ),
                class_name="field",
            ),
            select(
                "template",
                say("summary.template"),
                UploadState.templates,
                UploadState.template,
                UploadState.choose_template,
            ),
            link(say("templates.link"), to=routes.TEMPLATES, class_name="quiet templates-link"),
            select(
                "summary_language",
                say("summary.language"),
                UploadState.languages,
                UploadState.summary_language,
                UploadState.choose_language,
            ),
            rx.el.label(
                rx.el.input(
                    name="name_speakers_first",
                    type="checkbox",
                    checked=UploadState.names_first,
                    on_change=UploadState.choose_names_first,
                ),
                rx.el.span(say("summary.names_first"), rx.el.small(say("upload.names_first.hint"))),
                class_name="check",
            ),
            rx.el.label(
                rx.el.input(
                    name="priority",
                    type="checkbox",
                    checked=UploadState.high_priority,
                    on_change=UploadState.choose_priority,
                ),
                rx.el.span(say("upload.priority"), rx.el.small(say("upload.priority.hint"))),
                class_name="check",
            ),
            class_name="details-fields",
        ),
        class_name="details",
    )


def _way() -> rx.Component:
    """Where sound and text go, and how reliable the recogniser is."""
    return rx.el.div(
        rx.el.p(UploadState.way),
        rx.cond(UploadState.worth != "", rx.el.p(UploadState.worth, class_name="worth")),
        class_name="way",
    )


def _just_uploaded() -> rx.Component:
    return rx.cond(
        UploadState.rows,
        rx.el.section(
            rx.el.h2(say("upload.recent")),
            rx.el.ul(rx.foreach(keyed(UploadState.rows), explained_line), class_name="rows"),
            class_name="recent",
        ),
    )
