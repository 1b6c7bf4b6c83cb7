"""Action items across meetings, as JSON and as a calendar."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from cantomeet.access import Action
from cantomeet.actions import MOST, ActionFilter, list_actions, parse_action_filter, today
from cantomeet.exports.calendar import calendar
from cantomeet.quotes import is_proven
from cantomeet_ui import routes
from cantomeet_ui.api.deps import Allowed, Language, Provided
from cantomeet_ui.api.downloads import disposition
from cantomeet_ui.api.projection import listed_action
from cantomeet_ui.api.schemas import ListedActionsOut

router = APIRouter(prefix="/api", tags=["actions"], dependencies=[Depends(Allowed(Action.LIST))])


def _filter(
    owner: Annotated[str, Query(description="Exactly this one; - for those whose owner nobody knows.")] = "",
    due: Annotated[str, Query(description="overdue, week (the next seven days) or none (no day).")] = "",
    done: Annotated[str, Query(description="open (where left out), done or all.")] = "",
) -> ActionFilter:
    return parse_action_filter({"owner": owner, "due": due, "done": done})


Wanted = Annotated[ActionFilter, Depends(_filter)]


@router.get("/actions")
def listed(wanted: Wanted, deps: Provided) -> ListedActionsOut:
    """Of each meeting's shown summary, the earliest due first, below them those that nothing proves; days are Hong
    Kong's.
    """
    found = list_actions(deps.store, wanted, today(deps.store.now()))
    verified_first = sorted(found[:MOST], key=lambda action: not is_proven(action.item.evidence))
    return ListedActionsOut(items=[listed_action(action) for action in verified_first], more=len(found) > MOST)


@router.get("/actions.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}})
def as_calendar(wanted: Wanted, deps: Provided, language: Language, request: Request) -> Response:
    """Those that are open and have a day, each as an all-day event."""
    now = deps.store.now()
    found = list_actions(deps.store, wanted, today(now))[:MOST]
    base = (deps.settings.public_url or str(request.base_url)).rstrip("/")
    body = calendar(found, now, language, lambda action: base + routes.action_place(action.meeting_id, action.item))
    headers = {"Content-Disposition": disposition("attachment", "cantomeet.ics"), "Vary": "Accept-Language"}
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")
