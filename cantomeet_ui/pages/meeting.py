"""A meeting's page: summary beside transcript, with the player below."""

from __future__ import annotations

import reflex as rx

from cantomeet.wording import LONGEST_TITLE
from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.browser import find_bar, player, transcript_lines
from cantomeet_ui.components.buttons import button, cancel_button, form_buttons
from cantomeet_ui.components.frame import close_button, frame, link, loading, nothing_here, notice, paused_line
from cantomeet_ui.components.menus import choice, export_menu, more_menu
from cantomeet_ui.components.rows import hairline
from cantomeet_ui.components.speakers import speakers_form
from cantomeet_ui.components.summary import summary_sections
from cantomeet_ui.components.versions import again_form, versions_menu
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.components.written import view_switch, written_notice
from cantomeet_ui.state.finding import FindState
from cantomeet_ui.state.lines import LinesState
from cantomeet_ui.state.meeting import MeetingState
from cantomeet_ui.state.versions import VersionsState

HEAD = MeetingState.head
SUMMARY = MeetingState.summary
METHOD = SUMMARY.method


def meeting_page() -> rx.Component:
    return frame(
        rx.match(
            MeetingState.phase,
            ("loading", loading()),
            ("missing", _missing()),
            _meeting(),
        ),
        here=routes.MEETING,
        refresh=MeetingState.refresh,
        kind="meeting-page",
    )


def _missing() -> rx.Component:
    act = link(say("missing.back"), to=routes.MEETINGS, class_name="button")
    return nothing_here(say("missing.title"), say("missing.text"), act)


def _meeting() -> rx.Component:
    return rx.el.article(
        rx.cond(MeetingState.editing, _edit_form(), _meeting_head()),
        rx.el.div(
            _confirmation(),
            _refusal(),
            status_banner(),
            paused_line(HEAD.paused),
            _speakers_section(),
            _summarize_again(),
            _warnings(),
            class_name="meeting-notes",
        ),
        _panes(),
        _player(),
        class_name="meeting",
        custom_attrs={"data-status": HEAD.status},
    )


# ---- the head ------------------------------------------------------------------------------------------------


def _meeting_head() -> rx.Component:
    return rx.el.header(
        link(
            icons.back(),
            rx.el.span(say("meeting.back")),
            to=routes.MEETINGS,
            class_name="back",
        ),
        rx.el.h1(
            rx.el.button(
                HEAD.title,
                type="button",
                on_click=MeetingState.edit(True),
                title=say("meeting.edit"),
            ),
            class_name="meeting-title",
        ),
        rx.el.p(
            rx.el.span(HEAD.date),
            rx.cond(HEAD.lasts != "", rx.el.span(HEAD.lasts)),
            rx.cond(HEAD.speakers != "", rx.el.span(HEAD.speakers)),
            class_name="facts",
        ),
        rx.el.div(
            _exports(),
            _more_actions(),
            class_name="meeting-acts",
        ),
        class_name="meeting-head",
    )


def _exports() -> rx.Component:
    """The downloads of the view that is shown."""
    written = MeetingState.written_head.downloads
    return rx.cond(
        (MeetingState.view == "written") & (MeetingState.written_head.label != ""),
        export_menu(written),
        rx.cond(HEAD.downloads, export_menu(HEAD.downloads)),
    )


def _more_actions() -> rx.Component:
    return more_menu(
        choice(say("meeting.edit"), MeetingState.edit(True)),
        rx.cond(HEAD.speakers != "", choice(say("speakers.name"), MeetingState.name_speakers(True))),
        rx.cond(HEAD.can_summarize, choice(say("meeting.summarize_again"), VersionsState.ask)),
        rx.cond(HEAD.can_transcribe, choice(say("meeting.transcribe_again"), MeetingState.transcribe_again(False))),
        choice(say("meeting.delete"), MeetingState.ask("delete"), tone="red"),
    )


def _edit_form() -> rx.Component:
    return rx.el.form(
        rx.el.label(
            rx.el.span(say("meeting.edit_title")),
            rx.el.input(
                name="title", default_value=HEAD.title, max_length=LONGEST_TITLE, required=True, auto_focus=True
            ),
            class_name="field wide",
        ),
        rx.el.label(
            rx.el.span(say("meeting.edit_date")),
            rx.el.input(name="date", type="date", default_value=HEAD.date_value),
            class_name="field",
        ),
        *form_buttons(MeetingState.edit(False)),
        on_submit=MeetingState.save,
        class_name="meeting-head edit-form",
    )


def _speakers_section() -> rx.Component:
    """The form for the speakers' names, shown if a person opened it or if the summary waits for the names."""
    return rx.cond(
        HEAD.waits_for_names,
        rx.el.section(
            speakers_form(
                rx.el.button(say("speakers.save_and_go_on"), type="submit", class_name="button primary"),
                button(say("speakers.go_on"), VersionsState.go_on, "button"),
            ),
            class_name="naming",
        ),
        rx.cond(
            MeetingState.naming,
            rx.el.section(
                rx.el.h2(say("speakers.name")),
                rx.el.p(say("speakers.hint"), class_name="hint"),
                speakers_form(*form_buttons(MeetingState.name_speakers(False))),
                class_name="naming",
            ),
        ),
    )


# ---- what is going on ----------------------------------------------------------------------------------------


def status_banner() -> rx.Component:
    """The progress of the work, or what went wrong and what to do; hidden for a completed meeting."""
    return rx.cond(
        HEAD.banner != "",
        rx.el.section(
            rx.el.p(
                rx.el.strong(HEAD.banner),
                rx.cond(HEAD.progress >= 0, rx.el.span(f"{HEAD.progress} %", class_name="percent")),
                rx.cond(HEAD.left != "", rx.el.span(HEAD.left, class_name="status-left")),
            ),
            rx.cond(HEAD.banner_text != "", rx.el.p(HEAD.banner_text, class_name="banner-text")),
            rx.el.div(
                rx.cond(HEAD.can_retry, button(say("meeting.retry"), MeetingState.retry, "button primary")),
                rx.cond(HEAD.can_cancel, button(say("meeting.cancel"), MeetingState.cancel(False), "quiet")),
                class_name="banner-acts",
            ),
            hairline(HEAD.progress),
            class_name="banner",
            role="status",
            custom_attrs={"data-tone": HEAD.banner_tone},
        ),
    )


def _summarize_again() -> rx.Component:
    return rx.cond(HEAD.can_summarize & (VersionsState.asking == HEAD.id), again_form())


def _confirmation() -> rx.Component:
    return rx.match(
        MeetingState.asking,
        (
            "delete",
            _question(
                rx.cond(HEAD.stop_wastes, say("meeting.delete.ask_sent"), say("meeting.delete.ask")),
                say("meeting.delete"),
                MeetingState.delete,
                say("meeting.delete.keep"),
            ),
        ),
        (
            "stop",
            _question(
                say("meeting.cancel.ask"), say("meeting.cancel"), MeetingState.cancel(True), say("meeting.cancel.keep")
            ),
        ),
        (
            "again",
            _question(
                say("meeting.transcribe.lose"),
                say("meeting.transcribe_again"),
                MeetingState.transcribe_again(True),
                say("meeting.ask.no"),
            ),
        ),
        (
            "pay",
            _question(
                say("meeting.transcribe.ask"), say("meeting.transcribe.pay"), MeetingState.pay, say("meeting.ask.no")
            ),
        ),
        rx.fragment(),
    )


def _question(question: Words, yes: Words, on_yes: Handler, no: Words) -> rx.Component:
    return rx.el.section(
        rx.el.p(question),
        button(yes, on_yes, "button danger"),
        cancel_button(no, MeetingState.ask(""), auto_focus=True),
        class_name="notice asked",
        role="alertdialog",
        custom_attrs={"data-tone": "red", "aria-label": question},
    )


def _refusal() -> rx.Component:
    return rx.cond(
        MeetingState.notice != "",
        notice(MeetingState.notice, close_button(MeetingState.ask("")), tone="amber"),
    )


def _warnings() -> rx.Component:
    return rx.cond(
        HEAD.warnings,
        rx.el.ul(
            rx.foreach(HEAD.warnings, lambda words: rx.el.li(words, key=words)),
            class_name="warnings",
        ),
    )


# ---- summary, transcript, player -----------------------------------------------------------------------------


def _panes() -> rx.Component:
    return rx.fragment(_tabs(), rx.el.div(_summary_pane(), _transcript_pane(), class_name="panes"))


def _summary_pane() -> rx.Component:
    versions = rx.cond(MeetingState.versions, versions_menu(MeetingState.versions))
    return rx.el.section(
        _pane_head("summary.title", _summary_facts(), versions),
        rx.cond(SUMMARY.has_items, summary_sections(SUMMARY), rx.el.p(_summary_note(), class_name="pane-note")),
        class_name="pane summary-pane",
    )


def _transcript_pane() -> rx.Component:
    written = {
        "on": MeetingState.view == "written",
        "lines": MeetingState.written_lines,
        "outdated": MeetingState.written_outdated,
    }
    return rx.el.section(
        _pane_head(
            "transcript.title",
            find_bar(FindState.q, FindState.edition, FindState.found, FindState.find),
            view_switch(),
        ),
        written_notice(),
        transcript_lines(
            MeetingState.batch,
            written,
            FindState.found,
            _transcript_note(),
            MeetingState.resend,
            MeetingState.send_more,
            LinesState.save_line,
            LinesState.refused,
        ),
        class_name="pane transcript-pane",
    )


def _pane_head(title: str, *beside: rx.Component) -> rx.Component:
    return rx.el.header(rx.el.h2(say(title)), *beside, class_name="pane-head")


def _summary_facts() -> rx.Component:
    """How the summary was written, what it covers and what it cost."""
    return rx.cond(
        METHOD != "",
        rx.el.p(
            rx.el.span(METHOD),
            rx.cond(SUMMARY.template != "", rx.el.span(SUMMARY.template)),
            rx.foreach(SUMMARY.facts, lambda fact: rx.el.span(fact, key=fact)),
            class_name="summary-facts",
        ),
    )


def _tabs() -> rx.Component:
    """Tabs for phones, where summary and transcript do not fit side by side; switching stays in the browser."""
    return rx.el.fieldset(
        rx.el.legend(say("meeting.tabs")),
        _tab("summary", say("summary.title"), chosen=~MeetingState.lines_first),
        _tab("transcript", say("transcript.title"), chosen=MeetingState.lines_first),
        class_name="tabs",
    )


def _tab(name: str, words: Words, *, chosen: rx.Var[bool]) -> rx.Component:
    # A default for the opening page only, so that a summary that comes later does not switch tabs under the reader.
    return rx.el.label(
        rx.el.input(type="radio", name="pane", id=f"tab-{name}", default_checked=chosen),
        rx.el.span(words),
    )


def _summary_note() -> Words:
    return rx.match(
        HEAD.status,
        ("COMPLETED", say("summary.empty")),
        ("FAILED", say("summary.failed")),
        say("summary.pending"),
    )


def _transcript_note() -> Words:
    return rx.match(
        HEAD.status,
        ("COMPLETED", say("transcript.silent")),
        ("FAILED", say("transcript.failed")),
        say("transcript.waiting"),
    )


def _player() -> rx.Component:
    return rx.match(
        HEAD.audio,
        ("", rx.cond(HEAD.audio_gone, rx.el.p(say("player.removed"), class_name="player player-gone"))),
        player(HEAD.audio, HEAD.duration),
    )
