"""Templates over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from cantomeet.errors import ErrorCode
from cantomeet.store import Database
from tests.cantomeet_ui.api.test_meetings import refused

MINE: dict[str, Any] = {
    "name": "我嘅 {{範本}}",
    "instructions": "用 {} 寫，{% include '/etc/passwd' %}，每點一行。",
    "sections": [{"title": "重點", "kind": "note"}, {"title": "決定", "kind": "decision"}],
}


def test_built_in_templates_are_listed_in_the_readers_language(client: TestClient) -> None:
    english = client.get("/api/templates").json()["items"]
    chinese = client.get("/api/templates", headers={"Accept-Language": "zh-HK"}).json()["items"]
    assert [(t["id"], t["name"], t["ships"], t["version"]) for t in english] == [
        ("general", "General", True, None),
        ("board_minutes", "Board minutes", True, None),
    ]
    assert [t["name"] for t in chinese] == ["一般會議", "董事會會議記錄"]
    assert (english[1]["sections"][1], chinese[1]["sections"][1]) == (
        {"kind": "chapter", "title": "Agenda"},
        {"kind": "chapter", "title": "議程"},
    )


def test_a_template_is_created_changed_and_deleted(client: TestClient) -> None:
    answer = client.post("/api/templates", json=MINE)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/templates/{made['id']}"
    assert {name: made[name] for name in MINE} == MINE
    url = answer.headers["Location"]
    changed = client.put(url, json={**MINE, "name": "新名", "version": 1})
    assert (changed.json()["name"], changed.json()["version"]) == ("新名", 2)
    refused(client.put(url, json={**MINE, "version": 1}), 412, ErrorCode.VERSION_CONFLICT)
    assert client.delete(url).json() == {"id": made["id"]}
    refused(client.delete(url), 404, ErrorCode.NOT_FOUND)
    refused(client.put(url, json=MINE), 404, ErrorCode.NOT_FOUND)
    assert len(client.get("/api/templates").json()["items"]) == 2


def test_built_in_templates_cannot_be_changed(client: TestClient) -> None:
    refused(client.put("/api/templates/general", json=MINE), 409, ErrorCode.CONFLICT)
    refused(client.delete("/api/templates/board_minutes"), 409, ErrorCode.CONFLICT)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "兩\n行"}, "name"),
        ({"name": 7}, "name"),
        ({"instructions": "長" * 4001}, "instructions"),
        ({"instructions": "a\x00b"}, "instructions"),
        ({"sections": []}, "sections"),
        ({"sections": [{"title": "甲", "kind": "poem"}]}, "sections.kind"),
        ({"sections": [{"title": "甲"}, {"title": "甲"}]}, "sections"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_an_invalid_template_is_refused_by_name(
    client: TestClient, sqlite_store: Database, change: dict[str, Any], field: str
) -> None:
    refused(client.post("/api/templates", json={**MINE, **change}), 422, ErrorCode.INVALID_REQUEST, field)
    assert sqlite_store.templates.all() == []


@pytest.mark.parametrize("template_id", ["no-such", "%00", "x" * 500, "範本"])
def test_an_unknown_template_is_not_found(client: TestClient, template_id: str) -> None:
    refused(client.delete(f"/api/templates/{template_id}"), 404, ErrorCode.NOT_FOUND)
