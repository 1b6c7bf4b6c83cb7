"""A bulk action applies only what its plan said."""

from __future__ import annotations

from typing import Any

import pytest

from cantomeet.access import LOCAL_OWNER
from cantomeet.bulk import Act, Refusal
from cantomeet.lifecycle import MeetingStatus
from cantomeet.service import Services, bulk
from cantomeet.store import Database
from tests import meetings
from tests.cantomeet.test_bulk import FAILED, SENT
from tests.showing import services_over


def transcribing_by(store: Database, name: str) -> Services:
    services = services_over(store)
    return services_over(store, settings=services.settings.model_copy(update={"transcriber": name}))


@pytest.mark.parametrize(
    ("act", "seen", "now", "new", "refusal"),
    [
        (Act.CANCEL, {}, {"status": MeetingStatus.TRANSCRIBING}, "whisper", None),
        (Act.CANCEL, {}, {"status": MeetingStatus.TRANSCRIBING, **SENT}, "whisper", Refusal.CHANGED),
        (Act.DELETE, {}, {"status": MeetingStatus.TRANSCRIBING, **SENT}, "whisper", Refusal.CHANGED),
        (Act.CANCEL, {"status": MeetingStatus.TRANSCRIBING, **SENT}, None, "whisper", None),
        (Act.DELETE, {"status": FAILED}, {"status": MeetingStatus.UPLOADED}, "whisper", Refusal.CHANGED),
        (Act.RETRY, {"status": FAILED}, None, "whisper", None),
        (Act.RETRY, {"status": FAILED}, None, "speechmatics", Refusal.CHANGED),
        (Act.RETRY, {"status": FAILED, **SENT, "error_code": "cancelled"}, None, "speechmatics", Refusal.CHANGED),
        (Act.RETRY, {"status": FAILED, **SENT, "error_code": "cancelled"}, None, "whisper", None),
        (Act.RETRY, {"status": FAILED}, {"status": FAILED, **SENT, "error_code": "cancelled"}, "whisper", Refusal.COST),
    ],
)
def test_a_meeting_that_would_cost_more_than_planned_counts_as_changed(
    sqlite_store: Database,
    act: Act,
    seen: dict[str, Any],
    now: dict[str, Any] | None,
    new: str,
    refusal: Refusal | None,
) -> None:
    store = sqlite_store
    meeting = meetings.uploaded(store)
    meetings.set_columns(store, meeting.id, **{"status": MeetingStatus.UPLOADED, **seen})
    planned = bulk.plan_for_ids(transcribing_by(store, "whisper"), LOCAL_OWNER, act, [meeting.id])
    meetings.set_columns(store, meeting.id, **(seen if now is None else now))
    before = store.meetings.get(meeting.id)
    outcome = bulk.carry_out(transcribing_by(store, new), LOCAL_OWNER, planned, pay_again=True)
    assert (outcome.done, outcome.refused) == ((1, {}) if refusal is None else (0, {refusal: 1}))
    if refusal is not None:
        assert store.meetings.get(meeting.id) == before
