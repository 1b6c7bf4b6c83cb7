"""One meeting: what is known of it, moving while it is worked on, and what a person may do with it."""

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
from cantomeet_ui.push import sharing
from cantomeet_ui.push.following import show_changes
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.notice import say_whether_database_answers
from cantomeet_ui.state.opening import opened


class MeetingState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address; Reflex itself declares it."""

    phase: str = "loading"
    """ "loading", "ready" or "missing"."""
    head: MeetingHeadView = MeetingHeadView()
    summary: SummaryView = SummaryView()
    batch: Batch = Batch()
    start_at: float = 0.0
    """Seconds, where the address names a time."""
    asking: str = ""
    """What has to be confirmed: "delete", "stop", "again" or "pay"; empty: nothing."""
    editing: bool = False
    naming: bool = False
    """The form of the speakers' names is open."""
    versions: rx.Field[list[Version]] = rx.field(default_factory=list)
    """Of the summary, newest first; none where there is only one."""
    speakers: rx.Field[list[SpeakerRow]] = rx.field(default_factory=list)
    """While somebody names them."""
    notice: str = ""
    view: str = "spoken"
    """Of the transcript: "spoken" or "written"."""
    can_be_written: bool = False
    """A language model is set up, or the written view was made before."""
    written_head: WrittenHeadView = WrittenHeadView()
    written_lines: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    written_outdated: rx.Field[list[str]] = rx.field(default_factory=list)

    _stamp: MeetingStamp | None = None
    _have: Have = Have()

    @rx.var
    def page_title(self) -> str:
        return self.head.title or "CantoMeet"

    @rx.var
    def lines_first(self) -> bool:
        """Whether a phone, which shows one of the two, opens on the transcript: lines come, a summary is not there."""
        return self.head.status in ACTIVE and not self.summary.has_items

    # ---- showing -----------------------------------------------------------------------------------------

    @handler(Action.READ)
    async def load(self) -> list[EventHandler]:
        """Show the meeting of the address from the beginning."""
        self.asking, self.editing, self.naming, self.notice = "", False, False, ""
        self.start_at = _seconds(self.router.url.query_parameters.get("t", ""))
        if self.head.id != self.meeting_id:
            self.view = "spoken"
            self.phase, self.head, self.summary = "loading", MeetingHeadView(), SummaryView()
        self._have = Have()
        self._stamp = None
        return await opened(self, self._show, MeetingState.follow)

    @handler(Action.READ)
    async def refresh(self) -> None:
        """Show the same in the language just chosen."""
        await self._show()

    @handler(Action.READ)
    async def resend(self) -> None:
        """The page misses lines: send them all."""
        self._have = Have()
        await self._show()

    @handler(Action.READ)
    async def send_more(self) -> None:
        """The page has drawn the lines that it has."""
        await self._show()

    @handler(Action.READ, background=True)
    async def follow(self) -> None:
        """Show each change while the page is open."""

        async def show(stamp: MeetingStamp | None) -> None:
            async with self:
                await self._show(stamp)
                await say_whether_database_answers(self, True)

        # Only under the lock is the state the one that `load` has written: outside it a copy from before is seen.
        async with self:
            if self.phase == "missing":
                return
            meeting_id, known = valid_id(self.meeting_id), self._stamp
        await show_changes(meeting_id, partial(stamp_of, services(), meeting_id), known, show)

    async def _show(self, stamp: MeetingStamp | None = None) -> None:
        """`stamp`: the one that all who follow the meeting are about to show; it is read once for all of them."""
        language = (await self.get_state(LanguageState)).lang
        try:
            question = (valid_id(self.meeting_id), self._have, language, self.naming, self.view == "written")
            actor = actor_of(self)
            read = partial(_read, services(), actor, *question)
            if stamp is None:
                shown = await asyncio.to_thread(read)
            else:
                shown = await sharing.shown.ask((actor, stamp, *question), read)
        except NotFound:
            self.phase, self.head, self.summary, self.batch = "missing", MeetingHeadView(), SummaryView(), Batch()
            return
        self.phase, self.head, self._stamp, self._have = "ready", shown.head, shown.stamp, shown.have
        if self.asking == "stop" and not shown.head.stop_wastes:
            self.asking = ""  # the question is about what is no longer so
        if shown.summary != self.summary:  # each percent of progress comes through here
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
        # Each by itself: a percent of progress must not send all lines again.
        if pane.head != self.written_head:
            self.written_head = pane.head
        if pane.lines != self.written_lines:
            self.written_lines = pane.lines
        if pane.outdated != self.written_outdated:
            self.written_outdated = pane.outdated

    # ---- acting ------------------------------------------------------------------------------------------

    @handler(Action.RETRY)
    async def retry(self) -> None:
        """Go on where it stopped."""
        await self._act(meetings.retry)

    @handler(Action.RETRY)
    async def transcribe_again(self, sure: bool) -> None:
        """From the recording on; asks first where people's corrections would go, or where it would be paid again."""
        if not sure and await self._is_corrected():
            self.asking = "again"
            return
        await self._act(partial(meetings.retry, start="transcribe"))

    @handler(Action.RETRY)
    async def pay(self) -> None:
        """Transcribe again, its cost confirmed."""
        await self._act(partial(meetings.retry, start="transcribe", confirm_cost=True))

    @handler(Action.CANCEL)
    async def cancel(self, sure: bool) -> None:
        """Stop what is being done; asks first where a transcription that is paid for would be thrown away."""
        await self._act(partial(meetings.cancel, confirm_cost=sure), question="stop")

    @handler(Action.DELETE)
    async def delete(self) -> EventSpec | None:
        """The confirmed deletion; leads back to the list. What was sent meanwhile is asked about once more."""
        told = self.head.stop_wastes
        if await self._act(partial(meetings.delete, confirm_cost=told), question="delete"):
            return rx.redirect(routes.MEETINGS)
        return None

    @handler(Action.EDIT)
    async def save(self, form: dict[str, object]) -> None:
        """Title and date as written in the form."""
        language = (await self.get_state(LanguageState)).lang
        try:
            title = checked_title(str(form.get("title", "")))
        except InvalidRequest as error:
            self.notice = text(language, "summary.cannot_keep", field=text(language, f"field.{error.field}"))
            return
        seen, day = self.head.title, _day(str(form.get("date", "")))
        await self._act(partial(meetings.rename, seen_title=seen, title=title, day=day))
        self.editing = False

    @handler(Action.READ)
    async def ask(self, what: str) -> None:
        """Have something confirmed, or nothing (empty); what was said last has been read."""
        self.asking, self.notice = what if what in ("delete", "stop", "again", "pay") else "", ""

    @handler(Action.EDIT)
    async def edit(self, on: bool) -> None:
        """Open or close the form of title and date."""
        self.editing = on

    @handler(Action.READ)
    async def show_view(self, view: str) -> None:
        """The transcript as it was spoken, or in written Chinese."""
        self.view = "written" if view == "written" else "spoken"
        await self._show()

    @handler(Action.EDIT)
    async def write(self) -> None:
        """Have the transcript rewritten in written Chinese."""
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
            return False  # the command itself is refused, and says why

    async def _act(self, act: Callable[[Services, Actor, str], object], question: str = "pay") -> bool:
        """Do it and show the outcome; a refusal is shown as a notice, one for its cost as `question`. True where it
        was done.
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


async def open_meeting(beside: rx.State) -> MeetingState:
    """The state of the meeting's page, for a state beside it."""
    return await beside.get_state(MeetingState)


async def show_again(beside: rx.State, notice: str = "") -> None:
    """Show the open meeting anew, after a state beside it has changed it; `notice` is what there is to say."""
    page = await beside.get_state(MeetingState)
    page.notice = notice
    await page._show()


def _seconds(written: str) -> float:
    """A time in an address; 0 for what is none."""
    try:
        seconds = float(written)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < 1e6 else 0.0


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
