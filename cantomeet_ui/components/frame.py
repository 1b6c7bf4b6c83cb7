"""What is around every page's content: its head, its notices, the way between pages."""

from __future__ import annotations

import reflex as rx
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router import ReactRouterLink

from cantomeet.i18n import LANGUAGES, ZH, text
from cantomeet_ui import routes
from cantomeet_ui.components import icons
from cantomeet_ui.components.browser import shell
from cantomeet_ui.components.words import Handler, Words, say
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.notice import NoticeState


def frame(*content: rx.Component, here: str, refresh: Handler, kind: str = "") -> rx.Component:
    """A page. `here`: its route; `refresh`: shows its content anew in another language; `kind`: a class of its own."""
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
    """Of a page that is not prerendered, until its scripts have come: nothing that a click could be lost in."""
    brand = rx.el.span(icons.mark(), rx.el.span(text(ZH, "app")), class_name="brand")
    return rx.el.div(rx.el.header(brand, class_name="head"), class_name="page")


def link(*content: rx.Component | Words, to: Words, **props: object) -> rx.Component:
    """Leads to another page without loading everything anew."""
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
    return link(label, to=to, custom_attrs={"aria-current": current} if current else {})


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
        # Heard by assets/early.js, also before the page is alive.
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
    """Says that the server does not answer, until it does."""
    return rx.cond(has_connection_errors, notice(say("connection.lost"), tone="amber"))


def database_notice() -> rx.Component:
    """Says that the database does not answer, until it does."""
    return rx.cond(NoticeState.database_away, notice(say("database.away"), tone="amber"))


def unexpected_notice() -> rx.Component:
    """What failed without anybody having foreseen it."""
    return rx.cond(
        NoticeState.unexpected,
        notice(NoticeState.unexpected, close_button(NoticeState.clear), tone="red"),
    )


def notice(words: Words, *beside: rx.Component, tone: str = "") -> rx.Component:
    """A line that has to be read. Tones: "", "amber", "red"."""
    return rx.el.div(rx.el.p(words), *beside, class_name="notice", role="status", custom_attrs={"data-tone": tone})


def paused_line(words: Words) -> rx.Component:
    """Why what waits does not go on; nothing where `words` are empty."""
    return rx.cond(words != "", rx.el.p(words, class_name="paused-line", role="status"))


def close_button(on_click: Handler) -> rx.Component:
    return rx.el.button(say("keys.close"), type="button", class_name="quiet", on_click=on_click)


def nothing_here(title: Words, text: Words, *acts: rx.Component) -> rx.Component:
    """An empty page, and what to do about it."""
    return rx.el.section(icons.mark(), rx.el.h2(title), rx.el.p(text), *acts, class_name="nothing")


def page_error() -> rx.Var[rx.Component]:
    """In place of a page whose own code failed; in both languages, for its state may be what failed."""
    words = [text(language, "error.page") for language in LANGUAGES]
    shown = rx.el.main(icons.mark(), *(rx.el.p(sentence) for sentence in words), class_name="nothing")
    return ArgsFunctionOperation.create(("event_args",), rx.Var.create(shown))


def loading() -> rx.Component:
    """Shows itself only where loading takes noticeably long."""
    return rx.el.p(say("loading"), class_name="loading", role="status")
