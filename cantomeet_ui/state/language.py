"""The reader's language, kept in a cookie, and all texts of the pages in it."""

from __future__ import annotations

import reflex as rx

from cantomeet.access import Action
from cantomeet.i18n import LANGUAGES, language_of, page_texts
from cantomeet_ui.services import settings
from cantomeet_ui.state.access import handler

_ONE_YEAR = 365 * 24 * 60 * 60


class LanguageState(rx.State):
    chosen: str = rx.Cookie("", name="cantomeet-language", max_age=_ONE_YEAR, same_site="lax")
    """Empty until the reader chooses. A browser may send any value."""

    @rx.var
    def lang(self) -> str:
        """ "zh-Hant-HK" or "en"."""
        return language_of(self.chosen, settings().language)

    @rx.var
    def t(self) -> dict[str, str]:
        """The texts of the pages by key."""
        return page_texts(self.lang)

    @handler(Action.LIST)
    async def switch(self) -> None:
        """Switch to the other language."""
        zh, en = LANGUAGES
        self.chosen = zh if self.lang == en else en
