"""The glossary page, which shows the glossary as text with one term a line."""

from __future__ import annotations

import asyncio

import reflex as rx
from reflex.event import EventHandler

from cantomeet.access import Action
from cantomeet.errors import VersionConflict
from cantomeet.glossary import MAX_TERMS, Term, digest, read_lines, written
from cantomeet.i18n import counted, text
from cantomeet.queries.templates import glossary
from cantomeet.service.glossary import FaultyGlossary, replace_glossary
from cantomeet_ui.actor import actor_of
from cantomeet_ui.services import services, settings
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import load_again, open_unfollowed_page


class GlossaryState(rx.State):
    ready: bool = False
    written: str = ""
    """The stored text. What is being typed stays in the browser."""
    edition: int = 0
    """A new number replaces the text field."""
    count: str = ""
    use: str = ""
    """The text that says which transcriber gets the terms."""
    faults: rx.Field[list[str]] = rx.field(default_factory=list)
    notice: str = ""

    _seen: str = ""
    _stored: int = 0

    @handler(Action.ADMINISTER)
    async def load(self) -> list[EventHandler]:
        """Show the stored glossary."""
        self.notice, self.faults, self.ready = "", [], False
        return await open_unfollowed_page(self, self._begin, GlossaryState.load_again)

    @handler(Action.ADMINISTER, background=True)
    async def load_again(self) -> EventHandler:
        """Show the page once a database that did not answer is back."""
        return await load_again(GlossaryState.load)

    async def _begin(self) -> None:
        self._take(await asyncio.to_thread(glossary, services(), actor_of(self)))
        await self._say()
        self.ready = True

    @handler(Action.ADMINISTER)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen. What is being typed stays."""
        self.notice, self.faults = "", []
        await self._say()

    @handler(Action.ADMINISTER)
    async def save(self, form: dict[str, object]) -> None:
        """Store the text, or show which of its terms are invalid."""
        language = (await self.get_state(LanguageState)).lang
        lines = read_lines(str(form.get("terms", "")))
        typed = [Term(line["content"], tuple(line["sounds_like"])) for line in lines]
        self.notice, self.faults = "", []
        try:
            terms = await asyncio.to_thread(replace_glossary, services(), actor_of(self), typed, self._seen)
        except FaultyGlossary as error:
            self.faults = [fault.text(language) for fault in error.faults]
            return
        except VersionConflict:
            self._seen = digest(await asyncio.to_thread(glossary, services(), actor_of(self)))
            self.notice = text(language, "glossary.changed_elsewhere")
            return
        self._take(terms)
        await self._say()
        self.notice = text(language, "glossary.saved")

    def _take(self, terms: list[Term]) -> None:
        self.written, self._seen, self._stored = written(terms), digest(terms), len(terms)
        self.edition += 1

    async def _say(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        self.count = counted(language, "glossary.count", self._stored)
        self.use = text(language, f"glossary.use.{settings().chosen_transcriber}", most=f"{MAX_TERMS:,}")
