"""The table of statuses knows each status and what may follow it."""

from __future__ import annotations

import pytest

from cantomeet.lifecycle import ACTIVE, TRANSITIONS, MeetingStatus, Stage, status_to_resume


def test_the_table_knows_every_status() -> None:
    assert set(TRANSITIONS) == set(MeetingStatus)


@pytest.mark.parametrize("old", sorted(ACTIVE))
def test_what_runs_can_fail(old: MeetingStatus) -> None:
    assert MeetingStatus.FAILED in TRANSITIONS[old]


def test_nothing_goes_back_to_uploaded_but_a_failed_one() -> None:
    assert [old for old, new in TRANSITIONS.items() if MeetingStatus.UPLOADED in new] == ["FAILED"]


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_can_be_resumed_from_failed(stage: Stage) -> None:
    assert status_to_resume(stage) in TRANSITIONS[MeetingStatus.FAILED]
