"""Finding words in the transcript of an open meeting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import reflex as rx

from cantomeet.access import Action, Actor
from cantomeet.errors import NotFound
from cantomeet.listing import MAX_QUERY
from cantomeet.listing.search import By, query_of
from cantomeet.queries.meeting_page import transcript_texts
from cantomeet.service import Services
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.finding import FoundLines, found_lines
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.meeting import open_meeting


class FindState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address. Reflex declares it at run time."""

    q: str = ""
    """What the address looks for."""
    edition: int = 0
    """A new number replaces the text in the field by `q`."""
    found: FoundLines = FoundLines()

    _by: By = "text"

    @handler(Action.READ)
    async def load(self) -> None:
        """Find what the address looks for."""
        query = self.router.url.query_parameters
        self.q = query.get("find", "")[:MAX_QUERY]
        self._by = "sound" if query.get("by") == "sound" else "text"
        self.edition += 1
        self.found = FoundLines()
        if self.q:
            await self._find(self.q)

    @handler(Action.READ)
    async def find(self, words: str) -> None:
        """Mark these words in the transcript; none if empty."""
        if words != self.q:
            self._by = "text"
        await self._find(words)

    async def _find(self, words: str) -> None:
        written = (await open_meeting(self)).view == "written"
        try:
            actor, meeting_id, q = actor_of(self), valid_id(self.meeting_id), words.strip()[:MAX_QUERY]
            self.found = await asyncio.to_thread(_read, services(), actor, meeting_id, q, self._by, written)
        except NotFound:
            self.found = FoundLines()  # the page says so


def _read(services: Services, actor: Actor, meeting_id: str, q: str, by: By, written: bool) -> FoundLines:
    asked = query_of(q, by)
    texts = () if asked.empty else transcript_texts(services, actor, meeting_id, written=written)
    return found_lines(q, asked, texts)
