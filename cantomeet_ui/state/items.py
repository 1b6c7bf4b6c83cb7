"""Correcting the items of a meeting's summary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import reflex as rx

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest, NotFound, RequestError, VersionConflict
from cantomeet.i18n import text
from cantomeet_ui import acting
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, meeting_for, valid_id
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.meeting import show_again


class ItemsState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address; Reflex itself declares it."""

    opened: str = ""
    """Id of the item whose form is open."""
    refused: str = ""
    """Why the form was not taken."""

    _version: int | None = None
    """Of the item when its form was opened, or when the person was told that it had changed."""

    @handler(Action.EDIT)
    async def open(self, item_id: str) -> None:
        """Open an item's form."""
        meeting = await meeting_for(Action.EDIT, self.meeting_id)
        try:
            item = await asyncio.to_thread(services().store.item, meeting.id, valid_id(item_id))
        except NotFound:
            return  # somebody took it out meanwhile; the page is told
        self.opened, self.refused, self._version = item.id, "", item.version

    @handler(Action.READ)
    async def close(self) -> None:
        """Leave the item as it is."""
        self.opened, self.refused = "", ""

    @handler(Action.EDIT)
    async def save(self, form: dict[str, Any]) -> None:
        """The open form. Where somebody changed the item first it stays open, and a second press keeps this one."""
        language = (await self.get_state(LanguageState)).lang
        item_id, given = self.opened, _given(form)
        try:
            meeting = await meeting_for(Action.EDIT, self.meeting_id)
            await asyncio.to_thread(acting.edit_item, services(), meeting.id, valid_id(item_id), self._version, given)
        except VersionConflict:
            now = await asyncio.to_thread(services().store.item, self.meeting_id, item_id)
            self._version, self.refused = now.version, text(language, "summary.changed_first", text=now.text)
        except InvalidRequest as error:
            self.refused = text(language, "summary.cannot_keep", field=text(language, f"field.{error.field}"))
        except NotFound:
            self.opened = ""
        else:
            self.opened, self.refused = "", ""
        await show_again(self)

    @handler(Action.EDIT)
    async def tick(self, item_id: str, done: bool) -> None:
        """Done, or not done after all."""
        await self._do(lambda meeting_id: acting.edit_item(services(), meeting_id, item_id, None, {"done": bool(done)}))

    @handler(Action.EDIT)
    async def hold(self, item_id: str) -> None:
        """Somebody has looked: it still holds."""
        await self._do(lambda meeting_id: acting.edit_item(services(), meeting_id, item_id, None, {"stale": False}))

    @handler(Action.EDIT)
    async def hold_all(self, version: int) -> None:
        """All stale items of this version of the summary still hold."""
        await self._do(lambda meeting_id: acting.confirm_items(services(), meeting_id, version))

    @handler(Action.EDIT)
    async def delete(self, item_id: str) -> None:
        """Take an item out of the summary."""
        self.opened = ""
        await self._do(lambda meeting_id: acting.delete_item(services(), meeting_id, valid_id(item_id), None))

    async def _do(self, act: Callable[[str], object]) -> None:
        language = (await self.get_state(LanguageState)).lang
        notice = ""
        try:
            meeting = await meeting_for(Action.EDIT, self.meeting_id)
            await asyncio.to_thread(act, meeting.id)
        except RequestError as error:
            notice = refusal(error.code, error.params, language)
        await show_again(self, notice)


def _given(form: dict[str, Any]) -> dict[str, Any]:
    """What the form has, as `cantomeet.corrections` takes it."""
    fields: dict[str, Any] = {name: form[name] for name in ("text", "text_other", "owner", "due_text") if name in form}
    if "due_date" in form:
        fields["due_date"] = _day(str(form["due_date"]))
    return fields


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
