"""The page of summary templates: the built-in ones and people's own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial

import reflex as rx
from reflex.event import EventHandler

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest, NotFound, RequestError, VersionConflict
from cantomeet.i18n import text
from cantomeet.models import SummaryTemplate
from cantomeet.queries.templates import own_templates
from cantomeet.service import templates
from cantomeet.service.edits import SectionDraft, TemplateDraft
from cantomeet.templates import MAX_SECTIONS, SHIPPED
from cantomeet_ui.actor import actor_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.meeting import refusal
from cantomeet_ui.presenters.templates import (
    SectionField,
    TemplateForm,
    TemplateRow,
    empty_form,
    form_like,
    form_of,
    kind_choices,
    template_rows,
)
from cantomeet_ui.services import services
from cantomeet_ui.state.access import handler
from cantomeet_ui.state.language import LanguageState
from cantomeet_ui.state.opening import load_again, open_unfollowed_page


class TemplatesState(rx.State):
    ready: bool = False
    rows: rx.Field[list[TemplateRow]] = rx.field(default_factory=list)
    kinds: rx.Field[list[Choice]] = rx.field(default_factory=list)
    writing: bool = False
    """Whether the form is open."""
    form: TemplateForm = TemplateForm()
    full: bool = False
    """Whether the form has as many sections as a template may have."""
    refused: str = ""
    deleting: str = ""
    """Id of the template whose deletion has to be confirmed."""

    _next: int = 0

    @handler(Action.LIST)
    async def load(self) -> list[EventHandler]:
        """Show all templates."""
        self.writing, self.refused, self.deleting, self.ready = False, "", "", False
        return await open_unfollowed_page(self, self._show, TemplatesState.load_again)

    @handler(Action.LIST, background=True)
    async def load_again(self) -> EventHandler:
        """Show the page once a database that did not answer is back."""
        return await load_again(TemplatesState.load)

    @handler(Action.LIST)
    async def refresh(self) -> None:
        """Show the page again in the language just chosen."""
        await self._show()

    @handler(Action.EDIT)
    async def write_new(self, like: str) -> None:
        """Open the form for a new template. It starts as a copy if `like` is the id of a built-in one."""
        language = (await self.get_state(LanguageState)).lang
        self._open(form_like(SHIPPED[like], language) if like in SHIPPED else empty_form())

    @handler(Action.EDIT)
    async def change(self, template_id: str) -> None:
        """Open the form of a person's own template."""
        row = await self._own(template_id)
        if row is not None:
            self._open(form_of(row))

    @handler(Action.EDIT)
    async def close(self) -> None:
        """Close the form without saving."""
        self.writing, self.refused = False, ""

    @handler(Action.EDIT)
    async def add_section(self) -> None:
        """Add a section at the end of the form."""
        if len(self.form.sections) < MAX_SECTIONS:
            self._next += 1
            self._sections([*self.form.sections, SectionField(f"new-{self._next}", "note", "")])

    @handler(Action.EDIT)
    async def drop_section(self, key: str) -> None:
        """Remove a section from the form."""
        self._sections([section for section in self.form.sections if section.key != key])

    @handler(Action.EDIT)
    async def save(self, form: dict[str, object]) -> None:
        """Save the form as a template."""
        language = (await self.get_state(LanguageState)).lang
        draft = _draft(form, self.form.sections)
        keep = (
            partial(templates.edit_template, template_id=self.form.id, version=self.form.version)
            if self.form.id
            else templates.add_template
        )
        try:
            await asyncio.to_thread(keep, services(), actor_of(self), draft=draft)
        except InvalidRequest as error:
            self.refused = text(language, f"template.cannot_keep.{error.field}")
        except VersionConflict:
            await self._take_newest_version()
            self.refused = text(language, "template.changed_first")
        except RequestError as error:
            self.refused = refusal(error.code, error.params, language)
        else:
            self.writing, self.refused = False, ""
        await self._show()

    @handler(Action.EDIT)
    async def ask_delete(self, template_id: str) -> None:
        """Ask for a confirmation of a deletion, or close the question if `template_id` is empty."""
        self.deleting = template_id

    @handler(Action.EDIT)
    async def delete(self) -> None:
        """Delete the template, which was confirmed. Summaries made with it stay."""
        row = await self._own(self.deleting)
        self.deleting = ""
        if row is not None:
            with suppress(NotFound):  # somebody else deleted it first
                await asyncio.to_thread(templates.delete_template, services(), actor_of(self), row.id)
        await self._show()

    def _open(self, form: TemplateForm) -> None:
        self.writing, self.refused, self.deleting = True, "", ""
        self.form = form
        self._sections(form.sections)

    def _sections(self, sections: list[SectionField]) -> None:
        self.form = replace(self.form, sections=sections)
        self.full = len(sections) >= MAX_SECTIONS

    async def _own(self, template_id: str) -> SummaryTemplate | None:
        own = await asyncio.to_thread(own_templates, services(), actor_of(self))
        return next((row for row in own if row.id == template_id), None)

    async def _take_newest_version(self) -> None:
        row = await self._own(self.form.id)
        if row is not None:
            self.form = replace(self.form, version=row.version)

    async def _show(self) -> None:
        language = (await self.get_state(LanguageState)).lang
        own = await asyncio.to_thread(own_templates, services(), actor_of(self))
        self.rows, self.kinds, self.ready = template_rows(own, language), kind_choices(language), True


def _draft(form: dict[str, object], sections: list[SectionField]) -> TemplateDraft:
    return TemplateDraft(
        str(form.get("name", "")),
        str(form.get("instructions", "")).replace("\r\n", "\n"),
        tuple(
            SectionDraft(str(form.get(f"title-{section.key}", "")), str(form.get(f"kind-{section.key}", "note")))
            for section in sections
        ),
    )
