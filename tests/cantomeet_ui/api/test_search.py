"""The search over HTTP."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from cantomeet.store import Database
from tests import meetings


def test_hits_come_with_their_place_and_marks(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store, [("S1", "早晨"), ("S1", "今年預算十二萬")], title="例會")
    line = sqlite_store.transcripts.shown(meeting.id).segments[1]
    answer = client.get("/api/search", params={"q": "预算 12萬"}).raise_for_status().json()
    assert (answer["hits"], answer["complete"]) == ([], False)
    meetings.index(sqlite_store)
    hit = {
        "meeting_id": meeting.id,
        "meeting_title": "例會",
        "source": "line",
        "segment_id": line.id,
        "item_id": None,
        "speaker": "S1",
        "start": 2.0,
        "text": "今年預算十二萬",
        "marks": [[2, 7]],
    }
    for q in ("预算 12萬", "預算１２萬"):
        assert client.get("/api/search", params={"q": q, "by": "text"}).json() == {
            "hits": [hit],
            "total": 1,
            "counted_all": True,
            "complete": True,
            "next_cursor": None,
        }


def test_pages_follow_each_other(client: TestClient, sqlite_store: Database) -> None:
    meetings.transcribed(sqlite_store, [("S1", f"預算{n}") for n in range(3)])
    meetings.index(sqlite_store)
    first = client.get("/api/search", params={"q": "預算", "limit": "2"}).json()
    second = client.get("/api/search", params={"q": "預算", "limit": "2", "cursor": first["next_cursor"]}).json()
    assert [hit["text"] for hit in (*first["hits"], *second["hits"])] == ["預算0", "預算1", "預算2"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("q", ['"', "%", "*", "🙂", "，。", "🙂" * 200])
def test_signs_alone_find_nothing(client: TestClient, sqlite_store: Database, q: str) -> None:
    meetings.uploaded(sqlite_store, title=q)
    meetings.index(sqlite_store)
    assert client.get("/api/search", params={"q": q}).raise_for_status().json()["hits"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "q"), ("q=%00", "q"), (f"q={'x' * 201}", "q"), ("q=a&by=smell", "by"), ("q=a&cursor=-1", "cursor")],
)
def test_bad_input_is_refused_by_name(client: TestClient, query: str, field: str) -> None:
    answer = client.get(f"/api/search?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
