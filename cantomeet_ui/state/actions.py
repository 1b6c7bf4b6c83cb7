"""The page of action items across meetings. Its filters are in the address, its items follow the database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import reflex as rx
from reflex.event import EventHandler, EventSpec

from cantomeet.access import Action, Actor
from cantomeet.errors import RequestError
from cantomeet.i18n import text
from cantomeet.queries.actions import action_page
from cantomeet.queries.stamps import Stamp, stamp
from cantomeet.service import Services
from cantomeet.service.corrections import edit_item
from cantomeet.service.edits import ItemEdit
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.actions import (
    NAMES,
    Group,
    ShownActions,
    actions_href,
    calendar_href,
    fixed_choices,
    shown_actions,
)
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.presenters.wanted import wanted_actions
from cantomeet_ui.push.sharing import read_for
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.changes_only import ChangesOnly
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import open_page, show_each_change

_DUE = ("all", "overdue", "week", "none")
_DONE = ("open", "done", "all")
_BY = ("due", "owner")


class ActionsState(ChangesOnly, rx.State):
    phase: str = "loading"
    """ "loading", "rows", "empty" (no item at all) or "none" (no item matches the filters)."""
    groups: rx.Field[list[Group]] = rx.field(default_factory=list)
    owners: rx.Field[list[Choice]] = rx.field(default_factory=list)
    dues: rx.Field[list[Choice]] = rx.field(default_factory=list)
    states: rx.Field[list[Choice]] = rx.field(default_factory=list)
    groupings: rx.Field[list[Choice]] = rx.field(default_factory=list)
    owner: str = ""
    due: str = ""
    done: str = ""
    by: str = ""
    notice: str = ""
    ticked: str = ""
    """The message about the item that was just ticked off, or empty."""
    calendar: str = ""
    clear_href: str = ""

    _keys: ClassVar[dict[str, str]] = {"groups": "key"}
    _query: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    _stamp: Stamp | None = None
    _last: tuple[str, str] = ("", "")
    """Ids of the meeting and the item that were just ticked off."""

    @handler(Action.LIST)
    async def load(self) -> list[EventHandler]:
        """Show the items that the address selects."""
        self._query = filters_of(self.router.url.query_parameters, NAMES)
        self.owner, self.due, self.done, self.by = (
            self._query.get(name, "") for name in ("owner", "due", "done", "by")
        )
        self.ticked = ""
        self._stamp = None
        self._send_all()
        return await open_page(self, self._show, ActionsState.follow)

    @handler(Action.LIST)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        self.ticked = ""
        await self._show()

    @handler(Action.LIST, background=True)
    async def follow(self) -> None:
        """Show each change while the page is open."""
        await show_each_change(self, partial(stamp, services()))

    @handler(Action.LIST)
    async def choose(self, name: str, value: str) -> EventSpec:
        """Choose another owner, due date, state or grouping."""
        return rx.redirect(
            actions_href(self._query, **({name: value} if name in ("owner", "due", "done", "by") else {}))
        )

    @handler(Action.EDIT)
    async def tick(self, meeting_id: str, item_id: str, words: str, done: bool) -> None:
        """Mark an item as done or not done."""
        language = (await self.get_state(LanguageState)).lang
        if await self._set(meeting_id, item_id, bool(done)):
            self._last = (meeting_id, item_id) if done else ("", "")
            self.ticked = text(language, "todo.ticked", text=words[:200]) if done else ""

    @handler(Action.EDIT)
    async def undo(self) -> None:
        """Mark the item that was ticked off last as not done."""
        meeting_id, item_id = self._last
        self._last, self.ticked = ("", ""), ""
        if item_id:
            await self._set(meeting_id, item_id, False)

    async def _set(self, meeting_id: str, item_id: str, done: bool) -> bool:
        language = (await self.get_state(LanguageState)).lang
        try:
            act = (services(), actor_of(self), valid_id(meeting_id), valid_id(item_id), ItemEdit(done=done))
            await asyncio.to_thread(edit_item, *act)
        except RequestError as error:
            await self._show()
            self.notice = refusal(error.code, error.params, language)
            return False
        await self._show()
        return True

    async def _show(self, stamp: Stamp | None = None) -> None:
        language = (await self.get_state(LanguageState)).lang
        actor, query = actor_of(self), dict(self._query)
        question = ("actions", actor, frozenset(query.items()), language)
        shown = await read_for(stamp, question, partial(_read, services(), actor, query, language))
        filtered = bool({"owner", "due", "done"} & self._query.keys())
        self._stamp, self.notice = shown.stamp, shown.notice
        self.groups, self.owners = shown.groups, shown.owners
        self.dues, self.states = fixed_choices("due", _DUE, language), fixed_choices("done", _DONE, language)
        self.groupings = fixed_choices("by", _BY, language)
        self.calendar = calendar_href(self._query)
        self.clear_href = actions_href({"by": self._query.get("by", "")})
        self.phase = "rows" if shown.groups else ("none" if filtered else "empty")


def _read(services: Services, actor: Actor, query: Mapping[str, str], language: str) -> ShownActions:
    wanted, notice = wanted_actions(query, language)
    found = action_page(services, actor, wanted)
    return shown_actions(found, wanted.owner, query.get("by", ""), notice, language)
