"""Action items across meetings, as JSON and as a calendar."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from cantomeet.access import Action
from cantomeet.actions import ActionFilter, parse_action_filter
from cantomeet.exports.calendar import calendar
from cantomeet.queries.actions import found_actions
from cantomeet.quotes import is_proven
from cantomeet_ui import routes
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices, Language
from cantomeet_ui.api.downloads import disposition
from cantomeet_ui.api.projection import listed_action
from cantomeet_ui.api.schemas import ListedActionsOut

router = APIRouter(prefix="/api", tags=["actions"], dependencies=[Depends(Allowed(Action.LIST))])


def _filter(
    owner: Annotated[str, Query(description="The exact owner; - for items without an owner.")] = "",
    due: Annotated[str, Query(description="overdue, week (the next seven days) or none (no due date).")] = "",
    done: Annotated[str, Query(description="open (the default), done or all.")] = "",
) -> ActionFilter:
    return parse_action_filter({"owner": owner, "due": due, "done": done})


Wanted = Annotated[ActionFilter, Depends(_filter)]


@router.get("/actions")
def listed(wanted: Wanted, services: CurrentServices, actor: CurrentActor) -> ListedActionsOut:
    """List the action items of all shown summaries, the earliest due first. Unverified items come last.

    Days are in Hong Kong's time zone.
    """
    found = found_actions(services, actor, wanted)
    verified_first = sorted(found.items, key=lambda action: not is_proven(action.item.evidence))
    return ListedActionsOut(items=[listed_action(action) for action in verified_first], more=found.more)


@router.get("/actions.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}})
def as_calendar(
    wanted: Wanted, services: CurrentServices, actor: CurrentActor, language: Language, request: Request
) -> Response:
    """The open action items with a due date as a calendar, each an all-day event."""
    found = found_actions(services, actor, wanted)
    base = (services.settings.public_url or str(request.base_url)).rstrip("/")
    body = calendar(
        found.items,
        found.now,
        language,
        lambda action: base + routes.action_place(action.meeting_id, action.item),
    )
    headers = {"Content-Disposition": disposition("attachment", "cantomeet.ics"), "Vary": "Accept-Language"}
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")
