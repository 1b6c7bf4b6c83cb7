"""Routes for the operator: overview, actions on many meetings, pause and resume, tests of API keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from cantomeet.access import Action, Actor
from cantomeet.bulk import MOST, Act, BulkPlan, PlannedMeeting, Refusal
from cantomeet.checking import CHECKED, Check
from cantomeet.errors import InvalidRequest
from cantomeet.listing import MeetingFilter, parse_filter
from cantomeet.queries.admin import admin_overview
from cantomeet.service import Services, bulk, operating
from cantomeet_ui.api.admin_schemas import (
    BulkLineOut,
    BulkOut,
    CheckOut,
    CostOut,
    DoneOut,
    OverviewOut,
    PausedOut,
    PlanLine,
    QueueOut,
    WorkerOut,
)
from cantomeet_ui.api.dependencies import Allowed, CurrentActor, CurrentServices

router = APIRouter(prefix="/api/admin", tags=["admin"], dependencies=[Depends(Allowed(Action.ADMINISTER))])

FILTERS = ("status", "q", "from", "to", "error_code", "transcriber", "age")


class BulkIn(BaseModel):
    """Exactly one of `filter`, `ids` and `plan`. A filter can only be previewed; then send the preview's `plan`."""

    model_config = ConfigDict(extra="forbid")

    action: Act
    filter: dict[str, str] | None = Field(None, description=f"Any of {', '.join(FILTERS)}, as in GET /api/meetings.")
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)] | None = None
    plan: Annotated[list[PlanLine], Field(min_length=1, max_length=MOST)] | None = None
    """The plan of a preview. A meeting that has changed since, or that would cost more, is left as it is."""
    dry_run: Annotated[bool, Field(strict=True)] = True
    confirm_cost: Annotated[bool, Field(strict=True)] = False
    """Also retry meetings whose transcription was paid for already."""


@router.post("/bulk")
def bulk_action(wanted: BulkIn, services: CurrentServices, actor: CurrentActor) -> BulkOut | DoneOut:
    """Preview an action on up to 1,000 meetings, or with `dry_run` false run it."""
    planned = _planned(services, actor, wanted)
    if wanted.dry_run:
        return _preview(planned, wanted.confirm_cost, services)
    done = bulk.carry_out(services, actor, planned, pay_again=wanted.confirm_cost)
    return DoneOut(action=wanted.action, done=done.done, refused=_by_reason(done.refused))


@router.post("/pause")
def pause(services: CurrentServices, actor: CurrentActor) -> PausedOut:
    """Start no further step of any meeting. Running steps finish, and uploads are still accepted."""
    return _paused_since(operating.pause(services, actor, True))


@router.post("/resume")
def resume(services: CurrentServices, actor: CurrentActor) -> PausedOut:
    """Start steps again."""
    return _paused_since(operating.pause(services, actor, False))


@router.post("/checks/{name}", status_code=202)
def check(name: str, services: CurrentServices, actor: CurrentActor) -> CheckOut:
    """Have a worker test a provider's key, address and model. The overview shows the result."""
    return _check_out(name, operating.ask_check(services, actor, name), services.settings.checkable)


@router.get("/overview")
def overview(services: CurrentServices, actor: CurrentActor) -> OverviewOut:
    """Counts of meetings and errors, queues, workers, and results of provider tests."""
    found = admin_overview(services, actor)
    room, queues = found.engine, found.engine.overview
    return OverviewOut(
        counts=dict(found.counts),
        errors=dict(found.codes),
        oldest_due_seconds=round(room.oldest_due, 1),
        paused_since=room.paused_since,
        redis="down" if queues is None else "ok",
        queues=[] if queues is None else [QueueOut(name=name, waiting=waiting) for name, waiting in queues.queues],
        workers=[] if queues is None else [WorkerOut(**vars(worker)) for worker in queues.workers],
        failed_jobs=None if queues is None else queues.failed,
        checks=[_check_out(name, room.checks[name], room.set_up) for name in CHECKED],
    )


def _planned(services: Services, actor: Actor, wanted: BulkIn) -> BulkPlan:
    given = [name for name in ("filter", "ids", "plan") if getattr(wanted, name) is not None]
    if len(given) != 1:
        raise InvalidRequest("exactly one of filter, ids and plan", field=given[1] if given else "filter")
    if wanted.plan is not None:
        if wanted.dry_run:
            raise InvalidRequest("a plan is there to be carried out: dry_run false", field="plan")
        return BulkPlan(wanted.action, tuple(_line(line) for line in wanted.plan))
    if wanted.ids is not None:
        return bulk.plan_for_ids(services, actor, wanted.action, [str(meeting_id) for meeting_id in wanted.ids])
    if not wanted.dry_run:
        raise InvalidRequest("preview it first, then send the answer's plan", field="filter")
    return bulk.plan_for_filter(services, actor, wanted.action, _filter(services, wanted.filter or {}))


def _filter(services: Services, given: Mapping[str, str]) -> MeetingFilter:
    unknown = sorted(set(given) - set(FILTERS))
    if unknown:
        raise InvalidRequest(f"one of {', '.join(FILTERS)}", field=f"filter.{unknown[0][:40]}")
    try:
        return parse_filter(given, next_transcriber=services.settings.chosen_transcriber)
    except InvalidRequest as error:
        raise InvalidRequest(error.detail, field=f"filter.{error.field}") from None


def _line(line: PlanLine) -> PlannedMeeting:
    refusal = Refusal.COST if line.pays_again else None
    return PlannedMeeting(str(line.id), line.status, refusal, pays=line.pays, wastes=line.wastes)


def _plan_line(line: PlannedMeeting) -> PlanLine:
    return PlanLine(
        id=UUID(line.id), status=line.status, pays_again=line.pays_again, pays=line.pays, wastes=line.wastes
    )


def _preview(planned: BulkPlan, confirm_cost: bool, services: Services) -> BulkOut:
    cost = planned.cost(pay_again=confirm_cost)
    retried = planned.chosen(pay_again=confirm_cost) if planned.act is Act.RETRY else []
    lines = [line for line in planned.meetings if line.refusal is None or line.pays_again]
    return BulkOut(
        action=planned.act,
        meetings=[
            BulkLineOut(id=line.id, title=line.title, status=line.status, refused=line.refusal)
            for line in planned.meetings
        ],
        affected=len(planned.chosen(pay_again=confirm_cost)),
        refused=_by_reason(planned.refused()),
        left_out=planned.left_out,
        cost=CostOut(
            paid_transcriptions=cost.transcriptions,
            audio_seconds=round(cost.seconds, 1),
            unknown_lengths=cost.unknown,
            llm_summaries=len(retried) if services.settings.chosen_summarizer == "llm" else 0,
            paid_work_given_up=planned.wasted(),
        ),
        plan=[_plan_line(line) for line in lines],
    )


def _by_reason(refused: Mapping[Refusal, int]) -> dict[str, int]:
    return {reason.value: count for reason, count in sorted(refused.items())}


def _paused_since(since: datetime | None) -> PausedOut:
    return PausedOut(paused=since is not None, since=since)


def _check_out(name: str, check: Check | None, checkable: Collection[str]) -> CheckOut:
    set_up = name in checkable
    if check is None:
        return CheckOut(name=name, set_up=set_up, state="never", at=None, error_code=None)
    return CheckOut(name=name, set_up=set_up, state=check.state, at=check.at, error_code=check.code)
