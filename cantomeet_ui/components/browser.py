"""Components written in JavaScript: player, transcript and shell."""

from __future__ import annotations

from typing import Any

import reflex as rx

from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.presenters.finding import FoundLines
from cantomeet_ui.presenters.transcript import Batch
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.visibility import VisibilityState


class _Player(rx.NoSSRComponent):
    library = f"$/public/{rx.asset('player.jsx', shared=True)}"
    tag = "Player"
    src: rx.Var[str]
    duration: rx.Var[float]
    labels: rx.Var[dict[str, str]]


# player.jsx and transcript.jsx import these files by name, so all have to be copied into the build.
rx.asset("address.js", shared=True)
rx.asset("line_form.jsx", shared=True)


def _corrected(
    line_id: rx.Var[str], version: rx.Var[int], words: rx.Var[str], speaker: rx.Var[str]
) -> tuple[rx.Var[str], rx.Var[int], rx.Var[str], rx.Var[str]]:
    return line_id, version, words, speaker


class _Transcript(rx.NoSSRComponent):
    library = f"$/public/{rx.asset('transcript.jsx', shared=True)}"
    tag = "Transcript"
    batch: rx.Var[Batch]
    labels: rx.Var[dict[str, str]]
    written: rx.Var[dict[str, Any]]
    found: rx.Var[FoundLines]
    refused: rx.Var[dict[str, Any]]
    on_correct: rx.EventHandler[_corrected]  # type: ignore[type-arg, valid-type]  # Reflex reads the spec
    on_gap: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[type-arg, valid-type]  # Reflex reads the spec
    on_more: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[type-arg, valid-type]  # Reflex reads the spec


def _words(words: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (words,)


class _FindBar(rx.NoSSRComponent):
    library = f"$/public/{rx.asset('find_bar.jsx', shared=True)}"
    tag = "FindBar"
    q: rx.Var[str]
    edition: rx.Var[int]
    """A new number replaces the text in the field by `q`."""
    found: rx.Var[FoundLines]
    labels: rx.Var[dict[str, str]]
    on_find: rx.EventHandler[_words]  # type: ignore[type-arg, valid-type]  # Reflex reads the spec


def _visible(visible: rx.Var[bool]) -> tuple[rx.Var[bool]]:
    return (visible,)


class _Shell(rx.NoSSRComponent):
    library = f"$/public/{rx.asset('shell.jsx', shared=True)}"
    tag = "Shell"
    alive: rx.Var[bool]
    """True once the page is hydrated; clicks and keys from before are then replayed."""
    lang: rx.Var[str]
    title: rx.Var[str]
    close: rx.Var[str]
    groups: rx.Var[list[dict[str, Any]]]
    on_visible: rx.EventHandler[_visible]  # type: ignore[type-arg, valid-type]  # Reflex reads the spec


class _IntoView(rx.NoSSRComponent):
    library = f"$/public/{rx.asset('into_view.jsx', shared=True)}"
    tag = "IntoView"


def into_view() -> rx.Component:
    """Scrolls the enclosing form into view once it is drawn."""
    return _IntoView.create()


def player(src: str, duration: float) -> rx.Component:
    """The player of the recording at `src`. It starts at the time in the address, and plays if that was clicked on."""
    names = ("label", "play", "pause", "seek", "speed", "follow", "failed")
    labels = {name: say(f"player.{name}") for name in names}
    return _Player.create(src=src, duration=duration, labels=labels)


_OF_LINES = {
    "play": "player.play",
    "unsure": "transcript.unsure",
    "edit": "transcript.edit",
    "edited": "summary.edited",
    "original": "transcript.original",
    "text": "field.text",
    "speaker": "transcript.who",
    "nobody": "transcript.nobody",
    "save": "meeting.save",
    "leave": "meeting.dont_save",
    "as_spoken": "written.as_spoken",
    "outdated": "written.line_outdated",
}


def find_bar(q: str, edition: int, found: FoundLines, on_find: Handler) -> rx.Component:
    """The field that finds words in the transcript. `on_find` takes what was typed, again when lines change."""
    labels = {name: say(f"find.{name}") for name in ("field", "none", "next", "previous")}
    return _FindBar.create(q=q, edition=edition, found=found, labels=labels, on_find=on_find)


def transcript_lines(
    batch: Batch,
    written: dict[str, object],
    found: FoundLines,
    empty: Words,
    on_gap: Handler,
    on_more: Handler,
    on_correct: Handler,
    refused: rx.Var[dict[str, str | int]],
) -> rx.Component:
    """The lines of the transcript, which keep those of earlier batches.

    `empty` is shown while there are no lines. `on_gap` asks for all lines again, because some are missing. `on_more`
    asks for the next lines once the present ones are drawn. `on_correct` takes (id, version, text, speaker id) of a
    corrected line, and `refused` names a line whose correction was not saved.

    `found` has the lines in which words are marked. `written` is `{on, lines, outdated}`. While it is on, a line is
    shown in written Chinese if `lines` has its id.
    """
    labels = {"empty": empty, **{name: say(key) for name, key in _OF_LINES.items()}}
    return _Transcript.create(
        batch=batch,
        written=written,
        found=found,
        labels=labels,
        on_gap=on_gap,
        on_more=on_more,
        on_correct=on_correct,
        refused=refused,
    )


_EVERYWHERE = (
    (("?",), "keys.help"),
    (("/",), "keys.search"),
    (("g", "u"), "keys.upload"),
    (("g", "m"), "keys.meetings"),
    (("g", "s"), "keys.to_search"),
    (("g", "t"), "keys.actions"),
    (("g", "a"), "keys.admin"),
)
_PLAYER = (
    (("␣",), "keys.play"),
    (("j", "↓"), "keys.next"),
    (("k", "↑"), "keys.previous"),
    (("←", "→"), "keys.skip"),
    (("<", ">"), "keys.speed"),
    (("f",), "keys.follow"),
    (("e",), "keys.edit"),
    (("↵", "⇧↵"), "keys.next_found"),
)


def shell() -> rx.Component:
    """The document's language, the keyboard shortcuts with their list, and whether anybody sees the page."""
    groups = [_keys("keys.everywhere", _EVERYWHERE), _keys("keys.player", _PLAYER)]
    return _Shell.create(
        alive=rx.State.is_hydrated,
        lang=LanguageState.lang,
        title=say("keys.title"),
        close=say("keys.close"),
        groups=groups,
        on_visible=VisibilityState.tell,
    )


def _keys(title: str, keys: tuple[tuple[tuple[str, ...], str], ...]) -> dict[str, object]:
    return {"title": say(title), "keys": [[list(pressed), say(meaning)] for pressed, meaning in keys]}
