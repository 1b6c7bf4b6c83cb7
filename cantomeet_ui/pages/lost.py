"""The page for unknown addresses."""

from __future__ import annotations

import reflex as rx

from cantomeet_ui import routes
from cantomeet_ui.components.frame import frame, link, nothing_here
from cantomeet_ui.components.words import say


def lost_page() -> rx.Component:
    act = link(say("missing.back"), to=routes.MEETINGS, class_name="button")
    return frame(nothing_here(say("lost.title"), say("missing.text"), act), here="", refresh=rx.noop())
