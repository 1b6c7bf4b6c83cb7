"""Correcting the items of a meeting's summary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import reflex as rx

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest, NotFound, RequestError, VersionConflict
from cantomeet.i18n import text
from cantomeet.queries.meetings import item_to_edit
from cantomeet.service import corrections
from cantomeet.service.edits import UNCHANGED, ItemEdit, Unchanged, made_against
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.meeting import show_again, typed_day


class ItemsState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address. Reflex declares it at run time."""

    opened: str = ""
    """Id of the item whose form is open."""
    refused: str = ""
    """Why the form was not saved."""

    _version: int | None = None
    """The item's version when its form was opened, or when the page last reported that it had changed."""

    @handler(Action.EDIT)
    async def open(self, item_id: str) -> None:
        """Open an item's form."""
        asked = (services(), actor_of(self), valid_id(self.meeting_id), valid_id(item_id))
        try:
            item = await asyncio.to_thread(item_to_edit, *asked)
        except NotFound:
            return  # deleted meanwhile; the page is notified
        self.opened, self.refused, self._version = item.id, "", item.version

    @handler(Action.READ)
    async def close(self) -> None:
        """Close the form without saving."""
        self.opened, self.refused = "", ""

    @handler(Action.EDIT)
    async def save(self, form: dict[str, object]) -> None:
        """Save the open form. If the item was changed meanwhile, the form stays open and a second press overwrites."""
        language = (await self.get_state(LanguageState)).lang
        item_id, given = self.opened, _edit_of(form)
        try:
            item = (services(), actor_of(self), valid_id(self.meeting_id), valid_id(item_id))
            await asyncio.to_thread(corrections.edit_item, *item, given, made_against(self._version))
        except VersionConflict:
            now = await asyncio.to_thread(item_to_edit, *item)
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
        """Mark an item as done or not done."""
        await self._edit(item_id, ItemEdit(done=bool(done)))

    @handler(Action.EDIT)
    async def hold(self, item_id: str) -> None:
        """Confirm that a stale item still holds."""
        await self._edit(item_id, ItemEdit(stale=False))

    @handler(Action.EDIT)
    async def hold_all(self, version: int) -> None:
        """Confirm that all stale items of this version of the summary still hold."""
        await self._do(lambda meeting_id: corrections.confirm_items(services(), actor_of(self), meeting_id, version))

    @handler(Action.EDIT)
    async def delete(self, item_id: str) -> None:
        """Delete an item from the summary."""
        self.opened = ""
        await self._do(
            lambda meeting_id: corrections.delete_item(services(), actor_of(self), meeting_id, valid_id(item_id))
        )

    async def _edit(self, item_id: str, wanted: ItemEdit) -> None:
        await self._do(
            lambda meeting_id: corrections.edit_item(services(), actor_of(self), meeting_id, item_id, wanted)
        )

    async def _do(self, act: Callable[[str], object]) -> None:
        language = (await self.get_state(LanguageState)).lang
        notice = ""
        try:
            await asyncio.to_thread(act, valid_id(self.meeting_id))
        except RequestError as error:
            notice = refusal(error.code, error.params, language)
        await show_again(self, notice)


def _edit_of(form: dict[str, object]) -> ItemEdit:
    """The edit that the form describes. Fields that are not in the form stay unchanged."""
    return ItemEdit(
        text=_words(form, "text"),
        text_other=_words(form, "text_other"),
        owner=_words(form, "owner"),
        due_text=_words(form, "due_text"),
        due_date=typed_day(str(form["due_date"])) if "due_date" in form else UNCHANGED,
    )


def _words(form: dict[str, object], name: str) -> str | Unchanged:
    return str(form[name]) if name in form else UNCHANGED
