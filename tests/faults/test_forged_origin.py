"""Fault 18: a page of another site makes the browser send requests."""

from __future__ import annotations

import httpx

from tests.running import Background
from tests.upload_server import UploadServer

ACTS = [
    ("POST", "/meetings/upload"),
    ("POST", "/api/uploads/"),
    ("PATCH", "/api/meetings/{id}"),
    ("POST", "/api/meetings/{id}/retry"),
    ("POST", "/api/meetings/{id}/cancel"),
    ("DELETE", "/api/meetings/{id}"),
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://127.0.0.1:1"},
]


def test_another_site_can_change_nothing_and_its_name_leads_nowhere(side: Background, web: UploadServer) -> None:
    meeting = side.upload()
    before = side.store.meetings.get(meeting.id)
    for method, path in ACTS:
        for headers in FOREIGN:
            answer = httpx.request(method, web.url + path.format(id=meeting.id), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_origin"), (method, path, headers)
    rebound = httpx.delete(f"{web.url}/api/meetings/{meeting.id}", headers={"Host": "evil.example"})
    assert rebound.status_code == 421
    # Every change raises the version. That the rescuer has enqueued it meanwhile is no change.
    assert side.store.meetings.get(meeting.id).version == before.version
    ours = httpx.post(f"{web.url}/api/meetings/{meeting.id}/cancel", headers={"Origin": web.url})
    assert ours.status_code == 202
    assert before.version < side.store.meetings.get(meeting.id).version
