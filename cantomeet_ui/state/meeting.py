"""The page of one meeting: its content, which follows the database, and the actions on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import reflex as rx
from reflex.event import EventHandler, EventSpec

from cantomeet.access import Action, Actor
from cantomeet.errors import Conflict, ErrorCode, InvalidRequest, NotFound, RequestError, VersionConflict
from cantomeet.i18n import text
from cantomeet.lifecycle import ACTIVE
from cantomeet.queries.meeting_page import Have, is_corrected, meeting_page
from cantomeet.queries.stamps import MeetingStamp, stamp_of
from cantomeet.service import Services, meetings
from cantomeet.wording import checked_title
from cantomeet_ui import routes
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.choices import Version
from cantomeet_ui.presenters.meeting import MeetingHeadView, refusal
from cantomeet_ui.presenters.meeting_page import ShownMeeting, shown_meeting
from cantomeet_ui.presenters.speakers import SpeakerRow
from cantomeet_ui.presenters.summary import SummaryView
from cantomeet_ui.presenters.transcript import Batch
from cantomeet_ui.presenters.written import WrittenHeadView, WrittenPane
from cantomeet_ui.push.following import show_changes
from cantomeet_ui.push.sharing import read_for
from cantomeet_ui.push.turns import turns
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.notice import say_whether_database_answers
from cantomeet_ui.state.opening import open_page


class MeetingState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address. Reflex declares it at run time."""

    phase: str = "loading"
    """ "loading", "ready" or "missing"."""
    head: MeetingHeadView = MeetingHeadView()
    summary: SummaryView = SummaryView()
    batch: Batch = Batch()
    asking: str = ""
    """The action that has to be confirmed: "delete", "stop", "again" or "pay". Empty if none."""
    editing: bool = False
    naming: bool = False
    """Whether the form of the speakers' names is open."""
    versions: rx.Field[list[Version]] = rx.field(default_factory=list)
    """Versions of the summary, newest first. Empty if there is only one."""
    speakers: rx.Field[list[SpeakerRow]] = rx.field(default_factory=list)
    """The rows of the speakers' form while it is open."""
    notice: str = ""
    view: str = "spoken"
    """The view of the transcript: "spoken" or "written"."""
    can_be_written: bool = False
    """Whether a language model is configured or a written view exists."""
    written_head: WrittenHeadView = WrittenHeadView()
    written_lines: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    written_outdated: rx.Field[list[str]] = rx.field(default_factory=list)

    _stamp: MeetingStamp | None = None
    _have: Have = Have()
    _seen_naming: meetings.Naming = meetings.Naming("", None)
    """Title and date when their form was opened."""

    @rx.var
    def page_title(self) -> str:
        return self.head.title or "CantoMeet"

    @rx.var
    def lines_first(self) -> bool:
        """Whether a phone, which shows either transcript or summary, opens on the transcript."""
        return self.head.status in ACTIVE and not self.summary.has_items

    # ---- showing -----------------------------------------------------------------------------------------

    @handler(Action.READ)
    async def load(self) -> list[EventHandler]:
        """Show the meeting of the address, with all forms closed."""
        self.asking, self.editing, self.naming, self.notice = "", False, False, ""
        if self.head.id != self.meeting_id:
            self.view = "spoken"
            self.phase, self.head, self.summary = "loading", MeetingHeadView(), SummaryView()
        self._have = Have()
        self._stamp = None
        return await open_page(self, self._show, MeetingState.follow)

    @handler(Action.READ)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        await self._show()

    @handler(Action.READ)
    async def resend(self) -> None:
        """Send all lines again. The page asks for it if it misses some."""
        self._have = Have()
        await self._show()

    @handler(Action.READ)
    async def send_more(self) -> None:
        """Send the next batch of lines. The page asks for it once it has drawn the last one."""
        await self._show()

    @handler(Action.READ, background=True)
    async def follow(self) -> None:
        """Show each change while the page is open."""

        async def show(stamp: MeetingStamp | None) -> None:
            async with turns.taken(), self:
                await self._show(stamp)
                await say_whether_database_answers(self, True)

        # The state that `load` wrote is visible only under the lock. Without it a background event sees an old copy.
        async with self:
            if self.phase == "missing":
                return
            meeting_id, known = valid_id(self.meeting_id), self._stamp
        await show_changes(meeting_id, partial(stamp_of, services(), meeting_id), known, show)

    async def _show(self, stamp: MeetingStamp | None = None) -> None:
        """Read the meeting and show it.

        With `stamp`, the version that all followers of the meeting are about to show, they share one read.
        """
        language = (await self.get_state(LanguageState)).lang
        try:
            actor, meeting_id = actor_of(self), valid_id(self.meeting_id)
            question = (actor, meeting_id, self._have, language, self.naming, self.view == "written")
            shown = await read_for(stamp, ("meeting", *question), partial(_read, services(), *question))
        except NotFound:
            self.phase, self.head, self.summary, self.batch = "missing", MeetingHeadView(), SummaryView(), Batch()
            return
        self.phase, self.head, self._stamp, self._have = "ready", shown.head, shown.stamp, shown.have
        if self.asking == "stop" and not shown.head.stop_wastes:
            self.asking = ""  # the question no longer applies
        if shown.summary != self.summary:  # each percent of progress runs this, so send only what changed
            self.summary = shown.summary
        if shown.versions != self.versions:
            self.versions = shown.versions
        if shown.speakers != self.speakers:
            self.speakers = shown.speakers
        if shown.batch is not None:
            self.batch = shown.batch
        if shown.can_be_written != self.can_be_written:
            self.can_be_written = shown.can_be_written
        if shown.written is not None:
            self._show_written(shown.written)

    def _show_written(self, pane: WrittenPane) -> None:
        # Set each one separately: a percent of progress must not send all lines again.
        if pane.head != self.written_head:
            self.written_head = pane.head
        if pane.lines != self.written_lines:
            self.written_lines = pane.lines
        if pane.outdated != self.written_outdated:
            self.written_outdated = pane.outdated

    # ---- actions -----------------------------------------------------------------------------------------

    @handler(Action.RETRY)
    async def retry(self) -> None:
        """Retry from the step that failed or was cancelled."""
        await self._act(meetings.retry)

    @handler(Action.RETRY)
    async def transcribe_again(self, sure: bool) -> None:
        """Transcribe the recording again. Asks first if corrections would be lost or the provider is paid again."""
        if not sure and await self._is_corrected():
            self.asking = "again"
            return
        await self._act(partial(meetings.retry, start="transcribe"))

    @handler(Action.RETRY)
    async def pay(self) -> None:
        """Transcribe again after the cost was confirmed."""
        await self._act(partial(meetings.retry, start="transcribe", confirm_cost=True))

    @handler(Action.CANCEL)
    async def cancel(self, sure: bool) -> None:
        """Cancel processing. Asks first if a paid transcription would be lost."""
        await self._act(partial(meetings.cancel, confirm_cost=sure), question="stop")

    @handler(Action.DELETE)
    async def delete(self) -> EventSpec | None:
        """Delete the meeting, which was confirmed, and go to the list.

        If a paid transcription was started since the question, asks once more.
        """
        told = self.head.stop_wastes
        if await self._act(partial(meetings.delete, confirm_cost=told), question="delete"):
            return rx.redirect(routes.MEETINGS)
        return None

    @handler(Action.EDIT)
    async def save(self, form: dict[str, object]) -> None:
        """Save the title and date of the form."""
        language = (await self.get_state(LanguageState)).lang
        try:
            title = checked_title(str(form.get("title", "")))
        except InvalidRequest as error:
            self.notice = text(language, "summary.cannot_keep", field=text(language, f"field.{error.field}"))
            return
        wanted = meetings.Naming(title, typed_day(str(form.get("date", ""))))
        await self._act(partial(meetings.rename, seen=self._seen_naming, wanted=wanted))
        self.editing = False

    @handler(Action.READ)
    async def ask(self, what: str) -> None:
        """Ask for a confirmation of `what`, or close the question if it is empty. Clears the notice."""
        self.asking, self.notice = what if what in ("delete", "stop", "again", "pay") else "", ""

    @handler(Action.EDIT)
    async def edit(self, on: bool) -> None:
        """Open or close the form of title and date."""
        self.editing = on
        self._seen_naming = meetings.Naming(self.head.title, typed_day(self.head.date_value))

    @handler(Action.READ)
    async def show_view(self, view: str) -> None:
        """Show the transcript as spoken or in written Chinese."""
        self.view = "written" if view == "written" else "spoken"
        await self._show()

    @handler(Action.EDIT)
    async def write(self) -> None:
        """Start to rewrite the transcript in written Chinese."""
        language = (await self.get_state(LanguageState)).lang
        self.notice = ""
        try:
            asked = (services(), actor_of(self), valid_id(self.meeting_id))
            await asyncio.to_thread(meetings.ask_for_written, *asked)
        except RequestError as error:
            self.notice = refusal(error.code, error.params, language)
        await self._show()

    @handler(Action.EDIT)
    async def name_speakers(self, on: bool) -> None:
        """Open or close the form of the speakers' names."""
        self.naming = on
        await self._show()

    async def _is_corrected(self) -> bool:
        try:
            return await asyncio.to_thread(is_corrected, services(), actor_of(self), valid_id(self.head.id))
        except RequestError:
            return False  # the command itself will be refused with the reason

    async def _act(self, act: Callable[[Services, Actor, str], object], question: str = "pay") -> bool:
        """Run a command and show its outcome. True if it succeeded.

        A refusal is shown as a notice. A refusal because of its cost opens the question `question`.
        """
        language = (await self.get_state(LanguageState)).lang
        self.asking, self.notice = "", ""
        try:
            await asyncio.to_thread(act, services(), actor_of(self), valid_id(self.meeting_id))
        except VersionConflict:
            self.notice = text(language, "meeting.edited_elsewhere")
        except Conflict as error:
            if error.code is ErrorCode.COST_NOT_CONFIRMED:
                self.asking = question
            else:
                self.notice = refusal(error.code, error.params, language)
        except RequestError as error:
            self.notice = refusal(error.code, error.params, language)
        else:
            await self._show()
            return True
        await self._show()
        return False


def _read(
    services: Services, actor: Actor, meeting_id: str, have: Have, language: str, naming: bool, written: bool
) -> ShownMeeting:
    found = meeting_page(services, actor, meeting_id, have, language, naming=naming, written=written)
    return shown_meeting(found, language)


async def open_meeting(state: rx.State) -> MeetingState:
    """The state of the meeting's page, for another state of the same page."""
    return await state.get_state(MeetingState)


async def show_again(state: rx.State, notice: str = "") -> None:
    """Show the open meeting again after another state of the same page has changed it, with `notice`."""
    page = await state.get_state(MeetingState)
    page.notice = notice
    await page._show()


def typed_day(written: str) -> date | None:
    """The day of a date field. None if it is empty or invalid."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
