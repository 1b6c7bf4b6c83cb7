"""Plans for one action on many meetings, and their cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cantomeet.bulk import Act, Cost, PlannedMeeting, Refusal, plan
from cantomeet.lifecycle import ACTIVE, MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.submission import Submission
from tests import meetings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FAILED = MeetingStatus.FAILED


def meeting(job: dict[str, Any] | None = None, **columns: Any) -> Meeting:
    given = {"title": "例會", "recording_key": "k", "created_at": NOW, "updated_at": NOW, "stage_since": NOW}
    return meetings.at_rest(Meeting(**{**given, "duration_seconds": 60.0, **columns}), **(job or {}))


def line(act: Act, new: str = "speechmatics", **columns: Any) -> PlannedMeeting:
    return plan(act, [meeting(**columns)], NOW, new).meetings[0]


KEY = {"submission": Submission("k1")}
SENT = {
    "stage": Stage.SUBMITTED,
    "transcriber": "speechmatics",
    **KEY,
    "provider_job_id": "j1",
}
PREPARED = {"stage": Stage.PREPARED, "transcriber": "speechmatics"}


@pytest.mark.parametrize(
    ("columns", "new", "refusal", "pays"),
    [
        ({"status": FAILED}, "speechmatics", None, True),
        ({"status": FAILED}, "whisper", None, False),
        ({"status": FAILED, **SENT, "error_code": "provider_unreachable"}, "speechmatics", None, False),
        (
            {"status": FAILED, **PREPARED, **KEY, "error_code": "provider_busy"},
            "speechmatics",
            None,
            True,
        ),
        ({"status": FAILED, **SENT, "error_code": "provider_rejected"}, "speechmatics", None, True),
        ({"status": FAILED, **SENT, "error_code": "cancelled"}, "speechmatics", Refusal.COST, True),
        ({"status": FAILED, **SENT, "error_code": "provider_job_gone"}, "whisper", Refusal.COST, False),
        ({"status": FAILED, **SENT, "error_code": "cancelled", "audio_removed": True}, "speechmatics", "gone", None),
        ({"status": FAILED, "stage": Stage.TRANSCRIBED, **KEY}, "speechmatics", None, False),
        ({"status": MeetingStatus.COMPLETED, "stage": Stage.SUMMARIZED}, "speechmatics", Refusal.NOT_FAILED, None),
        ({"status": MeetingStatus.TRANSCRIBING, **SENT}, "speechmatics", Refusal.NOT_FAILED, None),
    ],
)
def test_a_retry_says_what_it_pays_for(
    columns: dict[str, Any], new: str, refusal: Refusal | str | None, pays: bool | None
) -> None:
    found = line(Act.RETRY, new, **columns)
    assert found.refusal == (Refusal.NO_RECORDING if refusal == "gone" else refusal)
    if pays is not None:
        assert found.pays is pays


def test_only_paid_transcriptions_that_are_chosen_count_as_cost() -> None:
    planned = plan(
        Act.RETRY,
        [
            meeting(status=FAILED, duration_seconds=90.0),
            meeting(status=FAILED, duration_seconds=None),
            meeting(status=FAILED, **SENT, error_code="cancelled", duration_seconds=600.0),
            meeting(status=MeetingStatus.COMPLETED, duration_seconds=9000.0),
        ],
        NOW,
        "speechmatics",
    )
    assert planned.cost() == Cost(2, 90.0, 1)
    assert planned.cost(pay_again=True) == Cost(3, 690.0, 1)
    assert planned.refused() == {Refusal.COST: 1, Refusal.NOT_FAILED: 1}


@pytest.mark.parametrize("act", [Act.CANCEL, Act.DELETE])
def test_a_cancel_and_a_deletion_say_what_paid_work_they_give_up(act: Act) -> None:
    assert line(act, status=MeetingStatus.TRANSCRIBING, **SENT).wastes
    assert not line(act, status=MeetingStatus.TRANSCRIBING, stage=Stage.PREPARED, transcriber="whisper").wastes
    assert not line(act, status=MeetingStatus.SUMMARIZING, **{**SENT, "stage": Stage.TRANSCRIBED}).wastes


def test_a_failed_meeting_has_paid_work_to_lose_only_while_it_can_still_be_fetched() -> None:
    assert line(Act.CANCEL, status=FAILED).refusal is Refusal.NOT_RUNNING
    assert line(Act.DELETE, status=FAILED, **SENT, error_code="provider_unreachable").wastes
    assert not line(Act.DELETE, status=FAILED, **SENT, error_code="cancelled").wastes
    assert not line(Act.RUN_NOW, status=MeetingStatus.TRANSCRIBING, **SENT).wastes


def test_run_now_needs_a_due_step_that_is_not_leased() -> None:
    later = NOW + timedelta(minutes=5)
    assert line(Act.RUN_NOW, job={"due_at": later}).refusal is None
    assert line(Act.RUN_NOW, job={"due_at": None}).refusal is Refusal.NOTHING_OWED
    assert line(Act.RUN_NOW, job={"due_at": NOW, "lease_until": later}).refusal is Refusal.BEING_WORKED_ON
    assert line(Act.RUN_NOW, job={"due_at": NOW, "lease_until": NOW - timedelta(seconds=1)}).refusal is None


def test_a_plan_holds_for_a_meeting_that_moves_on_but_not_for_one_that_has_ended() -> None:
    assert line(Act.DELETE, status=MeetingStatus.UPLOADED).statuses() == ACTIVE
    assert line(Act.DELETE, status=FAILED).statuses() == {FAILED}
