"""What every page says when something failed: in a way that nobody foresaw, or as the database does not answer."""

from __future__ import annotations

import reflex as rx

from cantomeet.access import Action
from cantomeet_ui.i18n import text
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState


class NoticeState(rx.State):
    unexpected: str = ""
    database_away: bool = False
    """It does not answer, so the page has nothing to show; it will be shown by itself."""

    @handler(Action.LIST)
    async def show(self, reference: str) -> None:
        """Say that it failed, with the reference that stands in the log."""
        language = (await self.get_state(LanguageState)).lang
        self.unexpected = text(language, "error.unexpected", reference=reference[:16])

    @handler(Action.LIST)
    async def clear(self) -> None:
        """It has been read."""
        self.unexpected = ""


async def say_whether_database_answers(page: rx.State, answers: bool) -> None:
    """Said on the page while it does not; `page` is any state, under its lock."""
    notice = await page.get_state(NoticeState)
    if notice.database_away == answers:
        notice.database_away = not answers
