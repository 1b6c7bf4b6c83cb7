"""One action on many meetings: planned from a filter or from ids, and carried out as it was planned."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cantomeet.access import LOCAL_OWNER, Action, may
from cantomeet.bulk import MOST, Act, Plan, PlannedMeeting, Refusal, plan, refusal_since
from cantomeet.errors import Conflict, NotFound
from cantomeet.listing import MeetingFilter, find_meetings
from cantomeet.models import Meeting
from cantomeet_ui.api.deps import Deps

NEEDS = {Act.RETRY: Action.RETRY, Act.CANCEL: Action.CANCEL, Act.DELETE: Action.DELETE, Act.RUN_NOW: Action.RETRY}
"""What whoever does it must be allowed to do with each meeting."""
_LOOKS = 3
"""At a meeting that changes between the look at it and the deed."""
_SLOW = 0.4
"""Seconds after which Redis counts as hung: it is told no more, for the rescuer and the pages look by themselves."""


@dataclass(frozen=True)
class Outcome:
    done: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)


def plan_for_filter(deps: Deps, act: Act, wanted: MeetingFilter) -> Plan:
    """For all meetings that fit, the oldest first, up to `MOST`."""
    meetings, fitting = find_meetings(deps.store, wanted, MOST)
    return _planned(deps, act, meetings, left_out=fitting - len(meetings))


def plan_for_ids(deps: Deps, act: Act, ids: Sequence[str]) -> Plan:
    """For these meetings in this order, up to `MOST`; those that are gone are not counted, for there is nothing to be
    said of them.
    """
    there = {meeting.id: meeting for meeting in deps.store.get_some(ids)}
    found = [there[meeting_id] for meeting_id in dict.fromkeys(ids) if meeting_id in there]
    return _planned(deps, act, found[:MOST], left_out=len(found[MOST:]))


def _planned(deps: Deps, act: Act, meetings: Sequence[Meeting], left_out: int = 0) -> Plan:
    mine = [meeting for meeting in meetings if may(LOCAL_OWNER, NEEDS[act], meeting)]
    return plan(act, mine, deps.store.now(), deps.settings.chosen_transcriber, left_out=left_out)


def carry_out(deps: Deps, planned: Plan, *, pay_again: bool = False) -> Outcome:
    """Do it to each meeting that was said to be done to, one transaction each; count what is left as it is,
    because the plan said so or because it has moved on since, or would now cost what the plan did not say.

    `pay_again`: also to those that the plan said would be paid for again, and only to those.
    """
    chosen = planned.chosen(pay_again=pay_again)
    refused = Counter(line.refusal for line in planned.meetings if line.refusal and not (pay_again and line.pays_again))
    done, telling = 0, True
    for line in chosen:
        try:
            came = _tried(deps, planned.act, line)
        except NotFound:
            came = Refusal.GONE
        if isinstance(came, Refusal):
            refused[came] += 1
            continue
        done += 1
        telling = telling and _told(deps, planned.act, came)
    return Outcome(done, refused)


def _tried(deps: Deps, act: Act, line: PlannedMeeting) -> Meeting | Refusal:
    """The meeting to which it was done, or why not. Raises `NotFound`."""
    for _ in range(_LOOKS):
        meeting = deps.store.get(line.id)
        if not may(LOCAL_OWNER, NEEDS[act], meeting):
            raise NotFound(f"no meeting {line.id}")
        refusal = refusal_since(act, line, meeting, deps.settings.chosen_transcriber)
        if refusal is not None:
            return refusal
        try:
            return _do(deps, act, line, meeting.version)
        except Conflict:
            continue
    return Refusal.CHANGED


def _do(deps: Deps, act: Act, line: PlannedMeeting, version: int) -> Meeting:
    """Only to the meeting that was looked at: a worker may have it sent, and paid for, in between."""
    if act is Act.RETRY:
        return deps.store.retry(line.id, confirm_cost=line.pays_again, version=version)
    if act is Act.CANCEL:
        return deps.store.cancel(line.id, deps.settings.language, version=version)
    if act is Act.DELETE:
        return deps.store.mark_deleted(line.id, version=version)
    meeting = deps.store.due_now(line.id)
    if meeting is None:
        raise Conflict("nothing is owed, or a worker has it")
    return meeting


def _told(deps: Deps, act: Act, meeting: Meeting) -> bool:
    """False where Redis is too slow to be told of a thousand meetings."""
    begun = time.monotonic()
    deps.publish(meeting.id, meeting.version)
    if act is not Act.CANCEL:
        deps.wake(meeting)
    return time.monotonic() - begun < _SLOW
