"""The list of meetings. Its filters are in the address, its rows follow the database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import reflex as rx
from reflex.event import EventHandler, EventSpec

from cantomeet.access import Action, Actor
from cantomeet.queries.lists import meeting_list
from cantomeet.queries.stamps import Stamp, stamp
from cantomeet.service import Services
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.filters import DEFAULT_SORT, NAMES, SORTS, Chip, meetings_href, sort_choices
from cantomeet_ui.presenters.list_page import ShownList, shown_list
from cantomeet_ui.presenters.rows import MeetingRow
from cantomeet_ui.presenters.wanted import wanted_in_list
from cantomeet_ui.push.sharing import read_for
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.changes_only import ChangesOnly
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import open_page, show_each_change


class MeetingsState(ChangesOnly, rx.State):
    phase: str = "loading"
    """ "loading", "rows", "empty" (no meeting at all) or "none" (no meeting matches the filters)."""
    rows: rx.Field[list[MeetingRow]] = rx.field(default_factory=list)
    chips: rx.Field[list[Chip]] = rx.field(default_factory=list)
    sorts: rx.Field[list[Choice]] = rx.field(default_factory=list)
    more: bool = False
    notice: str = ""
    paused: str = ""
    """The text that says why queued meetings wait, or empty."""
    q: str = ""
    date_from: str = ""
    date_to: str = ""
    sort: str = DEFAULT_SORT
    search_key: int = 0
    """A new key replaces the search field. It changes when the address changes other than by typing in the field."""
    clear_href: str = ""
    """The address without filters. Empty if there are none."""

    _keys: ClassVar[dict[str, str]] = {"rows": "id", "chips": "status"}
    _query: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    """The query of the address."""
    _pages: int = 1
    _typed: str = ""
    _stamp: Stamp | None = None

    @handler(Action.LIST)
    async def load(self) -> list[EventHandler]:
        """Show the meetings that the address selects."""
        query = filters_of(self.router.url.query_parameters, NAMES)
        if query != self._query:
            self._pages = 1
        if query.get("q", "") != self._typed:
            self._typed = query.get("q", "")
            self.search_key += 1
        self._query = query
        self.q, self.date_from, self.date_to = (query.get(name, "") for name in ("q", "from", "to"))
        self.sort = query.get("sort", DEFAULT_SORT)
        self._stamp = None
        self._send_all()
        return await open_page(self, self._show, MeetingsState.follow)

    @handler(Action.LIST)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        await self._show()

    @handler(Action.LIST, background=True)
    async def follow(self) -> None:
        """Show each change while the page is open."""
        await show_each_change(self, partial(stamp, services()))

    @handler(Action.LIST)
    async def show_more(self) -> None:
        """Show one more page of rows."""
        self._pages += 1
        await self._show()

    @handler(Action.LIST)
    async def search(self, words: str) -> EventSpec:
        """Show only meetings that match these words."""
        self._typed = words.strip()[:200]
        return rx.redirect(meetings_href(self._query, q=self._typed), replace=True)

    @handler(Action.LIST)
    async def choose_from(self, day: str) -> EventSpec:
        """Show only meetings from this day on; empty for all."""
        return rx.redirect(meetings_href(self._query, from_=day))

    @handler(Action.LIST)
    async def choose_to(self, day: str) -> EventSpec:
        """Show only meetings up to this day; empty for all."""
        return rx.redirect(meetings_href(self._query, to=day))

    @handler(Action.LIST)
    async def choose_sort(self, sort: str) -> EventSpec:
        """Sort the meetings in another order."""
        wanted = sort if sort in SORTS and sort != DEFAULT_SORT else ""
        return rx.redirect(meetings_href(self._query, sort=wanted))

    async def _show(self, stamp: Stamp | None = None) -> None:
        language = (await self.get_state(LanguageState)).lang
        actor, query, pages = actor_of(self), dict(self._query), self._pages
        question = ("meetings", actor, frozenset(query.items()), pages, language)
        read = partial(_read, services(), actor, query, pages, language)
        self._take(await read_for(stamp, question, read), language)

    def _take(self, shown: ShownList, language: str) -> None:
        filtered = any(self._query.get(name) for name in ("status", "q", "from", "to"))
        self._stamp = shown.stamp
        self.rows, self.chips, self.more, self.notice = shown.rows, shown.chips, shown.more, shown.notice
        self.paused, self.sorts = shown.paused, sort_choices(language)
        self.clear_href = meetings_href({"sort": self._query.get("sort", "")}) if filtered else ""
        self.phase = "rows" if shown.rows else ("none" if filtered else "empty")


def _read(services: Services, actor: Actor, query: Mapping[str, str], pages: int, language: str) -> ShownList:
    wanted, notice = wanted_in_list(query, language)
    return shown_list(meeting_list(services, actor, wanted, pages), query, notice, language)
