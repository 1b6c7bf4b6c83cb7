"""Makes another summary of a meeting, and shows an earlier one again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import reflex as rx

from cantomeet.access import Action, Actor
from cantomeet.errors import RequestError
from cantomeet.queries.meetings import summary_choices
from cantomeet.service import Services, meetings
from cantomeet.service.edits import SummaryWishes
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters import upload
from cantomeet_ui.presenters.choices import Choice, language_choices, template_choices
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.services import services, settings
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.meeting import show_again


class VersionsState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address. Reflex declares it at run time."""

    asking: str = ""
    """Id of the meeting whose form for another summary is open, or empty."""
    templates: rx.Field[list[Choice]] = rx.field(default_factory=list)
    languages: rx.Field[list[Choice]] = rx.field(default_factory=list)
    template: str = ""
    language: str = ""
    way: str = ""
    """The text that says where the transcript is sent."""

    @handler(Action.READ)
    async def close(self) -> None:
        """Close the form."""
        self.asking = ""

    @handler(Action.RETRY)
    async def ask(self) -> None:
        """Open the form for another summary, or close it if it is open."""
        reader = (await self.get_state(LanguageState)).lang
        asked = (services(), actor_of(self), valid_id(self.meeting_id))
        found = await asyncio.to_thread(summary_choices, *asked)
        meeting = found.meeting
        self.templates, self.languages = template_choices(found.templates, reader), language_choices(reader)
        known = {choice.value for choice in self.templates}
        self.template = meeting.template if meeting.template in known else self.templates[0].value
        self.language = meeting.summary_language
        self.way = upload.text_way(settings(), reader)
        self.asking = "" if self.asking == meeting.id else meeting.id

    @handler(Action.RETRY)
    async def summarize(self, form: dict[str, object]) -> None:
        """Start another summary with the form's wishes. Earlier ones are kept."""
        wishes = SummaryWishes(
            template=str(form.get("template", "")) or None,
            summary_language=str(form.get("language", "")) or None,
            name_speakers_first=bool(form.get("name_speakers_first")),
        )
        self.asking = ""
        await self._do(partial(meetings.retry, start="summarize", wishes=wishes))

    @handler(Action.EDIT)
    async def show(self, number: int) -> None:
        """Make this version the one that is shown."""
        await self._do(partial(meetings.show_summary, version=int(number)))

    @handler(Action.RETRY)
    async def go_on(self) -> None:
        """Start the summary that waits for the speakers' names, without names."""
        await self._do(meetings.summarize)

    async def _do(self, act: Callable[[Services, Actor, str], object]) -> None:
        reader = (await self.get_state(LanguageState)).lang
        notice = ""
        try:
            await asyncio.to_thread(act, services(), actor_of(self), valid_id(self.meeting_id))
        except RequestError as error:
            notice = refusal(error.code, error.params, reader)
        await show_again(self, notice)
