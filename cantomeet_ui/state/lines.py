"""Correcting lines of a transcript and naming its speakers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import reflex as rx

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest, NotFound, RequestError, VersionConflict
from cantomeet.i18n import text
from cantomeet.models import Meeting
from cantomeet.queries.meetings import one_meeting, segment_to_edit
from cantomeet.service import corrections, meetings
from cantomeet.service.edits import UNCHANGED, SegmentEdit, made_against
from cantomeet.unclear import shown_text
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler, valid_id
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.meeting import open_meeting, show_again


class LinesState(rx.State):
    if TYPE_CHECKING:
        meeting_id: str
        """From the address. Reflex declares it at run time."""

    refused: rx.Field[dict[str, str | int]] = rx.field(default_factory=dict)
    """`{id, version, text}`: the line that was not saved, its current version, and the reason."""

    @handler(Action.EDIT)
    async def save_line(self, line_id: str, version: int, words: str, speaker_id: str) -> None:
        """Save a line that was corrected against `version`. An empty `speaker_id` keeps its speaker."""
        language = (await self.get_state(LanguageState)).lang
        given = SegmentEdit(words, valid_id(speaker_id) if speaker_id else UNCHANGED)
        self.refused = {}
        try:
            line = (services(), actor_of(self), valid_id(self.meeting_id), valid_id(line_id))
            await asyncio.to_thread(corrections.edit_segment, *line, given, made_against(int(version)))
        except VersionConflict:
            now = await asyncio.to_thread(segment_to_edit, *line)
            said = text(language, "transcript.changed_first", text=shown_text(now, language))
            self.refused = {"id": line_id, "version": now.version, "text": said}
        except InvalidRequest as error:
            said = text(language, "summary.cannot_keep", field=text(language, f"field.{error.field}"))
            self.refused = {"id": line_id, "version": version, "text": said}
        except NotFound as error:
            await show_again(self, refusal(error.code, error.params, language))
            return
        await show_again(self)

    @handler(Action.EDIT)
    async def save_names(self, form: dict[str, object]) -> None:
        """Save the names of the form. If the summary waits for them, it is started.

        A field is called by the speaker's id and the version that it shows: `id:version`.
        """
        language = (await self.get_state(LanguageState)).lang
        page = await open_meeting(self)
        meeting = await asyncio.to_thread(one_meeting, services(), actor_of(self), valid_id(self.meeting_id))
        refused = ""
        fields = {field.partition(":")[0]: (field.partition(":")[2], str(name).strip()) for field, name in form.items()}
        for speaker in list(page.speakers):
            version, name = fields.get(speaker.id, ("", speaker.name))
            if name == speaker.name or not version.isdecimal():
                continue
            try:
                act = (services(), actor_of(self), meeting.id, speaker.id, name, made_against(int(version)))
                await asyncio.to_thread(corrections.rename_speaker, *act)
            except VersionConflict:
                refused = text(language, "speakers.changed_first")
            except RequestError as error:
                refused = refusal(error.code, error.params, language)
        if not refused:
            page.naming = False
            refused = await self._summarize_if_waiting(meeting, language)
        await show_again(self, refused)

    async def _summarize_if_waiting(self, meeting: Meeting, language: str) -> str:
        if not meeting.waits_for_names:
            return ""
        try:
            await asyncio.to_thread(meetings.summarize, services(), actor_of(self), meeting.id)
        except RequestError as error:  # somebody else was first, or the meeting was deleted
            return refusal(error.code, error.params, language)
        return ""
