"""The zone that takes recordings, and a row for each upload under way.

Uploads are resumable through `cantomeet_ui.api.tus`. Class names for the style sheet::

    .ct-early                         the zone before the page is hydrated
    .ct-uploads
      .ct-drop                      the zone; .is-over while files are held over the page
        .ct-drop-text, .ct-choose   what it says; the button
      .ct-upload-list
        .ct-upload-row              also .is-queued .is-uploading .is-checking .is-waiting (for the server)
                                    .is-locked (another window has it) .is-paused .is-failed
          .ct-upload-head           one line of
            .ct-upload-name
            .ct-upload-numbers      .ct-percent .ct-speed .ct-left
            .ct-upload-actions      buttons .ct-act, each also .ct-pause .ct-resume .ct-retry .ct-cancel
          .ct-bar > .ct-bar-done    the width of the inner one is the progress
          .ct-upload-state          waiting, paused or why it failed; empty while it is sent
"""

from __future__ import annotations

from typing import TypeAlias

import reflex as rx

from cantomeet_ui.components.words import Handler, say
from cantomeet_ui.state.language import LanguageState

ENDPOINT = "/api/uploads/"
ACCEPT = (
    "audio/*,video/*,.mp3,.m4a,.m4b,.qta,.mp4,.mov,.wav,.ogg,.oga,.opus,.webm,.mkv,.mka,.flac,.aac,.amr,.3gp,.wma,"
    ".aif,.aiff,.caf,.w64,.au,.avi,.flv,.ts,.mts,.mpg,.vob,.ac3,.wv,.ape"
)
"""What the browser's file dialogue offers; the server decides by the content."""
_LABELS = (
    *("drop", "choose", "pause", "resume", "cancel", "retry", "remove", "left"),
    *("paused", "queued", "checking", "waiting", "failed"),
    *("too_large", "wrong_kind", "empty", "no_room", "locked"),
)

# tus_input.jsx imports this file by name, so both have to be copied into the build.
rx.asset("tus_queue.js", shared=True)


_Text: TypeAlias = rx.Var[str]


def _finished(meeting_id: _Text) -> tuple[_Text]:
    return (meeting_id,)


class TusInput(rx.NoSSRComponent):
    """Uploads go on while other pages are shown. An upload that finished meanwhile is told when this page returns."""

    library = f"$/public/{rx.asset('tus_input.jsx', shared=True)}"
    tag = "TusInput"
    lib_dependencies: list[str] = ["tus-js-client@4.3.1"]  # noqa: RUF012  # a field of Reflex, copied for each

    endpoint: rx.Var[str]
    accept: rx.Var[str]
    lang: rx.Var[str]
    """The language of the server's refusals."""
    labels: rx.Var[dict[str, str]]
    metadata: rx.Var[dict[str, str]]
    """Fields of the form for the files that are added next. A `title` is used only for a single file."""
    on_done: rx.EventHandler[_finished]  # type: ignore[type-arg, valid-type]  # Reflex reads the spec
    """The meeting's id."""


def tus_input(metadata: rx.Var[dict[str, str]], on_done: Handler) -> rx.Component:
    """The zone and its rows, in the reader's language. `on_done` gets the meeting's id."""
    zone = TusInput.create(
        endpoint=ENDPOINT,
        accept=ACCEPT,
        lang=LanguageState.lang,
        labels={name: say(f"upload.{name}") for name in _LABELS},
        metadata=metadata,
        on_done=on_done,
    )
    return rx.fragment(_early_zone(), zone)


def _early_zone() -> rx.Component:
    """The zone in the prerendered page until the real one has loaded; assets/early.js keeps the files it is given."""
    return rx.el.div(
        rx.el.p(say("upload.drop"), class_name="ct-drop-text"),
        rx.el.label(say("upload.choose"), rx.el.input(type="file", multiple=True, accept=ACCEPT)),
        class_name="ct-drop ct-early",
    )
