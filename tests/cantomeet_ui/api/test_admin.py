"""Bulk actions, pause, provider checks and the overview over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from cantomeet import access
from cantomeet.access import Action
from cantomeet.checking import Check, dumps, loads, remembered_as
from cantomeet.errors import ErrorCode, NotFound
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet.submission import Submission
from tests import meetings
from tests.cantomeet_ui.api.conftest import RememberingQueue

BULK = "/api/admin/bulk"
ROUTES = (
    ("POST", BULK),
    ("POST", "/api/admin/pause"),
    ("POST", "/api/admin/resume"),
    ("POST", "/api/admin/checks/whisper"),
    ("GET", "/api/admin/overview"),
)


def bulk(client: TestClient, **body: Any) -> Any:
    return client.post(BULK, json=body)


def paid_and_cancelled(store: Database) -> Meeting:
    meeting = meetings.failed(store, ErrorCode.CANCELLED)
    sent = {
        "stage": Stage.SUBMITTED,
        "submission": Submission("k"),
        "provider_job_id": "j",
        "transcriber": "speechmatics",
    }
    meetings.set_columns(store, meeting.id, **sent)
    return store.meetings.get(meeting.id)


# ---- previews ----------------------------------------------------------------------------------------------


def test_a_preview_shows_counts_refusals_and_costs_and_changes_nothing(
    client: TestClient, services: Services, sqlite_store: Database, queue: RememberingQueue
) -> None:
    use(services, transcriber="speechmatics")
    failed = [meetings.failed(sqlite_store, duration_seconds=90.0) for _ in range(2)]
    again = paid_and_cancelled(sqlite_store)
    done = meetings.completed(sqlite_store)
    answer = bulk(client, action="retry", filter={}).json()
    assert (answer["dry_run"], answer["affected"]) == (True, 2)
    assert answer["refused"] == {"cost_not_confirmed": 1, "not_failed": 1}
    assert answer["cost"]["paid_transcriptions"] == 2
    assert answer["cost"]["audio_seconds"] == 180.0
    assert {line["id"] for line in answer["plan"]} == {*(m.id for m in failed), again.id}
    assert {line["id"]: line["refused"] for line in answer["meetings"]}[done.id] == "not_failed"
    assert queue.woken == []
    assert {sqlite_store.meetings.get(m.id).status for m in failed} == {MeetingStatus.FAILED}


def test_a_meeting_without_a_transcriber_matches_the_configured_one(
    client: TestClient, services: Services, sqlite_store: Database
) -> None:
    use(services, transcriber="speechmatics")
    failed = meetings.failed(sqlite_store)
    meetings.set_columns(sqlite_store, failed.id, transcriber="speechmatics", stage=Stage.PREPARED)
    assert client.post(f"/api/meetings/{failed.id}/retry").status_code == 202
    assert sqlite_store.meetings.get(failed.id).transcriber == ""
    for name, count in (("speechmatics", 1), ("whisper", 0)):
        assert len(client.get("/api/meetings", params={"transcriber": name}).json()["items"]) == count
        assert bulk(client, action="cancel", filter={"transcriber": name}).json()["affected"] == count


def test_a_preview_accepts_every_filter_of_the_list(client: TestClient, sqlite_store: Database) -> None:
    old = meetings.failed(sqlite_store, title="舊")
    meetings.set_columns(
        sqlite_store, old.id, created_at=sqlite_store.now() - timedelta(days=3), transcriber="speechmatics"
    )
    meetings.failed(sqlite_store, ErrorCode.RECORDING_UNREADABLE, title="新")
    for wanted in (
        {"age": "2d"},
        {"transcriber": "speechmatics"},
        {"error_code": "provider_busy"},
        {"q": "舊"},
        {"age": "48h", "status": "FAILED", "q": "舊"},
    ):
        found = bulk(client, action="retry", filter=wanted).json()
        assert [line["title"] for line in found["meetings"]] == ["舊"], wanted


def test_meetings_beyond_one_plan_are_counted(
    client: TestClient, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cantomeet.service.bulk.MOST", 2)
    first = [meetings.failed(sqlite_store).id for _ in range(3)][:2]
    answer = bulk(client, action="delete", filter={"status": "FAILED"}).json()
    assert (answer["affected"], answer["left_out"]) == (2, 1)
    assert [line["id"] for line in answer["plan"]] == first


# ---- carrying out ------------------------------------------------------------------------------------------


def test_a_plan_is_carried_out_as_previewed(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    failed = [meetings.failed(sqlite_store) for _ in range(3)]
    plan = bulk(client, action="retry", filter={"status": "FAILED"}).json()["plan"]
    late = meetings.failed(sqlite_store)
    answer = bulk(client, action="retry", plan=plan, dry_run=False)
    assert answer.json() == {"action": "retry", "dry_run": False, "done": 3, "refused": {}}
    assert queue.woken == [meeting.id for meeting in failed]
    assert sqlite_store.meetings.get(late.id).status == MeetingStatus.FAILED, "it came after the preview"


def test_meetings_changed_since_the_preview_are_left_and_counted(client: TestClient, sqlite_store: Database) -> None:
    kept, completed_since, gone = (meetings.failed(sqlite_store) for _ in range(3))
    plan = bulk(client, action="delete", filter={}).json()["plan"]
    sqlite_store.meetings.retry(completed_since.id)
    sqlite_store.meetings.mark_deleted(gone.id)
    answer = bulk(client, action="delete", plan=plan, dry_run=False).json()
    assert (answer["done"], answer["refused"]) == (1, {"changed": 1, "gone": 1})
    assert sqlite_store.meetings.get(completed_since.id).status == MeetingStatus.UPLOADED
    with pytest.raises(NotFound):
        sqlite_store.meetings.get(kept.id)


def test_a_retry_that_became_paid_since_the_preview_is_refused(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.failed(sqlite_store)
    plan = bulk(client, action="retry", filter={}).json()["plan"]
    sent = {"stage": Stage.SUBMITTED, "submission": Submission("k"), "error_code": "provider_job_gone"}
    meetings.set_columns(sqlite_store, meeting.id, **sent)
    answer = bulk(client, action="retry", plan=plan, dry_run=False, confirm_cost=True).json()
    assert (answer["done"], answer["refused"]) == (0, {"cost_not_confirmed": 1})


@pytest.mark.parametrize("act", ["cancel", "delete"])
def test_a_plan_abandons_no_paid_work_that_its_preview_did_not_show(
    client: TestClient, sqlite_store: Database, act: str
) -> None:
    waiting = meetings.uploaded(sqlite_store)
    plan = bulk(client, action=act, filter={}).json()["plan"]
    sent = {
        "stage": Stage.SUBMITTED,
        "submission": Submission("k"),
        "provider_job_id": "j",
        "transcriber": "speechmatics",
    }
    meetings.set_columns(sqlite_store, waiting.id, status=MeetingStatus.TRANSCRIBING, **sent)
    answer = bulk(client, action=act, plan=plan, dry_run=False).json()
    assert (answer["done"], answer["refused"]) == (0, {"changed": 1})
    told = bulk(client, action=act, filter={}).json()
    assert told["cost"]["paid_work_given_up"] == 1
    assert bulk(client, action=act, plan=told["plan"], dry_run=False).json()["done"] == 1


def test_a_retry_previewed_as_free_starts_no_paid_transcription(
    client: TestClient, services: Services, sqlite_store: Database
) -> None:
    meetings.failed(sqlite_store)
    plan = bulk(client, action="retry", filter={}).json()["plan"]
    use(services, transcriber="speechmatics")
    assert bulk(client, action="retry", plan=plan, dry_run=False).json()["refused"] == {"changed": 1}
    dearer = bulk(client, action="retry", filter={}).json()["plan"]
    assert bulk(client, action="retry", plan=dearer, dry_run=False).json()["done"] == 1


def test_paying_again_needs_a_confirmation(client: TestClient, sqlite_store: Database) -> None:
    again = paid_and_cancelled(sqlite_store)
    plan = bulk(client, action="retry", ids=[again.id]).json()["plan"]
    assert bulk(client, action="retry", plan=plan, dry_run=False).json()["refused"] == {"cost_not_confirmed": 1}
    assert sqlite_store.meetings.get(again.id).revision == 1
    assert bulk(client, action="retry", plan=plan, dry_run=False, confirm_cost=True).json()["done"] == 1
    assert sqlite_store.meetings.get(again.id).revision == 2


def test_a_cancel_stops_a_meeting_that_moved_a_step_since_the_preview(
    client: TestClient, sqlite_store: Database
) -> None:
    waiting, ended = meetings.uploaded(sqlite_store), meetings.transcribed(sqlite_store)
    plan = bulk(client, action="cancel", filter={}).json()["plan"]
    leased = sqlite_store.pipeline.take_lease(waiting.id, 60)
    assert leased is not None
    sqlite_store.pipeline.commit_working(leased.id, leased.job.run, status=MeetingStatus.TRANSCRIBING)
    meetings.summarized(sqlite_store, ended.id, [])
    answer = bulk(client, action="cancel", plan=plan, dry_run=False).json()
    assert (answer["done"], answer["refused"]) == (1, {"changed": 1})
    assert sqlite_store.meetings.get(waiting.id).error_code == "cancelled"
    assert sqlite_store.meetings.get(ended.id).status == MeetingStatus.COMPLETED


def test_ids_need_no_preview_and_unknown_ones_are_skipped(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.failed(sqlite_store)
    running = meetings.uploaded(sqlite_store)
    ids = [meeting.id, running.id, str(uuid4()), meeting.id]
    answer = bulk(client, action="retry", ids=ids, dry_run=False).json()
    assert (answer["done"], answer["refused"]) == (1, {"not_failed": 1})


def test_run_now_wakes_a_meeting_that_is_due_later(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.uploaded(sqlite_store)
    later = sqlite_store.now() + timedelta(hours=1)
    meetings.set_job(sqlite_store, meeting.id, due_at=later, woken_until=later)
    answer = client.post(f"/api/meetings/{meeting.id}/run-now")
    assert answer.status_code == 202
    due = sqlite_store.meetings.get(meeting.id).job.due_at
    assert due is not None
    assert due < later
    assert queue.woken == [meeting.id]
    assert sqlite_store.pipeline.take_lease(meeting.id, 60) is not None
    assert client.post(f"/api/meetings/{meeting.id}/run-now").status_code == 409, "a worker has it"


@pytest.mark.parametrize("make", [meetings.completed, meetings.failed])
def test_run_now_without_a_due_step_is_a_conflict(client: TestClient, sqlite_store: Database, make: Any) -> None:
    assert client.post(f"/api/meetings/{make(sqlite_store).id}/run-now").status_code == 409


@pytest.mark.parametrize("make", [meetings.uploaded, meetings.transcribing, meetings.transcribed])
def test_a_retry_of_a_meeting_that_is_running_is_a_conflict(
    client: TestClient, sqlite_store: Database, make: Any
) -> None:
    meeting = make(sqlite_store)
    for start in ("failed", "transcribe", "summarize"):
        answer = client.post(f"/api/meetings/{meeting.id}/retry", json={"from": start, "confirm_cost": True})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert sqlite_store.meetings.get(meeting.id).job.run == meeting.job.run


def test_a_hung_redis_gets_one_notification_not_a_thousand(
    client: TestClient, services: Services, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("cantomeet.service.bulk._SLOW_SECONDS", 0.0)
    object.__setattr__(services, "wake", lambda meeting: told.append(meeting.id))
    ids = [meetings.failed(sqlite_store).id for _ in range(3)]
    assert bulk(client, action="retry", ids=ids, dry_run=False).json()["done"] == 3
    assert told == ids[:1]


# ---- bad input ---------------------------------------------------------------------------------------------

ID = str(uuid4())
LINE = {"id": ID, "status": "FAILED"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"action": "explode", "ids": [ID]}, "action"),
        ({"action": "retry"}, "filter"),
        ({"action": "retry", "filter": {}, "ids": [ID]}, "ids"),
        ({"action": "retry", "filter": {}, "dry_run": False}, "filter"),
        ({"action": "retry", "filter": {"colour": "red"}}, "filter.colour"),
        ({"action": "retry", "filter": {"status": "BROKEN"}}, "filter.status"),
        ({"action": "retry", "filter": {"error_code": "oops"}}, "filter.error_code"),
        ({"action": "retry", "filter": {"transcriber": "ear"}}, "filter.transcriber"),
        ({"action": "retry", "filter": {"age": "old"}}, "filter.age"),
        ({"action": "retry", "filter": {"age": "99999999d"}}, "filter.age"),
        ({"action": "retry", "filter": {"q": "\x00"}}, "filter.q"),
        ({"action": "retry", "filter": {"q": 7}}, "filter.q"),
        ({"action": "retry", "ids": []}, "ids"),
        ({"action": "retry", "ids": ["../etc"]}, "ids"),
        ({"action": "retry", "ids": [ID] * 1001}, "ids"),
        ({"action": "retry", "ids": [ID], "dry_run": "no"}, "dry_run"),
        ({"action": "retry", "ids": [ID], "confirm_cost": 1}, "confirm_cost"),
        ({"action": "retry", "plan": [LINE]}, "plan"),
        ({"action": "retry", "plan": [{"id": ID}], "dry_run": False}, "plan.status"),
        ({"action": "retry", "plan": [{**LINE, "title": "x"}], "dry_run": False}, "plan.title"),
        ({"action": "retry", "ids": [ID], "surprise": 1}, "surprise"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(client: TestClient, body: dict[str, Any], field: str) -> None:
    answer = bulk(client, **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize(("query", "field"), [("age=old", "age"), ("transcriber=ear", "transcriber")])
def test_invalid_age_and_transcriber_filters_are_refused(client: TestClient, query: str, field: str) -> None:
    answer = client.get(f"/api/meetings?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_an_administrator_is_allowed(
    client: TestClient, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    monkeypatch.setattr(access, "may", lambda actor, asked, meeting=None: asked is not Action.ADMINISTER)
    answer = client.request(method, path, json={"action": "delete", "filter": {}})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert not sqlite_store.switches.paused()


def test_meetings_that_the_actor_may_not_change_are_not_in_a_plan(
    client: TestClient, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = meetings.failed(sqlite_store)
    meetings.set_columns(sqlite_store, theirs.id, owner_id=str(uuid4()))
    assert bulk(client, action="delete", ids=[theirs.id]).json()["meetings"] == []
    answer = bulk(client, action="delete", plan=[{"id": theirs.id, "status": "FAILED"}], dry_run=False).json()
    assert (answer["done"], answer["refused"]) == (0, {"gone": 1})


# ---- pause, overview, checks -------------------------------------------------------------------------------


def test_pausing_stops_steps_and_resuming_wakes_waiting_meetings(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.uploaded(sqlite_store)
    meetings.index(sqlite_store)
    first = client.post("/api/admin/pause").json()
    assert first["paused"] is True
    assert client.post("/api/admin/pause").json() == first, "pausing again keeps the time"
    assert sqlite_store.pipeline.take_lease(meeting.id, 60) is None
    assert sqlite_store.jobs.wake_due() == []
    meetings.set_job(sqlite_store, meeting.id, woken_until=sqlite_store.now() + timedelta(minutes=5))
    assert client.post("/api/admin/resume").json() == {"paused": False, "since": None}
    assert [woken.id for woken in sqlite_store.jobs.wake_due()] == [meeting.id], (
        "not only when its old wake-up has expired"
    )
    assert queue.hints == [("", 0)] * 3


def test_the_overview_reports_problems(client: TestClient, sqlite_store: Database) -> None:
    meetings.failed(sqlite_store)
    meetings.failed(sqlite_store)
    meetings.failed(sqlite_store, ErrorCode.RECORDING_UNREADABLE)
    waiting = meetings.uploaded(sqlite_store)
    meetings.set_job(sqlite_store, waiting.id, due_at=sqlite_store.now() - timedelta(minutes=2))
    told = client.get("/api/admin/overview").json()
    assert (told["counts"]["FAILED"], told["counts"]["UPLOADED"], told["counts"]["COMPLETED"]) == (3, 1, 0)
    assert list(told["errors"].items()) == [("provider_busy", 2), ("recording_unreadable", 1)]
    assert told["oldest_due_seconds"] >= 120
    assert (told["paused_since"], told["redis"], len(told["workers"])) == (None, "ok", 2)
    assert [(check["name"], check["set_up"], check["state"]) for check in told["checks"]] == [
        ("speechmatics", False, "never"),
        ("llm", False, "never"),
        ("whisper", True, "never"),
    ]


def test_the_overview_is_answered_without_redis(client: TestClient, queue: RememberingQueue) -> None:
    queue.away = True
    told = client.get("/api/admin/overview").json()
    assert (told["redis"], told["workers"], told["failed_jobs"]) == ("down", [], None)


def test_a_check_is_queued_for_a_worker_and_its_result_is_shown(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    answer = client.post("/api/admin/checks/whisper")
    assert (answer.status_code, answer.json()["state"], queue.asked) == (202, "asked", ["whisper"])
    failed = Check("failed", sqlite_store.now(), "recogniser_unavailable", {"setting": "X"})
    sqlite_store.key_values.put(remembered_as("whisper"), dumps(failed))
    shown = client.get("/api/admin/overview").json()["checks"][2]
    assert (shown["state"], shown["error_code"]) == ("failed", "recogniser_unavailable")


@pytest.mark.parametrize(("workers", "away", "code"), [(0, False, "no_worker"), (2, True, "queue_away")])
def test_a_check_without_a_worker_is_refused(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, workers: int, away: bool, code: str
) -> None:
    queue.workers, queue.away = workers, away
    answer = client.post("/api/admin/checks/whisper")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert sqlite_store.key_values.find(remembered_as("whisper")) is None


def test_an_unknown_check_is_refused_by_name(client: TestClient) -> None:
    answer = client.post("/api/admin/checks/moon")
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state":"maybe","at":"2026-11-24T00:00:00+00:00","code":null}'])
def test_a_check_saved_by_another_version_is_ignored(text: str) -> None:
    assert loads(text) is None


def use(services: Services, **changes: Any) -> None:
    object.__setattr__(services, "settings", services.settings.model_copy(update=changes))
