"""Templates that people wrote, next to the built-in ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from cantomeet.errors import Conflict, InvalidRequest, NotFound, VersionConflict
from cantomeet.models import SummaryTemplate, new_id
from cantomeet.store.connections import Aggregate
from cantomeet.store.types import MeetingChanges
from cantomeet.templates import SHIPPED, Section, Template, checked_language, user_template

_LONGEST_ID = 64


class Templates(Aggregate):
    """Add, change, delete, find. A page lists `cantomeet.templates.SHIPPED` and then `all()`."""

    def all(self) -> list[SummaryTemplate]:
        """The templates that people wrote, oldest first."""
        with self._db.read() as connection:
            order = (col(SummaryTemplate.created_at), col(SummaryTemplate.id))
            rows = connection.execute(select(SummaryTemplate).order_by(*order)).mappings()
            return [SummaryTemplate(**row) for row in rows]

    def find(self, template_id: str) -> Template | None:
        """A built-in template or one that a person wrote; None if it does not exist (any more)."""
        if template_id in SHIPPED:
            return SHIPPED[template_id]
        with self._db.read() as connection:
            row = _row(connection, template_id)
        return None if row is None else _template(row)

    def add(self, name: str, instructions: str, sections: Sequence[Mapping[str, str]]) -> SummaryTemplate:
        """Add a template; `sections` are `{"title", "kind"}`. Raises `InvalidRequest` that names the field."""
        made = user_template(new_id(), name, instructions, sections)
        with self._db.write() as connection:
            row = {"id": made.id, "version": 1, "created_at": self._db.now(connection), **_columns(made)}
            connection.execute(insert(SummaryTemplate).values(**row))
            return SummaryTemplate(**row)

    def edit(
        self,
        template_id: str,
        version: int | None,
        name: str,
        instructions: str,
        sections: Sequence[Mapping[str, str]],
    ) -> SummaryTemplate:
        """Replace a template; summaries that were made with it keep their headings.

        Raises `InvalidRequest`, `NotFound`, `Conflict` for a built-in one, and `VersionConflict` if `version` is given
        and is not the stored one.
        """
        _refuse_shipped(template_id)
        made = user_template(template_id, name, instructions, sections)
        with self._db.write() as connection:
            row = _require(connection, template_id)
            if version is not None and row.version != version:
                raise VersionConflict("the template was changed meanwhile")
            where = col(SummaryTemplate.id) == template_id
            columns = {**_columns(made), "version": row.version + 1}
            connection.execute(update(SummaryTemplate).where(where).values(**columns))
            return SummaryTemplate(**{**row.model_dump(), **columns})

    def delete(self, template_id: str) -> None:
        """Delete a template. Meetings that name it get the general one from now on, and a warning. Raises `NotFound`,
        and `Conflict` for a built-in one.
        """
        _refuse_shipped(template_id)
        with self._db.write() as connection:
            where = col(SummaryTemplate.id) == template_id
            _require(connection, template_id)
            connection.execute(delete(SummaryTemplate).where(where))


def checked_wishes(
    connection: Connection,
    template: str | None = None,
    summary_language: str | None = None,
    name_speakers_first: bool | None = None,
) -> MeetingChanges:
    """The columns of the meeting for a person's wishes for its summary; None leaves a column unchanged.

    Raises `InvalidRequest` for a template that does not exist or a language in which no summary is written.
    """
    if template is not None and template not in SHIPPED and _row(connection, template) is None:
        raise InvalidRequest("no such template", field="template")
    wishes: MeetingChanges = {}
    if template is not None:
        wishes["template"] = template
    if summary_language is not None:
        wishes["summary_language"] = checked_language(summary_language)
    if name_speakers_first is not None:
        wishes["name_speakers_first"] = name_speakers_first
    return wishes


def _refuse_shipped(template_id: str) -> None:
    if template_id in SHIPPED:
        raise Conflict("a template that ships cannot be changed")


def _require(connection: Connection, template_id: str) -> SummaryTemplate:
    row = _row(connection, template_id)
    if row is None:
        raise NotFound("no such template")
    return row


def _row(connection: Connection, template_id: str) -> SummaryTemplate | None:
    if len(template_id) > _LONGEST_ID or not template_id.isprintable():
        # Not every database accepts every text in a query.
        return None
    found = connection.execute(select(SummaryTemplate).where(col(SummaryTemplate.id) == template_id)).mappings().first()
    return None if found is None else SummaryTemplate(**found)


def _columns(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "instructions": template.instructions,
        "sections": [{"kind": section.kind, "title": section.title} for section in template.sections],
    }


def _template(row: SummaryTemplate) -> Template:
    sections = tuple(Section(section["kind"], section["title"]) for section in row.sections)
    return Template(row.id, row.name, instructions=row.instructions, sections=sections)
