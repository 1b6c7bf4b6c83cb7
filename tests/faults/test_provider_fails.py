"""Fault 11: the provider fails in every way. The meeting ends completed, or failed with a true reason."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from cantomeet.errors import PermanentError
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from cantomeet.store import Database
from standins.speechmatics.server import FakeSpeechmatics, Fate, JobFault, JobPlan
from tests.faults import dying
from tests.faults.test_killed_at_each_step import uploaded
from tests.meetings import key_of

IMPATIENT = httpx.Timeout(1.0)
"""Seconds. The client's default timeouts are too long for tests."""


def brought_through(engine: Engine, folder: Path, fake: FakeSpeechmatics) -> Meeting:
    store = Database(engine)
    meeting = uploaded(store, folder)
    url = engine.url.render_as_string(hide_password=False)
    with dying.tools(url, folder, fake.url, timeouts=IMPATIENT) as worker:
        try:
            dying.run_to_the_end(worker, meeting.id)
        except PermanentError:
            assert store.meetings.get(meeting.id).status == MeetingStatus.FAILED
    return store.meetings.get(meeting.id)


@pytest.mark.in_turn("engine")
@pytest.mark.parametrize("on", ["submit", "check", "fetch"])
@pytest.mark.parametrize(
    "fault",
    [
        JobFault(do="status", status=429, retry_after="0", times=2),
        JobFault(do="status", status=500, times=2),
        JobFault(do="status", status=503, times=2, after=True),
        JobFault(do="hang", times=1),
        JobFault(do="hang", times=1, after=True),
        JobFault(do="drop", times=2),
        JobFault(do="drop", times=1, after=True),
        JobFault(do="garbage", times=1),
        JobFault(do="html", status=502, times=2),
    ],
    ids=lambda fault: f"{fault.do}-{fault.status}-{'after' if fault.after else 'before'}",
)
def test_a_provider_that_fails_for_a_while_costs_no_meeting_and_is_paid_once(
    engine: Engine, tmp_path: Path, fault: JobFault, on: str
) -> None:
    with FakeSpeechmatics(JobPlan(job_seconds=0.0, faults=[fault.model_copy(update={"on": on})])) as fake:
        meeting = brought_through(engine, tmp_path, fake)
        assert meeting.status == MeetingStatus.COMPLETED
        assert dict(fake.paid) == {key_of(meeting): 1}


@pytest.mark.in_turn("engine")
@pytest.mark.parametrize(
    ("plan", "code", "told", "payments"),
    [
        (JobPlan(faults=[JobFault(do="html", status=401)]), "provider_key_refused", "SPEECHMATICS_API_KEY", 0),
        (JobPlan(faults=[JobFault(do="status", status=403)]), "provider_forbidden", "SPEECHMATICS_API_KEY", 0),
        (JobPlan(fates=[Fate(becomes="rejected", errors=["no sound"])]), "provider_rejected", "no sound", 1),
        (JobPlan(fates=[Fate(gone_after=0.0, gone_status=404)]), "provider_job_gone", "at a cost", 1),
        (JobPlan(fates=[Fate(gone_after=0.0, gone_status=410)]), "provider_job_gone", "at a cost", 1),
        (JobPlan(fates=[Fate(becomes="expired")]), "provider_job_gone", "at a cost", 1),
    ],
    ids=["HTML 401", "403", "rejected", "404 after its days", "410 after its days", "expired"],
)
def test_a_provider_that_says_no_fails_the_meeting_with_its_reason(
    engine: Engine, tmp_path: Path, plan: JobPlan, code: str, told: str, payments: int
) -> None:
    with FakeSpeechmatics(plan.model_copy(update={"job_seconds": 0.0})) as fake:
        meeting = brought_through(engine, tmp_path, fake)
        assert (meeting.status, meeting.error_code) == (MeetingStatus.FAILED, code)
        assert told in (meeting.status_reason or "")
        assert sum(fake.paid.values()) == payments


def test_a_provider_that_never_answers_fails_the_meeting_in_the_end(engine: Engine, tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(faults=[JobFault(do="drop")])) as fake:
        store = Database(engine)
        meeting = uploaded(store, tmp_path)
        url = engine.url.render_as_string(hide_password=False)
        with dying.tools(url, tmp_path, fake.url) as worker, pytest.raises(Exception, match="Speechmatics"):
            dying.run_to_the_end(worker, meeting.id)
        failed = store.meetings.get(meeting.id)
        assert (failed.status, failed.error_code) == (MeetingStatus.FAILED, "provider_unreachable")
        assert dict(fake.paid) == {}
