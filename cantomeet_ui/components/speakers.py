"""The form for the speakers' names."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui.components import icons
from cantomeet_ui.components.words import say
from cantomeet_ui.presenters.speakers import Sample, SpeakerRow
from cantomeet_ui.state.lines import LinesState
from cantomeet_ui.state.meeting import MeetingState


def speakers_form(*acts: rx.Component) -> rx.Component:
    """Each speaker with a few lines to listen to and a field for the name; `acts` are the form's buttons."""
    return rx.el.form(
        rx.el.ul(rx.foreach(MeetingState.speakers, _speaker), class_name="speakers"),
        rx.el.div(*acts, class_name="form-acts"),
        on_submit=LinesState.save_names,
        class_name="speakers-form",
    )


def _speaker(speaker: SpeakerRow) -> rx.Component:
    return rx.el.li(
        rx.el.label(
            rx.el.span(speaker.label),
            rx.el.input(
                name=f"{speaker.id}:{speaker.version}",
                default_value=speaker.name,
                placeholder=say("field.name"),
                max_length=80,
                auto_complete="off",
            ),
            class_name="field",
        ),
        rx.el.ul(rx.foreach(speaker.samples, _sample), class_name="samples"),
        # A new version has a new name, and a new key makes the field show it.
        key=f"{speaker.id}-{speaker.version}",
        class_name="speaker",
    )


def _sample(sample: Sample) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            icons.play(),
            sample.time,
            type="button",
            class_name="play",
            custom_attrs={"data-play": sample.at, "aria-label": sample.label},
        ),
        rx.el.span(sample.text),
        key=sample.time,
    )
