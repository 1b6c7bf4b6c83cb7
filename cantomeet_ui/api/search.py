"""The search across meetings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from cantomeet.access import Action
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing.search import USUAL_LIMIT, parse_search
from cantomeet.queries import search
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices
from cantomeet_ui.api.schemas import HitOut, SearchOut

router = APIRouter(prefix="/api", tags=["search"], dependencies=[Depends(Allowed(Action.LIST))])


@router.get("/search")
def found(
    services: CurrentServices,
    actor: CurrentActor,
    q: Annotated[str, Query(description="What to look for: in titles, descriptions, items and lines.")] = "",
    by: Annotated[
        str, Query(description="text (the default) or sound: characters that are read alike, tones aside.")
    ] = "",
    status: Annotated[str, Query(description=f"Any of {', '.join(MeetingStatus)}, comma-separated.")] = "",
    from_: Annotated[str, Query(alias="from", description="YYYY-MM-DD in Hong Kong, inclusive.")] = "",
    to: Annotated[str, Query(description="YYYY-MM-DD in Hong Kong, inclusive.")] = "",
    speaker: Annotated[str, Query(description="Only lines of a speaker with this name or label.")] = "",
    limit: Annotated[str, Query(description=f"1 to 100. Default: {USUAL_LIMIT}.")] = "",
    cursor: Annotated[str, Query(description="`next_cursor` of the previous page.")] = "",
) -> SearchOut:
    """One page of hits. Script, width, case, punctuation and how a number is written make no difference.

    Hits of one meeting follow each other; the newest meeting comes first. An empty parameter counts as omitted.
    """
    wanted = {"q": q, "by": by, "status": status, "from": from_, "to": to, "speaker": speaker, "limit": limit}
    hits = search.search(services, actor, parse_search({**wanted, "cursor": cursor}))
    return SearchOut(
        hits=[HitOut(**vars(hit)) for hit in hits.items],
        total=hits.total,
        counted_all=hits.counted_all,
        complete=hits.complete,
        next_cursor=hits.next_cursor,
    )
