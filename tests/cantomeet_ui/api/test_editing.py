"""Corrections over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from cantomeet.models import Meeting
from cantomeet.store import Database, NewAttempt, NewSegment
from tests import meetings
from tests.cantomeet.test_editing import items, summed_up
from tests.cantomeet_ui.api.conftest import RememberingQueue


@pytest.fixture
def meeting(sqlite_store: Database) -> Meeting:
    return summed_up(sqlite_store)


def urls(store: Database, meeting: Meeting) -> dict[str, str]:
    """The URLs of an action item, a decision, a line and its speaker."""
    action, decision = items(store, meeting)
    line = store.transcripts.shown(meeting.id).segments[1]
    base = f"/api/meetings/{meeting.id}"
    return {
        "action": f"{base}/items/{action.id}",
        "decision": f"{base}/items/{decision.id}",
        "line": f"{base}/segments/{line.id}",
        "speaker": f"{base}/speakers/{line.speaker_id}",
    }


def test_an_item_is_corrected_against_its_own_version(
    client: TestClient, sqlite_store: Database, meeting: Meeting
) -> None:
    url = urls(sqlite_store, meeting)["action"]
    body = {"text": " 交預算 ", "owner": "阿明", "due_date": "2026-12-02", "done": True}
    answer = client.patch(url, json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == '"2"'
    shown = answer.json()
    assert (shown["text"], shown["original_text"], shown["owner"]) == ("交預算", "交 budget", "阿明")
    assert (shown["due_date"], shown["done"], shown["edited"], shown["version"]) == ("2026-12-02", True, True, 2)
    assert shown["verified"]
    again = client.patch(url, json={"text": "別的"}, headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["code"]) == (412, "version_conflict")
    assert client.patch(url, json={"text": "別的"}).status_code == 428


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("action", {"text": " "}, "text"),
        ("action", {"text": "x" * 2001}, "text"),
        ("action", {"text": "a\x00"}, "text"),
        ("action", {"text_other": "in English"}, "text_other"),
        ("action", {"owner": "x" * 81}, "owner"),
        ("action", {"due_date": "0001-01-01"}, "due_date"),
        ("action", {"due_date": "soon"}, "due_date"),
        ("action", {"done": "yes"}, "done"),
        ("action", {"stale": True}, "stale"),
        ("action", {"evidence": []}, "evidence"),
        ("decision", {"owner": "阿明"}, "owner"),
        ("decision", {"done": True}, "done"),
        ("line", {"text": ""}, "text"),
        ("line", {"original_text": "x"}, "original_text"),
        ("speaker", {"name": "x" * 81}, "name"),
        ("speaker", {}, "name"),
    ],
)
def test_an_invalid_edit_is_refused_by_name(
    client: TestClient, sqlite_store: Database, meeting: Meeting, what: str, body: dict[str, Any], field: str
) -> None:
    answer = client.patch(urls(sqlite_store, meeting)[what], json=body, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json().get("field")) == (422, field), answer.text
    assert sqlite_store.meetings.get(meeting.id).version == meeting.version


@pytest.mark.parametrize("what", ["items", "segments", "speakers"])
@pytest.mark.parametrize("row", ["nothing", "x" * 37, "%00", "00000000-0000-4000-8000-000000000000"])
def test_an_edit_of_something_unknown_is_not_found(client: TestClient, meeting: Meeting, what: str, row: str) -> None:
    body = {"name": "x"} if what == "speakers" else {"text": "x"}
    answer = client.patch(f"/api/meetings/{meeting.id}/{what}/{row}", json=body, headers={"If-Match": "*"})
    assert answer.status_code in (404, 422)
    assert answer.json()["code"] in ("not_found", "invalid_request")


def test_an_item_is_deleted(client: TestClient, sqlite_store: Database, meeting: Meeting) -> None:
    url = urls(sqlite_store, meeting)["decision"]
    assert client.delete(url).status_code == 428
    assert client.delete(url, headers={"If-Match": '"1"'}).status_code == 204
    summary = client.get(f"/api/meetings/{meeting.id}").json()["summary"]
    assert (summary["decisions"], len(summary["action_items"])) == ([], 1)


def test_a_corrected_line_is_marked_and_its_items_are_stale(
    client: TestClient, sqlite_store: Database, meeting: Meeting
) -> None:
    where = urls(sqlite_store, meeting)
    answer = client.patch(where["line"], json={"text": "預算下星期四交。"}, headers={"If-Match": '"1"'})
    assert (answer.json()["edited"], answer.json()["version"], answer.json()["speaker"]) == (True, 2, "S2")
    body = client.get(f"/api/meetings/{meeting.id}").json()
    assert body["segments"][1]["text"] == "預算下星期四交。"
    (action,) = body["summary"]["action_items"]
    assert (action["stale"], action["verified"]) == (True, False)
    assert (action["evidence"][0]["check"], action["evidence"][0]["was"]) == ("unverified", "exact")
    held = client.patch(where["action"], json={"stale": False}, headers={"If-Match": f'"{action["version"]}"'}).json()
    assert (held["stale"], held["verified"], held["evidence"][0]["quote"]) == (False, True, "預算下星期四交。")


def test_a_speaker_is_named_and_lines_and_owners_follow(
    client: TestClient, sqlite_store: Database, meeting: Meeting
) -> None:
    url = urls(sqlite_store, meeting)["speaker"]
    answer = client.patch(url, json={"name": " 阿明 "}, headers={"If-Match": '"1"'})
    assert (answer.json()["name"], answer.json()["label"], answer.headers["etag"]) == ("阿明", "S2", '"2"')
    body = client.get(f"/api/meetings/{meeting.id}").json()
    assert [s["speaker"] for s in body["segments"]] == ["S1", "阿明", None]
    assert [(s["label"], s["name"], s["version"]) for s in body["speakers"]] == [("S1", None, 1), ("S2", "阿明", 2)]
    assert body["summary"]["action_items"][0]["owner"] == "阿明"
    assert client.patch(url, json={"name": ""}, headers={"If-Match": '"2"'}).json()["name"] is None


def test_open_pages_are_notified(
    client: TestClient, sqlite_store: Database, meeting: Meeting, queue: RememberingQueue
) -> None:
    where = urls(sqlite_store, meeting)
    client.patch(where["line"], json={"text": "改"}, headers={"If-Match": "*"})
    client.patch(where["speaker"], json={"name": "阿明"}, headers={"If-Match": "*"})
    client.patch(where["action"], json={"done": True}, headers={"If-Match": "*"})
    client.delete(where["decision"], headers={"If-Match": "*"})
    assert queue.hints == [(meeting.id, meeting.version + n) for n in range(1, 5)]


def test_notes_of_a_template_are_shown_with_their_section(client: TestClient, sqlite_store: Database) -> None:
    note = {"kind": "note", "section": "出席", "text": "陳主席、阿明", "evidence": []}
    found = meetings.completed(sqlite_store, items=[note])
    summary = client.get(f"/api/meetings/{found.id}").json()["summary"]
    assert [(n["section"], n["text"], n["verified"]) for n in summary["notes"]] == [("出席", "陳主席、阿明", False)]


def test_an_unclear_line_is_marked_until_it_is_corrected(client: TestClient, sqlite_store: Database) -> None:
    started = meetings.transcribing(sqlite_store)
    lines = [NewSegment(0.0, 5.0, "諗諗諗諐", "", [], unclear=True)]
    sqlite_store.pipeline.finish_transcript(
        started.id, started.job.run, lines, replace=False, tried=NewAttempt("recognise", sqlite_store.now())
    )
    url = f"/api/meetings/{started.id}"
    (line,) = client.get(url, headers={"Accept-Language": "zh-HK"}).json()["segments"]
    assert (line["text"], line["unclear"], line["start"], line["end"]) == ("聽不清", True, 0.0, 5.0)
    assert "諗諗" not in client.get(url).text
    assert client.get(url, headers={"Accept-Language": "en"}).json()["segments"][0]["text"] == "(unclear)"
    edited = client.patch(f"{url}/segments/{line['id']}", json={"text": "我哋再諗。"}, headers={"If-Match": "*"}).json()
    assert (edited["text"], edited["unclear"], edited["edited"]) == ("我哋再諗。", False, True)
