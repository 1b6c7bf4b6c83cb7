"""A route runs one command or query in one transaction. Pages and queue are notified after its response."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from tests import meetings
from tests.counting import counted

ACTION = {"kind": "action_item", "text": "寄信", "evidence": []}


@pytest.mark.parametrize(
    "path",
    [
        "/api/meetings",
        "/api/meetings/{id}",
        "/api/meetings/{id}?include=segments,summary,written",
        "/api/meetings/{id}?include=",
        "/api/meetings/{id}/segments",
        "/api/meetings/{id}/summaries",
        "/api/meetings/{id}/timeline",
        "/api/actions",
        "/api/actions.ics",
        "/api/templates",
        "/api/glossary",
        "/api/admin/overview",
    ],
)
def test_a_read_is_one_transaction(path: str, client: TestClient, sqlite_store: Database) -> None:
    made = [meetings.completed(sqlite_store, items=[ACTION]) for _ in range(3)]
    with counted(sqlite_store.engine) as found:
        assert client.get(path.format(id=made[0].id)).status_code == 200
    assert found.transactions == 1


def test_an_unchanged_meeting_is_one_statement(client: TestClient, sqlite_store: Database) -> None:
    path = f"/api/meetings/{meetings.completed(sqlite_store).id}"
    known = client.get(path).headers["etag"]
    with counted(sqlite_store.engine) as found:
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304
    assert (found.transactions, found.statements) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "改過的標題"}),
        ("POST", "/retry", {"from": "summarize"}),
        ("PUT", "/summaries/shown", {"version": 1}),
        ("DELETE", "", None),
        ("PATCH", "/items/{item}", {"done": True}),
        ("PATCH", "/segments/{segment}", {"text": "改過"}),
        ("PATCH", "/speakers/{speaker}", {"name": "阿明"}),
        ("DELETE", "/items/{item}", None),
    ],
)
def test_a_change_is_one_transaction(
    method: str, path: str, body: Any, client: TestClient, sqlite_store: Database
) -> None:
    meeting = meetings.completed(sqlite_store, items=[ACTION])
    summary, line = sqlite_store.summaries.find(meeting.id), sqlite_store.transcripts.shown(meeting.id).segments[0]
    assert summary is not None
    rows = {"item": summary.items[0].id, "segment": line.id, "speaker": line.speaker_id}
    url = f"/api/meetings/{meeting.id}{path.format(**rows)}"
    with counted(sqlite_store.engine) as found:
        assert client.request(method, url, json=body, headers={"If-Match": "*"}).is_success
    assert found.transactions == 1


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_the_response_is_sent_before_the_notifications(
    method: str, services: Services, sqlite_store: Database
) -> None:
    meeting = meetings.failed(sqlite_store)
    happened: list[str] = []

    def wake(_: Meeting) -> None:
        happened.append("the queue is told")

    def publish(*_: object) -> None:
        happened.append("pages are told")

    app = build_api(replace(services, wake=wake, publish=publish))

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                happened.append("the answer is out")
            await send(message)

        await app(scope, receive, sending)

    path = f"/api/meetings/{meeting.id}{'/retry' if method == 'POST' else ''}"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(watched), base_url="http://localhost") as asking:
        assert (await asking.request(method, path)).status_code == 202
    assert happened == ["the answer is out", "the queue is told", "pages are told"]
