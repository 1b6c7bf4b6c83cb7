"""Action items across meetings over HTTP."""

from __future__ import annotations

from datetime import date

from fastapi.testclient import TestClient

from cantomeet.store import Database
from tests import meetings
from tests.cantomeet.test_actions import action


def test_items_are_listed_with_their_meeting(client: TestClient, sqlite_store: Database) -> None:
    items = [action("交 budget", date(2020, 1, 1), "阿明"), action("查費用")]
    meeting = meetings.completed(sqlite_store, items=items, title="例會")
    body = client.get("/api/actions").json()
    assert body["more"] is False
    first, second = body["items"]
    assert (first["text"], first["owner"], first["due_date"], first["done"]) == (
        "交 budget",
        "阿明",
        "2020-01-01",
        False,
    )
    assert (first["meeting_id"], first["meeting_title"], first["version"]) == (meeting.id, "例會", 1)
    assert second["due_date"] is None
    assert [i["text"] for i in client.get("/api/actions?due=overdue&owner=阿明").json()["items"]] == ["交 budget"]
    client.patch(
        f"/api/meetings/{meeting.id}/items/{first['id']}", json={"done": True}, headers={"If-Match": '"1"'}
    ).raise_for_status()
    assert [i["text"] for i in client.get("/api/actions").json()["items"]] == ["查費用"]
    assert [i["text"] for i in client.get("/api/actions?done=done").json()["items"]] == ["交 budget"]


def test_the_calendar_is_a_download_with_links_to_its_meetings(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store, items=[action("交 budget", date(2026, 12, 2)), action("查費用")])
    answer = client.get("/api/actions.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["content-disposition"].startswith('attachment; filename="cantomeet.ics"')
    whole = answer.text.replace("\r\n ", "")
    assert whole.count("BEGIN:VEVENT") == 1
    assert f"URL:https://notes.example.org/meetings/{meeting.id}" in whole
    assert "BEGIN:VEVENT" not in client.get("/api/actions.ics?owner=阿明").text


def test_an_invalid_filter_is_refused_by_name(client: TestClient) -> None:
    for path in ("/api/actions", "/api/actions.ics"):
        answer = client.get(path, params={"due": "soon"})
        assert (answer.status_code, answer.json()["field"]) == (422, "due")


def test_unverified_items_are_listed_last(client: TestClient, sqlite_store: Database) -> None:
    proof = [{"segment_id": "s", "quote": "查費用", "start": 0.0, "end": 1.5, "check": "exact"}]
    items = [{**action("估計", date(2020, 1, 1)), "evidence": []}, {**action("查費用"), "evidence": proof}]
    meeting = meetings.completed(sqlite_store, items=items)
    of_meeting = client.get(f"/api/meetings/{meeting.id}").json()["summary"]["action_items"]
    for listed in (client.get("/api/actions").json()["items"], of_meeting):
        assert [(item["text"], item["verified"]) for item in listed] == [("查費用", True), ("估計", False)]
