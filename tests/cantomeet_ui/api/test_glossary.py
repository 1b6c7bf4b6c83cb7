"""The glossary over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from cantomeet import access
from cantomeet.access import Action
from cantomeet.glossary import Term
from cantomeet.store import Database

URL = "/api/glossary"


def put(client: TestClient, *terms: Any, **headers: str) -> Any:
    return client.put(URL, json={"terms": list(terms)}, headers=headers)


def test_a_replaced_glossary_is_returned(client: TestClient, sqlite_store: Database) -> None:
    answer = put(client, {"content": " 葵涌 "}, {"content": "CantoMeet", "sounds_like": ["簡圖米"]})
    assert answer.status_code == 200
    got = client.get(URL)
    assert got.json() == answer.json()
    assert got.json()["terms"] == [
        {"content": "葵涌", "sounds_like": []},
        {"content": "CantoMeet", "sounds_like": ["簡圖米"]},
    ]
    assert got.headers["etag"] == answer.headers["etag"]
    assert sqlite_store.glossary.terms()[0] == Term("葵涌")


@pytest.mark.parametrize(
    ("terms", "field", "told"),
    [
        ([{"content": f"t{n}"} for n in range(1001)], "terms", "1,001"),
        ([{"content": "a"}, {"content": "one two three four five six seven"}], "terms.2", "one two three"),
        ([{"content": "bell\x07here"}], "terms.1", "control character"),
        ([{"content": "CEO", "sounds_like": ["see ee oh"]}], "terms.1", "see ee oh"),
        ([{"content": "a"}, {"content": "a"}], "terms.2", "number 1"),
    ],
)
def test_a_bad_term_is_refused_by_name_and_nothing_changes(
    client: TestClient, sqlite_store: Database, terms: list[Any], field: str, told: str
) -> None:
    sqlite_store.glossary.replace([Term("葵涌")])
    answer = put(client, *terms)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["field"] == field
    assert told in answer.json()["errors"][0]["detail"]
    assert sqlite_store.glossary.terms() == [Term("葵涌")]


def test_every_bad_term_is_named_in_the_readers_language(client: TestClient) -> None:
    answer = put(client, {"content": ""}, {"content": "a"}, {"content": "10:30"}, **{"Accept-Language": "zh-HK"})
    assert [error["field"] for error in answer.json()["errors"]] == ["terms.1", "terms.3"]
    assert "冒號" in answer.json()["errors"][1]["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "terms"), ({"terms": "a"}, "terms"), ({"terms": [{"sounds_like": []}]}, "terms.content"), ([], "body")],
)
def test_an_invalid_glossary_names_the_field(client: TestClient, body: Any, field: str) -> None:
    answer = client.put(URL, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_an_older_etag_is_refused(client: TestClient) -> None:
    first = client.get(URL).headers["etag"]
    assert put(client, {"content": "甲"}, **{"If-Match": first}).status_code == 200
    assert put(client, {"content": "乙"}, **{"If-Match": first}).status_code == 412
    assert put(client, {"content": "乙"}, **{"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_an_administrator_is_allowed(client: TestClient, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(access, "may", lambda actor, asked, meeting=None: asked is not Action.ADMINISTER)
    assert client.request(method, URL, json={"terms": []}).status_code == 403
