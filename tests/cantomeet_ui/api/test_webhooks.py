"""A provider's webhook call triggers a poll, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from cantomeet.jobs import JobState
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet.submission import Submission
from tests import meetings
from tests.cantomeet_ui.api.conftest import SECRET, RememberingQueue

URL = "/webhooks/speechmatics?id=job1&status=success"
OURS = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
def waiting(sqlite_store: Database) -> Meeting:
    """A meeting that polls its job job1 in a minute."""
    meeting = meetings.uploaded(sqlite_store)
    later = sqlite_store.now() + timedelta(minutes=1)
    meetings.set_columns(
        sqlite_store,
        meeting.id,
        status=MeetingStatus.TRANSCRIBING,
        stage=Stage.SUBMITTED,
        transcriber="speechmatics",
        provider_job_id="job1",
    )
    meetings.set_job(sqlite_store, meeting.id, due_at=later, woken_until=later + timedelta(seconds=10))
    return sqlite_store.meetings.get(meeting.id)


def test_the_job_of_the_meeting_is_polled_now(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, waiting: Meeting
) -> None:
    answer = client.post(URL, headers=OURS)
    assert (answer.status_code, answer.content) == (204, b"")
    assert queue.woken == [waiting.id]
    after = sqlite_store.meetings.get(waiting.id)
    assert after.job.due_at is not None
    assert after.job.due_at <= sqlite_store.now()
    assert (after.job.run, after.status, after.stage) == (waiting.job.run, waiting.status, waiting.stage)


def test_the_content_of_a_call_is_not_trusted(client: TestClient, sqlite_store: Database, waiting: Meeting) -> None:
    body = {"job": {"id": "job1", "status": "rejected"}}
    assert client.post(URL.replace("success", "error"), headers=OURS, json=body).status_code == 204
    assert sqlite_store.meetings.get(waiting.id).status == MeetingStatus.TRANSCRIBING


def test_a_repeated_call_gets_the_same_answer(client: TestClient, sqlite_store: Database, waiting: Meeting) -> None:
    assert [client.post(URL, headers=OURS).status_code for _ in range(2)] == [204, 204]
    assert sqlite_store.meetings.get(waiting.id).job.run == waiting.job.run


def test_a_late_call_changes_nothing(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, waiting: Meeting
) -> None:
    meetings.set_columns(sqlite_store, waiting.id, status=MeetingStatus.COMPLETED, stage=Stage.SUMMARIZED)
    meetings.set_job(sqlite_store, waiting.id, state=JobState.ENDED, due_at=None)
    assert client.post(URL, headers=OURS).status_code == 204
    assert sqlite_store.meetings.get(waiting.id).job.due_at is None
    assert queue.woken == []


def test_a_call_before_the_jobs_id_is_saved_changes_nothing(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, waiting: Meeting
) -> None:
    meetings.set_columns(
        sqlite_store, waiting.id, stage=Stage.PREPARED, provider_job_id=None, submission=Submission("k")
    )
    assert client.post(URL, headers=OURS).status_code == 204
    assert sqlite_store.meetings.get(waiting.id).job.due_at == waiting.job.due_at
    assert queue.woken == []


def test_a_call_for_the_job_of_an_earlier_try_changes_nothing(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, waiting: Meeting
) -> None:
    meetings.set_columns(sqlite_store, waiting.id, provider_job_id="job2", revision=2)
    assert client.post(URL, headers=OURS).status_code == 204
    assert sqlite_store.meetings.get(waiting.id).job.due_at == waiting.job.due_at
    assert queue.woken == []


def test_a_call_does_not_disturb_a_running_poll(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, waiting: Meeting
) -> None:
    until = sqlite_store.now() + timedelta(seconds=20)
    meetings.set_job(sqlite_store, waiting.id, lease_until=until)
    assert client.post(URL, headers=OURS).status_code == 204
    assert sqlite_store.meetings.get(waiting.id).job.due_at == waiting.job.due_at
    assert queue.woken == []


@pytest.mark.parametrize("query", ["?id=unknown", "", "?id=", "?id=%00", f"?id={'x' * 999}", "?id=%F0%28"])
def test_an_unknown_job_is_no_error(client: TestClient, queue: RememberingQueue, waiting: Meeting, query: str) -> None:
    assert client.post(f"/webhooks/speechmatics{query}", headers=OURS).status_code == 204
    assert queue.woken == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": SECRET},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": b"Bearer \xe9"},
    ],
)
def test_a_forged_call_is_refused(
    client: TestClient,
    sqlite_store: Database,
    queue: RememberingQueue,
    waiting: Meeting,
    headers: dict[str, str],
) -> None:
    answer = client.post(URL, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert sqlite_store.meetings.get(waiting.id).job.due_at == waiting.job.due_at
    assert queue.woken == []


def test_without_a_secret_every_call_is_refused(client: TestClient, services: Services, waiting: Meeting) -> None:
    object.__setattr__(services, "settings", services.settings.model_copy(update={"webhook_secret": None}))
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        assert client.post(URL, headers=headers).status_code == 403


def test_the_public_host_serves_webhooks_only(client: TestClient, waiting: Meeting) -> None:
    public = {"Host": "notes.example.org"}
    assert client.post(URL, headers={**OURS, **public}).status_code == 204
    assert client.get("/api/meetings", headers=public).status_code == 421
