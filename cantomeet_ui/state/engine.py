"""The engine section of the admin page: pause and resume, queues and workers, tests of API keys."""

from __future__ import annotations

import asyncio

import reflex as rx

from cantomeet.access import Action
from cantomeet.errors import RequestError
from cantomeet.queries.admin import engine_overview
from cantomeet.service import operating
from cantomeet_ui.actor import actor_of
from cantomeet_ui.outage import outage_tolerated
from cantomeet_ui.presenters.engine import Engine, engine
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.push.visibility import until_this_page_is_shown
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.notice import say_whether_database_answers
from cantomeet_ui.state.opening import open_page

_EVERY = 5.0
_EVERY_WHILE_ASKING = 1.0
"""Seconds between reads."""


class EngineState(rx.State):
    engine: Engine = Engine()
    notice: str = ""

    @handler(Action.ADMINISTER)
    async def load(self) -> object:
        """Show the section and start to watch for changes."""
        self.notice = ""
        return await open_page(self, self._show, EngineState.watch)

    @handler(Action.ADMINISTER)
    async def refresh(self) -> None:
        """Show the section again in the language just chosen."""
        self.notice = ""
        await self._show()

    @handler(Action.ADMINISTER, background=True)
    async def watch(self) -> None:
        """Read and show the state periodically while the page is open."""
        while True:
            async with self:
                asking = self.engine.asking
            await asyncio.sleep(_EVERY_WHILE_ASKING if asking else _EVERY)
            await until_this_page_is_shown()
            with outage_tolerated():
                async with self:
                    await self._show()
                    await say_whether_database_answers(self, True)

    @handler(Action.ADMINISTER)
    async def pause(self) -> None:
        """Start no further step. Running steps finish."""
        await self._switch(True)

    @handler(Action.ADMINISTER)
    async def resume(self) -> None:
        """Start steps again."""
        await self._switch(False)

    @handler(Action.ADMINISTER)
    async def check(self, name: str) -> None:
        """Have a worker test a provider's key."""
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
        found = engine(await asyncio.to_thread(engine_overview, services(), actor_of(self)), language)
        if found != self.engine:
            self.engine = found
