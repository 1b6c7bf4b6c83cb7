"""Wishes for a summary, its versions, and waiting for the speakers' names, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cantomeet.errors import ErrorCode
from cantomeet.store import Database, NewAttempt, NewSummary
from cantomeet.templates import BOARD_MINUTES
from tests import meetings
from tests.cantomeet_ui.api.conftest import RememberingQueue
from tests.cantomeet_ui.api.test_meetings import refused

USAGE = {
    **{"requests": 3, "tokens_in": 900, "tokens_out": 120, "repeats": 1, "reused": 2},
    **{"cost": 0.25, "estimated": False},
}


def summarize(store: Database, meeting_id: str, **columns: Any) -> None:
    meeting = store.pipeline.take_lease(meeting_id, 60)
    assert meeting is not None
    items: list[dict[str, Any]] = [
        {"kind": "decision", "text": "通過", "text_other": "Carried", "evidence": []},
        {"kind": "note", "text": "茶點", "section": "其他", "evidence": []},
        {"kind": "action_item", "text": "交", "evidence": [], "due_date": date(2026, 12, 2)},
    ]
    new = NewSummary("llm", "zh-Hant-HK+en", items, BOARD_MINUTES, title="紀要", title_other="Minutes", **columns)
    store.pipeline.finish_summary(meeting.id, meeting.job.run, new, tried=NewAttempt("summarize", store.now()))


def test_the_versions_are_listed_with_their_usage_and_coverage(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store)
    sqlite_store.meetings.retry(meeting.id, "summarize")
    coverage = {"covered": 3, "total": 3}
    summarize(sqlite_store, meeting.id, name="a model", usage=USAGE, coverage=coverage, warnings=("template_gone",))
    new, old = client.get(f"/api/meetings/{meeting.id}/summaries").json()["items"]
    assert (new["version"], new["shown"], old["version"], old["shown"]) == (2, True, 1, False)
    assert (new["usage"], new["coverage"], old["usage"]) == (USAGE, coverage, None)
    assert (new["template"], new["template_name"]) == ("board_minutes", "Board minutes")
    assert new["sections"][2] == {"kind": "decision", "title": "決議"}
    assert (new["title"], new["title_other"], new["summarizer"]) == ("紀要", "Minutes", "a model")
    assert new["warnings"][0]["code"] == "template_gone"
    assert "no longer exists" in new["warnings"][0]["text"]


def test_the_usage_of_all_versions_is_added_up(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store)
    for cost in (0.25, None, 0.5):
        sqlite_store.meetings.retry(meeting.id, "summarize")
        summarize(sqlite_store, meeting.id, usage={**USAGE, "cost": cost, "estimated": cost is None})
    total = client.get(f"/api/meetings/{meeting.id}/summaries").json()["usage"]
    assert (total["requests"], total["tokens_in"], total["repeats"]) == (9, 2700, 3)
    assert (total["cost"], total["estimated"]) == (0.75, True)


def test_a_meeting_without_a_summary_has_no_versions(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store)
    assert client.get(f"/api/meetings/{meeting.id}/summaries").json() == {"items": [], "usage": None}


def test_an_earlier_version_can_be_shown_and_any_can_be_read(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.completed(sqlite_store)
    sqlite_store.meetings.retry(meeting.id, "summarize")
    summarize(sqlite_store, meeting.id)
    url = f"/api/meetings/{meeting.id}"
    before = client.get(url)
    changed = client.put(f"{url}/summaries/shown", json={"version": 1})
    assert changed.status_code == 200
    assert queue.hints[-1] == (meeting.id, changed.json()["version"])
    shown = client.get(url, headers={"If-None-Match": before.headers["ETag"]}).json()["summary"]
    assert (shown["version"], shown["shown"]) == (1, True)
    other = client.get(url, params={"summary_version": 2, "include": "summary"}).json()["summary"]
    assert (other["version"], other["shown"], other["decisions"][0]["text_other"]) == (2, False, "Carried")
    assert [(note["section"], note["text"]) for note in other["notes"]] == [("其他", "茶點")]


@pytest.mark.parametrize("body", [{"version": 0}, {"version": "1"}, {"version": 2**40}, {}, {"version": 1, "x": 1}])
def test_an_invalid_version_is_refused(client: TestClient, sqlite_store: Database, body: dict[str, Any]) -> None:
    meeting = meetings.completed(sqlite_store)
    assert client.put(f"/api/meetings/{meeting.id}/summaries/shown", json=body).status_code == 422


def test_an_unknown_version_is_not_found(client: TestClient, sqlite_store: Database) -> None:
    url = f"/api/meetings/{meetings.completed(sqlite_store).id}"
    refused(client.put(f"{url}/summaries/shown", json={"version": 7}), 404, ErrorCode.NOT_FOUND)
    refused(client.get(url, params={"summary_version": 7}), 404, ErrorCode.NOT_FOUND)


# ---- another summary ---------------------------------------------------------------------------------------


def test_another_summary_is_requested_with_its_wishes(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.completed(sqlite_store)
    wishes = {"template": "board_minutes", "summary_language": "en", "name_speakers_first": False}
    answer = client.post(f"/api/meetings/{meeting.id}/retry", json={"from": "summarize", **wishes})
    assert answer.status_code == 202
    assert {name: answer.json()[name] for name in wishes} == wishes
    assert queue.woken == [meeting.id]
    assert sqlite_store.meetings.get(meeting.id).summary_round == 2


def test_wishes_can_be_changed_before_the_summary_is_written(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    wishes = {"template": "board_minutes", "summary_language": "zh-Hant-HK+en", "name_speakers_first": True}
    answer = client.patch(f"/api/meetings/{meeting.id}", json=wishes, headers={"If-Match": "*"})
    assert {name: answer.json()[name] for name in wishes} == wishes


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"template": "gone"}, "template"),
        ({"summary_language": "fr"}, "summary_language"),
        ({"name_speakers_first": "yes"}, "name_speakers_first"),
    ],
)
def test_an_invalid_wish_is_refused_by_name(
    client: TestClient, sqlite_store: Database, wish: dict[str, Any], field: str
) -> None:
    url = f"/api/meetings/{meetings.completed(sqlite_store).id}"
    refused(client.patch(url, json=wish, headers={"If-Match": "*"}), 422, ErrorCode.INVALID_REQUEST, field)
    refused(client.post(f"{url}/retry", json={"from": "summarize", **wish}), 422, ErrorCode.INVALID_REQUEST, field)


# ---- names first -------------------------------------------------------------------------------------------


def test_a_summary_that_waits_for_names_says_so_and_is_started_on_request(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.transcribed(sqlite_store, name_speakers_first=True)
    url = f"/api/meetings/{meeting.id}"
    assert client.get(url).json()["waiting_for"] == "names"
    assert client.get("/api/meetings").json()["items"][0]["waiting_for"] == "names"
    assert client.get("/health").json()["oldest_due_seconds"] == 0
    answer = client.post(f"{url}/summarize")
    assert (answer.status_code, answer.json()["waiting_for"], queue.woken) == (202, None, [meeting.id])
    refused(client.post(f"{url}/summarize"), 409, ErrorCode.CONFLICT)


def test_the_list_is_filtered_by_waiting_for_names(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store, name_speakers_first=True)
    meetings.transcribed(sqlite_store)
    found = client.get("/api/meetings", params={"waiting_for": "names"}).json()["items"]
    assert [item["id"] for item in found] == [meeting.id]
    refused(client.get("/api/meetings?waiting_for=rain"), 422, ErrorCode.INVALID_REQUEST, "waiting_for")


def test_switching_the_wait_off_wakes_the_summary(
    client: TestClient, sqlite_store: Database, queue: RememberingQueue
) -> None:
    meeting = meetings.transcribed(sqlite_store, name_speakers_first=True)
    url = f"/api/meetings/{meeting.id}"
    client.patch(url, json={"title": "另一個"}, headers={"If-Match": "*"})
    assert queue.woken == []
    answer = client.patch(url, json={"name_speakers_first": False}, headers={"If-Match": "*"})
    assert (answer.json()["waiting_for"], queue.woken) == (None, [meeting.id])
