"""The glossary: read and replaced as a whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict

from cantomeet.access import Action
from cantomeet.errors import InvalidRequest, VersionConflict
from cantomeet.glossary import Term, digest
from cantomeet.queries.templates import glossary
from cantomeet.service.glossary import FaultyGlossary, replace_glossary
from cantomeet_ui.api.dependencies import Allowed, Asker, Language, Provided

router = APIRouter(prefix="/api/glossary", tags=["glossary"], dependencies=[Depends(Allowed(Action.ADMINISTER))])


class TermBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: str
    sounds_like: list[str] = []
    """In Chinese characters."""


class GlossaryBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    terms: list[TermBody]


@router.get("")
def read(services: Provided, actor: Asker, response: Response) -> GlossaryBody:
    """All terms in their order."""
    return _answered(glossary(services, actor), response)


@router.put("", responses={412: {"description": "The glossary was changed since the ETag in If-Match."}})
def replace(
    wanted: GlossaryBody,
    services: Provided,
    actor: Asker,
    language: Language,
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The ETag that GET answered; without it any is replaced.")
    ] = None,
) -> GlossaryBody:
    """Put these terms in place of all others; 422 names each term that breaks a limit of the transcriber's."""
    written = [Term(term.content, tuple(term.sounds_like)) for term in wanted.terms]
    try:
        return _answered(replace_glossary(services, actor, written, _seen(if_match)), response)
    except FaultyGlossary as error:
        (field, told), *also = [
            (f"terms.{fault.number}" if fault.number else "terms", fault.text(language)) for fault in error.faults
        ]
        raise InvalidRequest(told, field=field, also=also) from None


def _answered(terms: list[Term], response: Response) -> GlossaryBody:
    response.headers["ETag"] = f'"{digest(terms)}"'
    return GlossaryBody(terms=[TermBody(content=t.content, sounds_like=list(t.sounds_like)) for t in terms])


def _seen(if_match: str | None) -> str | None:
    """Raises `VersionConflict` for what is no tag of ours: nothing has it."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/").strip('"')
    if not tag:
        raise VersionConflict("an empty ETag")
    return tag
