"""What needs a person, the engine room, and what happened last."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from cantomeet.access import Action
from cantomeet.errors import Conflict, NotFound, RequestError
from cantomeet_ui import acting
from cantomeet_ui.following import changes_of
from cantomeet_ui.i18n import counted
from cantomeet_ui.reading.admin import failed_of, read_admin, read_engine, read_steps
from cantomeet_ui.services import job_queue, services
from cantomeet_ui.state.access import handler, meeting_for
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.views.admin import Cause, Engine, Step
from cantomeet_ui.views.meeting import refusal
from cantomeet_ui.views.rows import MeetingRow

_PAUSE = 0.25
"""Seconds after a push in which further changes are gathered into the next one."""
_ENGINE_EVERY = 5.0


class AdminState(rx.State):
    ready: bool = False
    causes: rx.Field[list[Cause]] = rx.field(default_factory=list)
    somebody_needed: bool = False
    """Something failed or is stuck."""
    stuck: rx.Field[list[MeetingRow]] = rx.field(default_factory=list)
    history: rx.Field[list[MeetingRow]] = rx.field(default_factory=list)
    engine: Engine = Engine()
    opened: str = ""
    """Id of the meeting whose timeline is open."""
    steps: rx.Field[list[Step]] = rx.field(default_factory=list)
    notice: str = ""

    _stamp: Any = None

    @handler(Action.ADMINISTER)
    async def load(self) -> Any:
        """Show all of it."""
        self.notice, self.opened, self.steps = "", "", []
        await self._show()
        await self._show_engine()
        return [AdminState.follow, AdminState.watch_engine]

    @handler(Action.ADMINISTER)
    async def refresh(self) -> None:
        """Show the same in the language just chosen."""
        self.notice = ""
        await self._show()
        await self._show_engine()

    @handler(Action.ADMINISTER, background=True)
    async def follow(self) -> None:
        """Show each change of a meeting while the page is open."""
        # Only under the lock is the state the one that `load` has written: outside it a copy from before is seen.
        async with self:
            known = self._stamp
        async for _ in changes_of(None, services().store.stamp, known):
            async with self:
                await self._show()
            await asyncio.sleep(_PAUSE)

    @handler(Action.ADMINISTER, background=True)
    async def watch_engine(self) -> None:
        """Look at queues and workers now and then while the page is open."""
        while True:
            await asyncio.sleep(_ENGINE_EVERY)
            async with self:
                await self._show_engine()

    @handler(Action.RETRY)
    async def retry(self, meeting_id: str) -> None:
        """Set one meeting going again."""
        await self._retry([meeting_id])

    @handler(Action.RETRY)
    async def retry_all(self, cause: str) -> None:
        """Set all meetings going again that failed for this cause."""
        failed = await asyncio.to_thread(failed_of, services().store, cause)
        await self._retry([meeting.id for meeting in failed])

    @handler(Action.CANCEL)
    async def cancel(self, meeting_id: str) -> None:
        """Stop one meeting."""
        language = (await self.get_state(LanguageState)).lang
        try:
            meeting = await meeting_for(Action.CANCEL, meeting_id)
            await asyncio.to_thread(acting.cancel, services(), meeting.id)
            self.notice = ""
        except RequestError as error:
            self.notice = refusal(error.code, error.params, language)
        await self._show()

    @handler(Action.READ)
    async def open_timeline(self, meeting_id: str) -> None:
        """Show a meeting's timeline; the same again closes it."""
        self.opened = "" if meeting_id == self.opened else (await meeting_for(Action.READ, meeting_id)).id
        await self._show_steps()

    async def _retry(self, ids: list[str]) -> None:
        language = (await self.get_state(LanguageState)).lang
        done = refused = 0
        for meeting_id in ids:
            try:
                meeting = await meeting_for(Action.RETRY, meeting_id)
                await asyncio.to_thread(acting.retry, services(), meeting.id)
                done += 1
            except (Conflict, NotFound):  # it would be paid again, or somebody was faster
                refused += 1
        told = [("admin.retried", done), ("admin.not_retried", refused)]
        self.notice = " ".join(counted(language, key, count) for key, count in told if count)
        await self._show()

    async def _show(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        shown = await asyncio.to_thread(read_admin, services().store, language)
        self._stamp, self.ready = shown.stamp, True
        self.causes, self.stuck, self.history = shown.causes, shown.stuck, shown.history
        self.somebody_needed = bool(shown.causes or shown.stuck)
        await self._show_steps()

    async def _show_steps(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        opened = self.opened
        self.steps = await asyncio.to_thread(read_steps, services().store, opened, language) if opened else []

    async def _show_engine(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        found = await asyncio.to_thread(read_engine, services().store, job_queue(), language)
        if found != self.engine:
            self.engine = found
