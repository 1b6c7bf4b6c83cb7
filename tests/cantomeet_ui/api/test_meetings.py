"""Meetings over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import update
from sqlmodel import col

from cantomeet.errors import ErrorCode
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Speaker, new_id
from cantomeet.service import Services
from cantomeet.store import Database, NewAttempt
from cantomeet.submission import Submission
from tests import meetings
from tests.cantomeet_ui.api.conftest import RememberingQueue

PROOF = {"segment_id": "s", "quote": "交", "start": 2.0, "end": 3.5, "check": "exact"}
KINDS = ("overview", "chapters", "decisions", "action_items", "questions", "risks", "quotes", "notes")
ITEMS: list[dict[str, Any]] = [
    {"kind": "overview", "text": "概要", "evidence": [PROOF]},
    {"kind": "chapter", "text": "開場", "evidence": [], "start": 0.0, "end": 2.0},
    {"kind": "decision", "text": "通過", "evidence": []},
    {
        "kind": "action_item",
        "text": "交",
        "evidence": [],
        "owner": "阿明",
        "due_text": "下星期三",
        "due_date": date(2026, 12, 2),
    },
    {"kind": "question", "text": "幾時？", "evidence": []},
    {"kind": "risk", "text": "超支", "evidence": []},
    {"kind": "quote", "text": "早晨", "evidence": []},
]


def refused(answer: Response, status: int, code: ErrorCode, field: str | None = None) -> None:
    """Assert that the response is a problem document with this status and code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code.value)
    assert body.get("field") == field


# ---- list --------------------------------------------------------------------------------------------------


def test_the_list_has_the_documented_fields(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store, items=ITEMS, meeting_date=date(2026, 11, 23))
    body = client.get("/api/meetings", params={"q": "budget"}).json()
    assert body["next_cursor"] is None
    (item,) = body["items"]
    assert (item["id"], item["status"], item["meeting_date"]) == (meeting.id, "COMPLETED", "2026-11-23")
    assert item["open_action_items"] == 1
    assert item["match"]["text"] == "Budget 下星期三之前交。"
    assert item["match"]["start"] == 2.0
    assert "segments" not in item


def test_the_list_is_paged_by_cursor(client: TestClient, sqlite_store: Database) -> None:
    ids = [meetings.uploaded(sqlite_store, title=f"{n}").id for n in range(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/api/meetings", params={"sort": "title", "limit": 2, "cursor": cursor}).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ids


def test_the_list_is_filtered(client: TestClient, sqlite_store: Database) -> None:
    failed = meetings.failed(sqlite_store, ErrorCode.STUCK)
    meetings.completed(sqlite_store)
    for params in ({"status": "FAILED,UPLOADED"}, {"error_code": "stuck"}, {"status": "FAILED", "from": "2020-01-01"}):
        found = client.get("/api/meetings", params=params).json()["items"]
        assert [item["id"] for item in found] == [failed.id]


def test_empty_parameters_count_as_omitted(client: TestClient, sqlite_store: Database) -> None:
    meetings.uploaded(sqlite_store)
    answer = client.get("/api/meetings?status=&q=&from=&to=&sort=&limit=&cursor=")
    assert len(answer.json()["items"]) == 1


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"status": "DONE"}, "status"),
        ({"from": "23/11/2026"}, "from"),
        ({"to": "soon"}, "to"),
        ({"sort": "size"}, "sort"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "bm9uc2Vuc2U"}, "cursor"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00"}, "q"),
        ({"error_code": "oops"}, "error_code"),
    ],
)
def test_a_bad_filter_or_cursor_is_refused_by_name(client: TestClient, params: dict[str, str], field: str) -> None:
    refused(client.get("/api/meetings", params=params), 422, ErrorCode.INVALID_REQUEST, field)


# ---- read --------------------------------------------------------------------------------------------------


def test_a_meeting_has_the_documented_fields(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store, items=ITEMS, meeting_date=date(2026, 11, 23), description="每月")
    body = client.get(f"/api/meetings/{meeting.id}").json()
    assert list(body) == [
        *("id", "title", "description", "meeting_date", "status", "stage", "progress", "status_reason", "error_code"),
        *("version", "created_at", "updated_at", "duration_seconds", "language", "summary_language", "template"),
        *("name_speakers_first", "waiting_for", "transcriber", "summarizer"),
        *("warnings", "segments", "speakers", "summary"),
    ]
    assert (body["title"], body["description"], body["status"]) == ("例會", "每月", "COMPLETED")
    assert body["created_at"].endswith("Z")
    assert body["summarizer"] == "逐字摘錄"
    lines = sqlite_store.transcripts.shown(meeting.id).segments
    assert body["segments"][1] == {
        "id": lines[1].id,
        "start": 2.0,
        "end": 3.5,
        "speaker": "S2",
        "text": "Budget 下星期三之前交。",
        "unclear": False,
        "speaker_id": lines[1].speaker_id,
        "edited": False,
        "version": 1,
    }
    assert body["segments"][2]["speaker"] is None
    assert body["speakers"][1] == {"id": lines[1].speaker_id, "label": "S2", "name": None, "version": 1}


def test_the_summary_has_its_items_by_kind(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store, items=ITEMS)
    summary = client.get(f"/api/meetings/{meeting.id}?include=summary").json()["summary"]
    head = {name: summary.pop(name) for name in ("version", "method", "language", "title")}
    assert head == {"version": 1, "method": "extractive", "language": "zh-Hant-HK", "title": "例會紀要"}
    assert {name: [item["text"] for item in summary[name]] for name in KINDS} == {
        "overview": ["概要"],
        "chapters": ["開場"],
        "decisions": ["通過"],
        "action_items": ["交"],
        "questions": ["幾時？"],
        "risks": ["超支"],
        "quotes": ["早晨"],
        "notes": [],
    }
    of_all = {"id", "text", "evidence", "text_other", "verified", "edited", "original_text", "stale", "version"}
    assert summary["overview"][0].keys() == of_all
    assert summary["overview"][0]["evidence"] == [{**PROOF, "was": None}]
    assert (summary["chapters"][0]["start"], summary["chapters"][0]["end"]) == (0.0, 2.0)
    action = summary["action_items"][0]
    assert action.keys() == of_all | {"owner", "due_text", "due_date", "done"}
    assert (action["owner"], action["due_text"], action["due_date"], action["done"]) == (
        *("阿明", "下星期三", "2026-12-02"),
        False,
    )


@pytest.mark.parametrize(
    ("include", "keys"),
    [
        ("segments", {"segments", "speakers"}),
        ("summary", {"summary"}),
        ("summary,segments", {"summary", "segments", "speakers"}),
        ("", set()),
    ],
)
def test_only_requested_parts_are_included(
    client: TestClient, sqlite_store: Database, include: str, keys: set[str]
) -> None:
    meeting = meetings.completed(sqlite_store)
    body = client.get(f"/api/meetings/{meeting.id}", params={"include": include}).json()
    assert body.keys() & {"segments", "speakers", "summary"} == keys


def test_an_unknown_part_is_refused_by_name(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    answer = client.get(f"/api/meetings/{meeting.id}?include=segments,words")
    refused(answer, 422, ErrorCode.INVALID_REQUEST, "include")


def test_a_meeting_without_a_summary_says_null(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.partly_recognised(sqlite_store)
    body = client.get(f"/api/meetings/{meeting.id}").json()
    assert body["summary"] is None
    assert len(body["segments"]) == 3


def test_a_speakers_name_replaces_the_label(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store)
    with sqlite_store.engine.begin() as connection:
        connection.execute(update(Speaker).where(col(Speaker.label) == "S1").values(name="陳主席"))
    segments = client.get(f"/api/meetings/{meeting.id}").json()["segments"]
    assert [segment["speaker"] for segment in segments] == ["陳主席", "S2", None]


def test_reasons_and_warnings_are_in_the_readers_language(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.failed(sqlite_store, ErrorCode.PROVIDER_BUSY)
    meetings.set_columns(sqlite_store, meeting.id, warnings=["no_speakers", "from_the_future"])
    url = f"/api/meetings/{meeting.id}"
    english = client.get(url).json()
    chinese = client.get(url, headers={"Accept-Language": "zh-HK,en;q=0.5"}).json()
    assert english["status_reason"].startswith("The recording is safe. Speechmatics is too busy")
    assert chinese["status_reason"].startswith("錄音已保存。Speechmatics 太忙")
    assert english["warnings"] == [
        {"code": "no_speakers", "text": "This recogniser does not tell speakers apart."},
        {"code": "from_the_future", "text": "from_the_future"},
    ]
    assert chinese["warnings"][0]["text"] == "這個識別器不會分辨講者。"


def test_a_warning_of_missing_sound_says_how_much_and_where(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.failed(sqlite_store)
    details = {"sound_missing": {"seconds": 16.5, "places": [[12.0, 4.5], [3723.0, 12.0]]}}
    meetings.set_columns(sqlite_store, meeting.id, warnings=["sound_missing"], warning_details=details)
    url = f"/api/meetings/{meeting.id}"
    (english,) = client.get(url).json()["warnings"]
    (chinese,) = client.get(url, headers={"Accept-Language": "zh-HK,en;q=0.5"}).json()["warnings"]
    assert english["details"] == details["sound_missing"]
    assert "16.5 s of the recording could not be read: 0:12 (4.5 s), 1:02:03 (12 s)." in english["text"]
    assert "16.5 秒讀不到：0:12 起 4.5 秒、1:02:03 起 12 秒。" in chinese["text"]


def test_a_reason_of_a_newer_version_is_shown_as_stored(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.failed(sqlite_store)
    meetings.set_columns(sqlite_store, meeting.id, error_code="from_the_future", status_reason="太新")
    assert client.get(f"/api/meetings/{meeting.id}").json()["status_reason"] == "太新"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/audio"),
        ("GET", "/transcript"),
        ("POST", "/retry"),
        ("POST", "/cancel"),
        ("GET", "/summaries"),
        ("POST", "/summarize"),
    ],
)
@pytest.mark.parametrize("meeting_id", ["0b9d2f6e-1c1e-4a43-9a3b-7d1f5f6c2a10", "no-uuid", "%00", "x" * 500, "例會"])
def test_an_unknown_id_is_not_found(client: TestClient, method: str, path: str, meeting_id: str) -> None:
    body = {"json": {"title": "x"}} if method == "PATCH" else {}
    answer = client.request(method, f"/api/meetings/{meeting_id}{path}", **body)  # type: ignore[arg-type]
    refused(answer, 404, ErrorCode.NOT_FOUND)


def test_a_meeting_of_another_owner_is_refused(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store, owner_id="somebody")
    refused(client.get(f"/api/meetings/{meeting.id}"), 403, ErrorCode.NOT_ALLOWED)
    refused(client.delete(f"/api/meetings/{meeting.id}"), 403, ErrorCode.NOT_ALLOWED)


# ---- versions ----------------------------------------------------------------------------------------------


def test_an_unchanged_meeting_is_not_sent_again(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store)
    url = f"/api/meetings/{meeting.id}"
    etag = client.get(url).headers["etag"]
    again = client.get(url, headers={"If-None-Match": f'"0.en", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(url, headers={"If-None-Match": "*"}).status_code == 304
    chinese = client.get(url, headers={"If-None-Match": etag, "Accept-Language": "zh"})
    assert chinese.status_code == 200
    sqlite_store.meetings.edit(meeting.id, None, title="新")
    assert client.get(url, headers={"If-None-Match": etag}).json()["title"] == "新"


def test_an_edit_of_the_current_version_is_saved(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.uploaded(sqlite_store, meeting_date=date(2026, 1, 1))
    url = f"/api/meetings/{meeting.id}"
    etag = client.get(url).headers["etag"]
    change = {"title": " 新名 ", "description": "一\n二", "meeting_date": None}
    answer = client.patch(url, json=change, headers={"If-Match": etag})
    assert answer.status_code == 200
    assert answer.headers["etag"] == client.get(url).headers["etag"] != etag
    body = answer.json()
    assert (body["title"], body["description"], body["meeting_date"]) == ("新名", "一\n二", None)
    assert queue.hints == [(meeting.id, body["version"])]


def test_fields_that_an_edit_omits_stay_unchanged(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store, description="舊", meeting_date=date(2026, 1, 1))
    client.patch(f"/api/meetings/{meeting.id}", json={"title": "新"}, headers={"If-Match": "*"})
    kept = sqlite_store.meetings.get(meeting.id)
    assert (kept.title, kept.description, kept.meeting_date) == ("新", "舊", date(2026, 1, 1))


def test_a_date_is_set(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    url = f"/api/meetings/{meeting.id}"
    answer = client.patch(url, json={"meeting_date": "2026-11-23"}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["meeting_date"]) == (200, "2026-11-23")


def test_an_edit_of_an_older_version_changes_nothing(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    url = f"/api/meetings/{meeting.id}"
    etag = client.get(url).headers["etag"]
    sqlite_store.meetings.edit(meeting.id, None, title="別人的")
    answer = client.patch(url, json={"title": "我的"}, headers={"If-Match": etag})
    refused(answer, 412, ErrorCode.VERSION_CONFLICT)
    assert sqlite_store.meetings.get(meeting.id).title == "別人的"


def test_an_edit_that_names_no_version_is_refused(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    refused(client.patch(f"/api/meetings/{meeting.id}", json={"title": "新"}), 428, ErrorCode.VERSION_MISSING)


@pytest.mark.parametrize("if_match", ['"latest"', "1; DROP", '"1", x'])
def test_an_if_match_that_is_no_version_is_refused_by_name(
    client: TestClient, sqlite_store: Database, if_match: str
) -> None:
    meeting = meetings.uploaded(sqlite_store)
    answer = client.patch(f"/api/meetings/{meeting.id}", json={"title": "新"}, headers={"If-Match": if_match})
    refused(answer, 422, ErrorCode.INVALID_REQUEST, "If-Match")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": None}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "\x00"}, "description"),
        ({"meeting_date": "tomorrow"}, "meeting_date"),
        ({"meeting_date": 1_700_000_000}, "meeting_date"),
        ({"status": "COMPLETED"}, "status"),
        ([], "body"),
    ],
)
def test_a_bad_edit_is_refused_by_name(client: TestClient, sqlite_store: Database, change: Any, field: str) -> None:
    meeting = meetings.uploaded(sqlite_store)
    answer = client.patch(f"/api/meetings/{meeting.id}", json=change, headers={"If-Match": "*"})
    refused(answer, 422, ErrorCode.INVALID_REQUEST, field)
    assert sqlite_store.meetings.get(meeting.id).version == meeting.version


def test_a_body_that_is_no_json_is_refused(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    headers = {"If-Match": "*", "Content-Type": "application/json"}
    answer = client.patch(f"/api/meetings/{meeting.id}", content=b"{", headers=headers)
    refused(answer, 422, ErrorCode.INVALID_REQUEST, "body")


# ---- retry, cancel, delete ---------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, {}, {"from": "failed"}])
def test_a_retried_meeting_continues_at_the_failed_step(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, body: Any
) -> None:
    meeting = meetings.failed(sqlite_store)
    answer = client.post(f"/api/meetings/{meeting.id}/retry", json=body)
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["error_code"]) == ("UPLOADED", None)
    assert queue.woken == [meeting.id]
    assert queue.hints == [(meeting.id, answer.json()["version"])]


def test_a_completed_meeting_is_summarized_again(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.completed(sqlite_store)
    answer = client.post(f"/api/meetings/{meeting.id}/retry", json={"from": "summarize"})
    assert (answer.status_code, answer.json()["status"]) == (202, "SUMMARIZING")
    assert queue.woken == [meeting.id]


def test_transcribing_a_paid_recording_again_needs_a_confirmation(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.completed(sqlite_store)
    meetings.set_columns(
        sqlite_store, meeting.id, submission=Submission("k"), provider_job_id="j", transcriber="speechmatics"
    )
    url = f"/api/meetings/{meeting.id}/retry"
    refused(client.post(url, json={"from": "transcribe"}), 409, ErrorCode.COST_NOT_CONFIRMED)
    assert queue.woken == []
    answer = client.post(url, json={"from": "transcribe", "confirm_cost": True})
    assert (answer.status_code, answer.json()["status"]) == (202, "TRANSCRIBING")


def test_a_running_meeting_cannot_be_retried(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribing(sqlite_store)
    for body in ({"from": "failed"}, {"from": "transcribe", "confirm_cost": True}, {"from": "summarize"}):
        refused(client.post(f"/api/meetings/{meeting.id}/retry", json=body), 409, ErrorCode.CONFLICT)


@pytest.mark.parametrize(
    ("body", "field"), [({"from": "upload"}, "from"), ({"confirm_cost": "yes"}, "confirm_cost"), ({"to": 1}, "to")]
)
def test_a_bad_retry_is_refused_by_name(
    client: TestClient, sqlite_store: Database, body: dict[str, Any], field: str
) -> None:
    meeting = meetings.failed(sqlite_store)
    answer = client.post(f"/api/meetings/{meeting.id}/retry", json=body)
    refused(answer, 422, ErrorCode.INVALID_REQUEST, field)


def test_a_running_meeting_is_cancelled_once(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.transcribing(sqlite_store)
    answer = client.post(f"/api/meetings/{meeting.id}/cancel")
    assert (answer.status_code, answer.json()["status"], answer.json()["error_code"]) == (202, "FAILED", "cancelled")
    assert queue.woken == []
    assert queue.hints == [(meeting.id, answer.json()["version"])]
    refused(client.post(f"/api/meetings/{meeting.id}/cancel"), 409, ErrorCode.CONFLICT)


def test_cancelling_a_sent_recording_says_that_a_retry_pays_again(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribing(sqlite_store)
    meetings.set_columns(
        sqlite_store, meeting.id, transcriber="speechmatics", submission=Submission("k"), stage="submitted"
    )
    told = client.post(f"/api/meetings/{meeting.id}/cancel", headers={"Accept-Language": "en"}).json()["status_reason"]
    assert "at a cost" in told
    assert client.get(f"/api/meetings/{meeting.id}", headers={"Accept-Language": "en"}).json()["status_reason"] == told
    refused(client.post(f"/api/meetings/{meeting.id}/retry"), 409, ErrorCode.COST_NOT_CONFIRMED)


def test_the_timeline_has_the_current_step_and_past_attempts(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribing(sqlite_store)
    path = f"/api/meetings/{meeting.id}/timeline"
    told = client.get(path).json()
    assert (told["now"]["step"], told["now"]["state"], told["attempts"]) == ("prepare", "held", [])
    tried = NewAttempt("prepare", sqlite_store.now(), "503")
    busy = {"tried": tried, "code": ErrorCode.PROVIDER_BUSY, "params": {}, "delay": 600.0, "failures": 1}
    sqlite_store.pipeline.record_retry(meeting.id, meeting.job.run, **busy)
    told = client.get(path).json()
    attempt = told["attempts"][0]
    assert (told["now"]["state"], attempt["outcome"], attempt["error_code"]) == ("waiting", "retry", "provider_busy")
    assert told["now"]["next_run_at"] == attempt["next_run_at"] > attempt["finished_at"]
    sqlite_store.switches.pause(True)
    assert client.get(path).json()["now"]["state"] == "paused"
    sqlite_store.meetings.cancel(meeting.id)
    assert client.get(path).json()["now"] is None


def test_a_deleted_meeting_is_gone_at_once(client: TestClient, sqlite_store: Database, queue: RememberingQueue) -> None:
    meeting = meetings.completed(sqlite_store)
    url = f"/api/meetings/{meeting.id}"
    answer = client.delete(url)
    assert (answer.status_code, answer.json()) == (202, {"id": meeting.id})
    assert queue.woken == [meeting.id]
    refused(client.get(url), 404, ErrorCode.NOT_FOUND)
    refused(client.delete(url), 404, ErrorCode.NOT_FOUND)
    assert client.get("/api/meetings").json()["items"] == []


def test_a_broken_queue_does_not_fail_a_committed_change(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(meeting: Any) -> bool:
        raise OSError("no queue")

    monkeypatch.setattr(queue, "wake", broken)
    meeting = meetings.failed(sqlite_store)
    assert client.post(f"/api/meetings/{meeting.id}/retry").status_code == 202
    assert client.delete(f"/api/meetings/{meeting.id}").status_code == 202


def test_no_response_of_the_api_is_cached(client: TestClient, sqlite_store: Database, services: Services) -> None:
    meeting = meetings.completed(sqlite_store)
    for path in ("", f"/{meeting.id}", f"/{meeting.id}/transcript", f"/{new_id()}"):
        assert client.get(f"/api/meetings{path}").headers["cache-control"] == "no-store"


def test_statuses_of_the_api_are_those_of_the_lifecycle(client: TestClient) -> None:
    schemas = client.get("/api/openapi.json").json()["components"]["schemas"]
    assert schemas["MeetingStatus"]["enum"] == [status.value for status in MeetingStatus]
