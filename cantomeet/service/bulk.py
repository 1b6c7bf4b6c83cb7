"""One action on many meetings: planned from a filter or from ids, and carried out as it was planned."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from cantomeet.access import Action, Actor, may, require
from cantomeet.bulk import MOST, Act, BulkPlan, PlannedMeeting, Refusal, is_what_was_seen, pays, plan, why_not_retried
from cantomeet.errors import Conflict, NotFound
from cantomeet.listing import MeetingFilter, find_meetings
from cantomeet.models import Meeting
from cantomeet.service import meetings
from cantomeet.service.services import Services
from cantomeet.store.transaction import Transaction, reading

NEEDS = {Act.RETRY: Action.RETRY, Act.CANCEL: Action.CANCEL, Act.DELETE: Action.DELETE, Act.RUN_NOW: Action.RETRY}
"""What whoever does it must be allowed to do with each meeting."""
_LOOKS = 3
"""At a meeting that changes between the read and the write."""
_SLOW = 0.4
"""Seconds after which Redis counts as hung: it is told no more, for the rescuer and the pages look by themselves."""


@dataclass(frozen=True)
class BulkOutcome:
    done: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)


class _CostsMore(Exception):
    """It would cost more than the plan said."""


class _UntilSlow:
    """Tells pages and queue at once, until Redis is too slow to be told of a thousand meetings."""

    def __init__(self) -> None:
        self._slow = False

    def __call__(self, telling: Callable[[], None]) -> None:
        if self._slow:
            return
        begun = time.monotonic()
        telling()
        self._slow = time.monotonic() - begun >= _SLOW


def plan_for_filter(services: Services, actor: Actor, act: Act, wanted: MeetingFilter) -> BulkPlan:
    """For all meetings that fit, the oldest first, up to `MOST`. Raises `NotAllowed`."""
    require(actor, Action.ADMINISTER)
    with reading(services.store) as tx:
        found, fitting = find_meetings(tx, replace(wanted, owner_id=actor.id), MOST)
        return _planned(services, tx, actor, act, found, left_out=fitting - len(found))


def plan_for_ids(services: Services, actor: Actor, act: Act, ids: Sequence[str]) -> BulkPlan:
    """For these meetings in this order, up to `MOST`; those that are gone are left out of all counts.

    Raises `NotAllowed`.
    """
    require(actor, Action.ADMINISTER)
    with reading(services.store) as tx:
        there = {meeting.id: meeting for meeting in tx.get_some(ids)}
        found = [there[meeting_id] for meeting_id in dict.fromkeys(ids) if meeting_id in there]
        return _planned(services, tx, actor, act, found[:MOST], left_out=len(found[MOST:]))


def _planned(
    services: Services, tx: Transaction, actor: Actor, act: Act, found: Sequence[Meeting], left_out: int
) -> BulkPlan:
    mine = [meeting for meeting in found if may(actor, NEEDS[act], meeting)]
    return plan(act, mine, tx.now(), services.settings.chosen_transcriber, left_out=left_out)


def carry_out(services: Services, actor: Actor, planned: BulkPlan, *, pay_again: bool = False) -> BulkOutcome:
    """Do it to each meeting of the plan, one transaction each; count the meetings that are left as they are.

    Those are the ones that the plan left out, that have moved on since, or that would now cost what the plan did not
    say. `pay_again`: also to those that the plan said would be paid for again, and only to those. Raises `NotAllowed`.
    """
    require(actor, Action.ADMINISTER)
    services = replace(services, defer=_UntilSlow())
    refused = Counter(line.refusal for line in planned.meetings if line.refusal and not (pay_again and line.pays_again))
    done = 0
    for line in planned.chosen(pay_again=pay_again):
        try:
            refusal = _refusal(services, actor, planned.act, line)
        except NotFound:
            refusal = Refusal.GONE
        if refusal is None:
            done += 1
        else:
            refused[refusal] += 1
    return BulkOutcome(done, refused)


def _refusal(services: Services, actor: Actor, act: Act, line: PlannedMeeting) -> Refusal | None:
    """None where it was done to the meeting. Raises `NotFound`."""
    for _ in range(_LOOKS):
        meeting = services.store.get(line.id)
        if not may(actor, NEEDS[act], meeting):
            raise NotFound(f"no meeting {line.id}")
        if not is_what_was_seen(act, line, meeting):
            return Refusal.CHANGED
        try:
            _do(services, actor, act, line, meeting.version)
        except _CostsMore:
            return Refusal.CHANGED
        except Conflict as error:
            if act is Act.RETRY and services.store.version(line.id) == meeting.version:
                return why_not_retried(meeting, error)
        else:
            return None
    return Refusal.CHANGED


def _do(services: Services, actor: Actor, act: Act, line: PlannedMeeting, version: int) -> Meeting:
    """Only to the meeting that was looked at: a worker may have it sent, and paid for, in between."""
    if act is Act.RETRY:

        def agree(going: Meeting) -> None:
            if pays(going, services.settings.chosen_transcriber) and not line.pays:
                raise _CostsMore

        return meetings.retry(services, actor, line.id, confirm_cost=line.pays_again, version=version, agree=agree)
    if act is Act.CANCEL:
        return meetings.cancel(services, actor, line.id, version=version)
    if act is Act.DELETE:
        return meetings.delete(services, actor, line.id, version=version)
    return meetings.run_now(services, actor, line.id)
