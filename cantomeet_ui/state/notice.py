"""The notices that every page shows: an unexpected error, or a database that does not answer."""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeVar

import reflex as rx
from reflex.event import EventHandler

from cantomeet.access import Action
from cantomeet.errors import ErrorCode
from cantomeet.i18n import text
from cantomeet.queries.stamps import stamp
from cantomeet_ui.outage import RETRY_SECONDS, outage_tolerated
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState

S = TypeVar("S", bound=rx.State)


class HasStates(Protocol):
    """Any state."""

    async def get_state(self, state_cls: type[S]) -> S: ...


class NoticeState(rx.State):
    unexpected: str = ""
    database_away: bool = False
    """Whether the database does not answer. The page shows a notice, which disappears once it answers again."""

    @handler(Action.LIST)
    async def show(self, reference: str) -> None:
        """Show an unexpected error with its reference in the log."""
        language = (await self.get_state(LanguageState)).lang
        self.unexpected = text(language, "error.unexpected", reference=reference[:16])

    @handler(Action.LIST)
    async def refuse(self, code: str, field: str) -> None:
        """Show why a request was refused. `code` is an `ErrorCode` of `cantomeet.errors`."""
        language = (await self.get_state(LanguageState)).lang
        known = code if code in list(ErrorCode) else ErrorCode.INVALID_REQUEST
        self.unexpected = refusal(ErrorCode(known), {"field": field[:80]}, language)

    @handler(Action.LIST)
    async def clear(self) -> None:
        """Clear the notice."""
        self.unexpected = ""

    @handler(Action.LIST)
    async def miss_database(self) -> EventHandler | None:
        """Show that the database does not answer, and wait until it does.

        A page that follows the database would notice only its next change.
        """
        if self.database_away:
            return None  # an earlier event waits already
        self.database_away = True
        look: EventHandler = NoticeState.look_for_database
        return look

    @handler(Action.LIST, background=True)
    async def look_for_database(self) -> None:
        """Try to read periodically, and clear the notice once the database answers."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            async with self:
                if not self.database_away:
                    return
            with outage_tolerated():
                await asyncio.to_thread(stamp, services())
                async with self:
                    self.database_away = False
                return


async def say_whether_database_answers(page: HasStates, answers: bool) -> None:
    """Show or clear the notice about the database. `page` is any state of the page, with its lock held."""
    notice = await page.get_state(NoticeState)
    if notice.database_away == answers:
        notice.database_away = not answers
