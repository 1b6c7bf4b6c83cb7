"""The frame around each page: header, notices and links between pages."""

from __future__ import annotations

import reflex as rx
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router import ReactRouterLink

from cantomeet.i18n import LANGUAGES, ZH, text
from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.browser import shell
from cantomeet_ui.components.buttons import button
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.notice import NoticeState


def frame(*content: rx.Component, here: str, refresh: Handler, kind: str = "") -> rx.Component:
    """A page with its header and notices.

    `here` is the page's route, `refresh` reloads its content after a change of language, and `kind` is a CSS class.
    """
    return rx.el.div(
        rx.el.a(say("nav.skip"), href="#content", class_name="skip"),
        _head(here, refresh),
        connection_notice(),
        database_notice(),
        unexpected_notice(),
        rx.el.main(*content, id="content", class_name="content"),
        shell(),
        lang=LanguageState.lang,
        class_name=f"page {kind}".strip(),
    )


def empty_frame() -> rx.Component:
    """The header alone, shown until the scripts of a page that is not prerendered have loaded.

    It has nothing to click, because a click would be lost.
    """
    brand = rx.el.span(icons.mark(), rx.el.span(text(ZH, "app")), class_name="brand")
    return rx.el.div(rx.el.header(brand, class_name="head"), class_name="page")


def link(*content: rx.Component | Words, to: Words, **props: object) -> rx.Component:
    """A link to another page that does not reload the application."""
    return ReactRouterLink.create(*content, to=to, **props)


def _head(here: str, refresh: Handler) -> rx.Component:
    return rx.el.header(
        link(icons.mark(), rx.el.span(say("app")), to=routes.MEETINGS, class_name="brand"),
        rx.el.nav(
            *(
                _nav_link(say(key), to, here)
                for key, to in (
                    ("nav.upload", routes.UPLOAD),
                    ("nav.meetings", routes.MEETINGS),
                    ("nav.search", routes.SEARCH),
                    ("nav.actions", routes.ACTIONS),
                    ("nav.admin", routes.ADMIN),
                )
            ),
            custom_attrs={"aria-label": say("nav.label")},
        ),
        rx.el.div(_language(refresh), _theme(), _keys(), class_name="head-tools"),
        class_name="head",
    )


def _nav_link(label: Words, to: str, here: str) -> rx.Component:
    current = {to: "page", routes.MEETING: "true" if to == routes.MEETINGS else ""}.get(here, "")
    # On a phone there is room for the glass alone.
    words = (icons.search(), rx.el.span(label)) if to == routes.SEARCH else (label,)
    return link(*words, to=to, custom_attrs={"aria-current": current} if current else {})


def _language(refresh: Handler) -> rx.Component:
    return rx.el.button(
        say("language.other"),
        type="button",
        class_name="tool language",
        on_click=[LanguageState.switch, *(refresh if isinstance(refresh, list) else [refresh])],
        custom_attrs={"aria-label": say("language.switch")},
    )


def _theme() -> rx.Component:
    return rx.el.button(
        icons.half_moon(),
        type="button",
        class_name="tool",
        # assets/early.js handles the click, so it works before the page is hydrated.
        custom_attrs={"aria-label": say("theme.switch"), "data-theme-switch": ""},
    )


def _keys() -> rx.Component:
    return rx.el.button(
        "?",
        type="button",
        class_name="tool keys-button",
        custom_attrs={"aria-label": say("keys.open"), "data-keys": ""},
    )


def connection_notice() -> rx.Component:
    """Says that the server does not answer, for as long as it does not."""
    return rx.cond(has_connection_errors, notice(say("connection.lost"), tone="amber"))


def database_notice() -> rx.Component:
    """Says that the database does not answer, for as long as it does not."""
    return rx.cond(NoticeState.database_away, notice(say("database.away"), tone="amber"))


def unexpected_notice() -> rx.Component:
    """An error that no handler expected."""
    return rx.cond(
        NoticeState.unexpected,
        notice(NoticeState.unexpected, close_button(NoticeState.clear), tone="red"),
    )


def notice(words: Words, *beside: rx.Component, tone: str = "") -> rx.Component:
    """A line that a person should not miss. The tone is "", "amber" or "red"."""
    return rx.el.div(rx.el.p(words), *beside, class_name="notice", role="status", custom_attrs={"data-tone": tone})


def paused_line(words: Words) -> rx.Component:
    """Says that the queue is paused; nothing for empty `words`."""
    return rx.cond(words != "", rx.el.p(words, class_name="paused-line", role="status"))


def close_button(on_click: Handler) -> rx.Component:
    return button(say("keys.close"), on_click)


def nothing_here(title: Words, text: Words, *acts: rx.Component) -> rx.Component:
    """An empty page, with what a person can do about it."""
    return rx.el.section(icons.mark(), rx.el.h2(title), rx.el.p(text), *acts, class_name="nothing")


def page_error() -> rx.Var[rx.Component]:
    """Replaces a page whose code failed. It is in both languages, because the language's state may have failed too."""
    words = [text(language, "error.page") for language in LANGUAGES]
    shown = rx.el.main(icons.mark(), *(rx.el.p(sentence) for sentence in words), class_name="nothing")
    return ArgsFunctionOperation.create(("event_args",), rx.Var.create(shown))


def loading() -> rx.Component:
    """Says that the page is loading; CSS shows it only after a delay."""
    return rx.el.p(say("loading"), class_name="loading", role="status")
