"""Reads and replaces the whole glossary."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest, VersionConflict
from cantomeet.glossary import Term, digest
from cantomeet.queries.templates import glossary
from cantomeet.service.glossary import FaultyGlossary, replace_glossary
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices, Language

router = APIRouter(prefix="/api/glossary", tags=["glossary"], dependencies=[Depends(Allowed(Action.ADMINISTER))])


class TermBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: str
    sounds_like: list[str] = []
    """Pronunciations in Chinese characters."""


class GlossaryBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    terms: list[TermBody]


@router.get("")
def read(services: CurrentServices, actor: CurrentActor, response: Response) -> GlossaryBody:
    """All terms in order."""
    return _respond(glossary(services, actor), response)


@router.put("", responses={412: {"description": "The glossary was changed since the ETag in If-Match."}})
def replace(
    wanted: GlossaryBody,
    services: CurrentServices,
    actor: CurrentActor,
    language: Language,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The ETag of GET. Without it the glossary is replaced unconditionally.")
    ] = None,
) -> GlossaryBody:
    """Replace all terms. 422 names each term that exceeds a limit of the transcriber."""
    written = [Term(term.content, tuple(term.sounds_like)) for term in wanted.terms]
    try:
        return _respond(replace_glossary(services, actor, written, _expected_digest(if_match)), response)
    except FaultyGlossary as error:
        (field, told), *also = [
            (f"terms.{fault.number}" if fault.number else "terms", fault.text(language)) for fault in error.faults
        ]
        raise InvalidRequest(told, field=field, also=also) from None


def _respond(terms: list[Term], response: Response) -> GlossaryBody:
    response.headers["ETag"] = f'"{digest(terms)}"'
    return GlossaryBody(terms=[TermBody(content=t.content, sounds_like=list(t.sounds_like)) for t in terms])


def _expected_digest(if_match: str | None) -> str | None:
    """The digest in If-Match, or None if any version may be replaced. Raises `VersionConflict` for an empty tag."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/").strip('"')
    if not tag:
        raise VersionConflict("an empty ETag")
    return tag
