"""The upload page: its form, and the meetings just uploaded, which follow the database."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

import reflex as rx
from reflex.event import EventHandler

from cantomeet.access import Action
from cantomeet.queries.lists import upload_page
from cantomeet.queries.meetings import one_meeting
from cantomeet.queries.stamps import Stamp, stamp
from cantomeet.wording import LONGEST_TITLE
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters import upload as view
from cantomeet_ui.presenters.choices import Choice, language_choices, template_choices, with_default
from cantomeet_ui.presenters.paused import paused_words
from cantomeet_ui.presenters.rows import MeetingRow, plain_row
from cantomeet_ui.push.sharing import read_for
from cantomeet_ui.services import services, settings
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.changes_only import ChangesOnly
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import open_page, show_each_change

_SHOWN = 20


class UploadState(ChangesOnly, rx.State):
    limits: str = ""
    way: str = ""
    worth: str = ""
    paused: str = ""
    """The text that says why queued meetings wait, or empty."""
    rows: rx.Field[list[MeetingRow]] = rx.field(default_factory=list)
    """The meetings uploaded in this tab, newest first."""
    title: str = ""
    meeting_date: str = ""
    high_priority: bool = False
    template: str = ""
    summary_language: str = ""
    """Template and summary language. Empty means the default of the settings."""
    names_first: bool = False
    """Whether the summary waits until a person has named the speakers."""
    templates: rx.Field[list[Choice]] = rx.field(default_factory=list)
    languages: rx.Field[list[Choice]] = rx.field(default_factory=list)
    form: int = 0
    """A new number empties the fields."""

    _keys: ClassVar[dict[str, str]] = {"rows": "id"}
    _ids: rx.Field[list[str]] = rx.field(default_factory=list)
    _stamp: Stamp | None = None

    @rx.var
    def metadata(self) -> dict[str, str]:
        """The metadata that is sent with the files that are added next."""
        given = {
            "title": self.title,
            "meeting_date": self.meeting_date,
            "priority": "high" if self.high_priority else "",
            "template": self.template,
            "summary_language": self.summary_language,
            "name_speakers_first": "true" if self.names_first else "",
        }
        return {name: value for name, value in given.items() if value}

    @handler(Action.UPLOAD)
    async def load(self) -> list[EventHandler]:
        """Show the limits, where recordings are sent, and the uploads of this tab so far."""
        self._empty_form()
        self._stamp = None
        self._send_all()
        return await open_page(self, self._show, UploadState.follow)

    @handler(Action.UPLOAD)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        await self._show()

    @handler(Action.LIST, background=True)
    async def follow(self) -> None:
        """Show each change of these meetings while the page is open."""
        await show_each_change(self, partial(stamp, services()))

    @handler(Action.UPLOAD)
    async def uploaded(self, meeting_id: str) -> None:
        """Add the meeting of a finished upload at the top of the rows."""
        meeting = await asyncio.to_thread(one_meeting, services(), actor_of(self), valid_id(meeting_id))
        self._ids = [meeting.id, *(known for known in self._ids if known != meeting.id)][:_SHOWN]
        self._empty_form()
        await self._show()

    @handler(Action.UPLOAD)
    async def write_title(self, title: str) -> None:
        """Set the title of the next upload."""
        self.title = title[:LONGEST_TITLE]

    @handler(Action.UPLOAD)
    async def choose_date(self, day: str) -> None:
        """Set the date of the next upload."""
        self.meeting_date = day[:10]

    @handler(Action.UPLOAD)
    async def choose_priority(self, high: bool) -> None:
        """Set whether the next upload has high priority."""
        self.high_priority = high

    @handler(Action.UPLOAD)
    async def choose_template(self, template: str) -> None:
        """Set the summary template of the next upload."""
        self.template = template[:64]

    @handler(Action.UPLOAD)
    async def choose_language(self, language: str) -> None:
        """Set the summary language of the next upload."""
        self.summary_language = language[:16]

    @handler(Action.UPLOAD)
    async def choose_names_first(self, first: bool) -> None:
        """Set whether the summary of the next upload waits for the speakers' names."""
        self.names_first = first

    def _empty_form(self) -> None:
        # Replace the fields only if one has a value: a person may be typing in a page that has just opened.
        if self.metadata:
            self.title, self.meeting_date, self.high_priority = "", "", False
            self.template, self.summary_language, self.names_first = "", "", False
            self.form += 1

    async def _show(self, stamp: Stamp | None = None) -> None:
        language = (await self.get_state(LanguageState)).lang
        actor, ids = actor_of(self), tuple(self._ids)
        found = await read_for(stamp, ("upload", actor, ids), partial(upload_page, services(), actor, ids))
        self.rows = [plain_row(meeting, found.now, language) for meeting in found.meetings]
        self.paused = paused_words(found.kept_waiting_since, found.now, language)
        chosen = settings()
        self.templates = with_default(template_choices(found.templates, language), chosen.template)
        self.languages = with_default(language_choices(language), chosen.summary_language)
        self.limits, self.way = view.limits(chosen, language), view.way(chosen, language)
        self.worth = view.worth(chosen, language)
        self._stamp = found.stamp
