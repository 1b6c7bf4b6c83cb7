"""The engine room of the admin page: pause and resume, queues and workers, tests of keys."""

from __future__ import annotations

import asyncio

import reflex as rx

from cantomeet.access import Action
from cantomeet.errors import RequestError
from cantomeet.queries.admin import engine_room
from cantomeet.service import operating
from cantomeet_ui.actor import actor_of
from cantomeet_ui.outage import database_waited_for
from cantomeet_ui.presenters.engine import Engine, engine
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.notice import say_whether_database_answers
from cantomeet_ui.state.opening import opened

_EVERY = 5.0
_EVERY_WHILE_ASKING = 1.0
"""Seconds between looks."""


class EngineState(rx.State):
    engine: Engine = Engine()
    notice: str = ""

    @handler(Action.ADMINISTER)
    async def load(self) -> object:
        """Show it, and go on looking."""
        self.notice = ""
        return await opened(self, self._show, EngineState.watch)

    @handler(Action.ADMINISTER)
    async def refresh(self) -> None:
        """Show the same in the language just chosen."""
        self.notice = ""
        await self._show()

    @handler(Action.ADMINISTER, background=True)
    async def watch(self) -> None:
        """Look now and then while the page is open."""
        while True:
            async with self:
                asking = self.engine.asking
            await asyncio.sleep(_EVERY_WHILE_ASKING if asking else _EVERY)
            with database_waited_for():
                async with self:
                    await self._show()
                    await say_whether_database_answers(self, True)

    @handler(Action.ADMINISTER)
    async def pause(self) -> None:
        """Take no further step; those under way finish."""
        await self._switch(True)

    @handler(Action.ADMINISTER)
    async def resume(self) -> None:
        """Go on."""
        await self._switch(False)

    @handler(Action.ADMINISTER)
    async def check(self, name: str) -> None:
        """Have a worker test a key."""
        language = (await self.get_state(LanguageState)).lang
        self.notice = ""
        try:
            await asyncio.to_thread(operating.ask_check, services(), actor_of(self), name)
        except RequestError as error:
            self.notice = refusal(error.code, error.params, language)
        await self._show()

    async def _switch(self, paused: bool) -> None:
        self.notice = ""
        await asyncio.to_thread(operating.pause, services(), actor_of(self), paused)
        await self._show()

    async def _show(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        found = engine(await asyncio.to_thread(engine_room, services(), actor_of(self)), language)
        if found != self.engine:
            self.engine = found
