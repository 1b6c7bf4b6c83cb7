"""The search across meetings. What is looked for is in the address. Later changes are not followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import ClassVar

import reflex as rx
from reflex.event import EventHandler, EventSpec

from cantomeet.access import Action, Actor
from cantomeet.listing import MAX_QUERY
from cantomeet.queries.search import known_people, search_page
from cantomeet.service import Services
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.search import (
    NAMES,
    FoundGroup,
    ShownSearch,
    people_choices,
    search_href,
    shown_search,
    status_choices,
)
from cantomeet_ui.presenters.wanted import wanted_in_search
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.changes_only import ChangesOnly
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import load_again, open_unfollowed_page

EACH = 5
"""Hits of one meeting. Its own page finds the others."""
MOST_PEOPLE = 300
"""Names to choose from."""


class SearchState(ChangesOnly, rx.State):
    phase: str = "loading"
    """ "loading", "ask" (nothing to look for), "rows" or "none" (nothing found)."""
    groups: rx.Field[list[FoundGroup]] = rx.field(default_factory=list)
    total: str = ""
    more: bool = False
    notice: str = ""
    q: str = ""
    by_sound: bool = False
    date_from: str = ""
    date_to: str = ""
    speaker: str = ""
    status: str = ""
    people: rx.Field[list[Choice]] = rx.field(default_factory=list)
    statuses: rx.Field[list[Choice]] = rx.field(default_factory=list)
    search_key: int = 0
    """A new key replaces the search field. It changes when the address changes other than by typing in the field."""
    clear_href: str = ""
    """The address without filters. Empty if there are none."""
    sound_href: str = ""
    """The address of the same search by sound. Empty where there is none."""

    _keys: ClassVar[dict[str, str]] = {"groups": "id"}
    _query: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    """The query of the address."""
    _typed: rx.Field[list[str]] = rx.field(default_factory=list)
    """What was typed and is not in the address yet, in order."""
    _names: rx.Field[list[str]] = rx.field(default_factory=list)
    _cursor: str = ""

    @handler(Action.LIST)
    async def load(self) -> list[EventHandler]:
        """Show what the address looks for."""
        self._query = filters_of(self.router.url.query_parameters, NAMES)
        q = self._query.get("q", "")
        if q in self._typed:
            del self._typed[: self._typed.index(q) + 1]
            if self._typed:
                return []  # newer words are on their way
        else:
            self.search_key += q != self.q
            self._typed.clear()
            self._names.clear()
        self._send_all()
        self.q, self.date_from, self.date_to = (self._query.get(name, "") for name in ("q", "from", "to"))
        self.speaker, self.status = (self._query.get(name, "") for name in ("speaker", "status"))
        self.by_sound = self._query.get("by") == "sound"
        return await open_unfollowed_page(self, self._show, SearchState.load_again)

    @handler(Action.LIST, background=True)
    async def load_again(self) -> EventHandler:
        """Show the page once a database that did not answer is back."""
        return await load_again(SearchState.load)

    @handler(Action.LIST)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        await self._show()

    @handler(Action.LIST)
    async def search(self, words: str) -> EventSpec | None:
        """Look for these words."""
        q = words.strip()[:MAX_QUERY]
        if q == (self._typed[-1] if self._typed else self.q):
            return None
        self._typed.append(q)
        return rx.redirect(search_href(self._query, q=q), replace=True)

    @handler(Action.LIST)
    async def choose_sound(self, on: bool) -> EventSpec:
        """Look for what sounds alike, or for the words as they are."""
        return rx.redirect(search_href(self._query, by="sound" if on else ""))

    @handler(Action.LIST)
    async def choose_from(self, day: str) -> EventSpec:
        """Look only in meetings from this day on; empty for all."""
        return rx.redirect(search_href(self._query, from_=day))

    @handler(Action.LIST)
    async def choose_to(self, day: str) -> EventSpec:
        """Look only in meetings up to this day; empty for all."""
        return rx.redirect(search_href(self._query, to=day))

    @handler(Action.LIST)
    async def choose_speaker(self, name: str) -> EventSpec:
        """Look only at lines of this speaker; empty for all texts."""
        return rx.redirect(search_href(self._query, speaker=name))

    @handler(Action.LIST)
    async def choose_status(self, status: str) -> EventSpec:
        """Look only in meetings of this status; empty for all."""
        return rx.redirect(search_href(self._query, status=status))

    @handler(Action.LIST)
    async def show_more(self) -> None:
        """Show the next meetings, too."""
        if self._cursor:
            language = (await self.get_state(LanguageState)).lang
            shown = await self._read(language, self._cursor)
            self.groups, self._cursor = [*self.groups, *shown.groups], shown.next_cursor
            self.more = bool(self._cursor)

    async def _show(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        if not self._names:
            self._names = await asyncio.to_thread(known_people, services(), actor_of(self), MOST_PEOPLE)
        self._take(await self._read(language, ""), language)

    async def _read(self, language: str, cursor: str) -> ShownSearch:
        return await asyncio.to_thread(_read, services(), actor_of(self), dict(self._query), cursor, language)

    def _take(self, shown: ShownSearch, language: str) -> None:
        query = self._query
        self.groups, self.total, self.notice = shown.groups, shown.total, shown.notice
        self._cursor, self.more = shown.next_cursor, bool(shown.next_cursor)
        self.people = people_choices(self._names, self.speaker, language)
        self.statuses = status_choices(self.status, language)
        filtered = any(query.get(name) for name in ("status", "from", "to", "speaker"))
        self.clear_href = search_href({name: query.get(name, "") for name in ("q", "by")}) if filtered else ""
        self.sound_href = "" if self.by_sound else search_href(query, by="sound")
        self.phase = "rows" if shown.groups else ("none" if shown.searched else "ask")


def _read(services: Services, actor: Actor, query: Mapping[str, str], cursor: str, language: str) -> ShownSearch:
    if not query.get("q", "").strip():
        return ShownSearch()
    wanted, notice = wanted_in_search(query, cursor, language)
    if wanted is None:
        return ShownSearch(notice=notice)
    return shown_search(search_page(services, actor, wanted, EACH), query, notice, language)
