"""What every page says when something failed: in a way that nobody foresaw, or as the database does not answer."""

from __future__ import annotations

import asyncio
from typing import Protocol, TypeVar

import reflex as rx
from reflex.event import EventHandler

from cantomeet.access import Action
from cantomeet.errors import ErrorCode
from cantomeet.i18n import text
from cantomeet.queries.stamps import stamp
from cantomeet_ui.outage import AGAIN, database_waited_for
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
    """It does not answer, so the page has nothing to show, or could not do what was asked; it will go by itself."""

    @handler(Action.LIST)
    async def show(self, reference: str) -> None:
        """Say that it failed, with the reference that stands in the log."""
        language = (await self.get_state(LanguageState)).lang
        self.unexpected = text(language, "error.unexpected", reference=reference[:16])

    @handler(Action.LIST)
    async def refuse(self, code: str, field: str) -> None:
        """Say why it was not done: `code` is one of `cantomeet.errors`."""
        language = (await self.get_state(LanguageState)).lang
        known = code if code in list(ErrorCode) else ErrorCode.INVALID_REQUEST
        self.unexpected = refusal(ErrorCode(known), {"field": field[:80]}, language)

    @handler(Action.LIST)
    async def clear(self) -> None:
        """It has been read."""
        self.unexpected = ""

    @handler(Action.LIST)
    async def miss_database(self) -> EventHandler | None:
        """Say that it does not answer, and look until it does: a page that follows it shows changes only."""
        if self.database_away:
            return None  # whoever has said so looks already
        self.database_away = True
        look: EventHandler = NoticeState.look_for_database
        return look

    @handler(Action.LIST, background=True)
    async def look_for_database(self) -> None:
        """Look now and then, and say no more that it is away once it answers."""
        while True:
            await asyncio.sleep(AGAIN)
            async with self:
                if not self.database_away:
                    return
            with database_waited_for():
                await asyncio.to_thread(stamp, services())
                async with self:
                    self.database_away = False
                return


async def say_whether_database_answers(page: HasStates, answers: bool) -> None:
    """Said on the page while it does not; `page` is any state, under its lock."""
    notice = await page.get_state(NoticeState)
    if notice.database_away == answers:
        notice.database_away = not answers
