"""Applies one action to many meetings: first a plan from a filter or from ids, then its execution."""

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
from cantomeet.store import Transaction

NEEDS = {Act.RETRY: Action.RETRY, Act.CANCEL: Action.CANCEL, Act.DELETE: Action.DELETE, Act.RUN_NOW: Action.RETRY}
"""The right that the actor needs for each meeting."""
_MAX_TRIES = 3
"""Tries for a meeting that changes between the read and the write."""
_SLOW_SECONDS = 0.4
"""After a notification that took this long, Redis counts as hung and gets no more of them. The rescuer and the pages
find the changes by themselves."""


@dataclass(frozen=True)
class BulkOutcome:
    done: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)


class _CostsMore(Exception):
    """The action would cost more than the plan said."""


class _NotifyUntilSlow:
    """Notifies pages and queue at once, until Redis is too slow for a thousand notifications."""

    def __init__(self) -> None:
        self._slow = False

    def __call__(self, notify: Callable[[], None]) -> None:
        if self._slow:
            return
        begun = time.monotonic()
        notify()
        self._slow = time.monotonic() - begun >= _SLOW_SECONDS


def plan_for_filter(services: Services, actor: Actor, act: Act, wanted: MeetingFilter) -> BulkPlan:
    """A plan for all matching meetings, the oldest first, at most `MOST`. Raises `NotAllowed`."""
    require(actor, Action.ADMINISTER)
    with services.store.read() as tx:
        found, fitting = find_meetings(tx, replace(wanted, owner_id=actor.id), MOST)
        return _plan_of(services, tx, actor, act, found, left_out=fitting - len(found))


def plan_for_ids(services: Services, actor: Actor, act: Act, ids: Sequence[str]) -> BulkPlan:
    """A plan for the meetings `ids` in this order, at most `MOST`. Deleted ones are not counted.

    Raises `NotAllowed`.
    """
    require(actor, Action.ADMINISTER)
    with services.store.read() as tx:
        there = {meeting.id: meeting for meeting in tx.meetings.get_some(ids)}
        found = [there[meeting_id] for meeting_id in dict.fromkeys(ids) if meeting_id in there]
        return _plan_of(services, tx, actor, act, found[:MOST], left_out=len(found[MOST:]))


def _plan_of(
    services: Services, tx: Transaction, actor: Actor, act: Act, found: Sequence[Meeting], left_out: int
) -> BulkPlan:
    mine = [meeting for meeting in found if may(actor, NEEDS[act], meeting)]
    return plan(act, mine, tx.now(), services.settings.chosen_transcriber, left_out=left_out)


def carry_out(services: Services, actor: Actor, planned: BulkPlan, *, pay_again: bool = False) -> BulkOutcome:
    """Apply the action to each meeting of the plan, in a transaction each. Raises `NotAllowed`.

    Meetings are refused, and counted, if the plan refused them, if they have changed since, or if they would now cost
    more than the plan said. With `pay_again` the action includes those that the plan marked as paid again.
    """
    require(actor, Action.ADMINISTER)
    services = replace(services, defer=_NotifyUntilSlow())
    refused = Counter(line.refusal for line in planned.meetings if line.refusal and not (pay_again and line.pays_again))
    done = 0
    for line in planned.chosen(pay_again=pay_again):
        try:
            refusal = _apply(services, actor, planned.act, line)
        except NotFound:
            refusal = Refusal.GONE
        if refusal is None:
            done += 1
        else:
            refused[refusal] += 1
    return BulkOutcome(done, refused)


def _apply(services: Services, actor: Actor, act: Act, line: PlannedMeeting) -> Refusal | None:
    """Apply the action to a meeting. Returns the refusal, or None if it was applied. Raises `NotFound`."""
    for _ in range(_MAX_TRIES):
        meeting = services.store.meetings.get(line.id)
        if not may(actor, NEEDS[act], meeting):
            raise NotFound(f"no meeting {line.id}")
        if not is_what_was_seen(act, line, meeting):
            return Refusal.CHANGED
        try:
            _do(services, actor, act, line, meeting.version)
        except _CostsMore:
            return Refusal.CHANGED
        except Conflict as error:
            if act is Act.RETRY and services.store.stamps.version(line.id) == meeting.version:
                return why_not_retried(meeting, error)
        else:
            return None
    return Refusal.CHANGED


def _do(services: Services, actor: Actor, act: Act, line: PlannedMeeting, version: int) -> Meeting:
    """Apply the action to this version of the meeting only: a worker may send it, at a cost, in between."""
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
