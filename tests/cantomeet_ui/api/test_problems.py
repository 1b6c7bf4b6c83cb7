"""Errors as problem documents."""

from __future__ import annotations

import json
import logging
import sqlite3

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from cantomeet.errors import Conflict, ErrorCode, InvalidRequest, PermanentError, RecordingRefused, StorageFull
from cantomeet.i18n import EN, ZH
from cantomeet.store import Database
from cantomeet.store.meetings import Meetings
from cantomeet_ui.api.problems import preferred_language, problem_response


def test_a_problem_has_the_fields_of_the_rfc_and_a_stable_code(client: TestClient) -> None:
    answer = client.get("/api/meetings/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "en"
    assert answer.json() == {
        "type": "urn:cantomeet:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such meeting.",
        "code": "not_found",
    }


def test_the_detail_is_in_the_readers_language(client: TestClient) -> None:
    answer = client.get("/api/meetings/nowhere", headers={"Accept-Language": "zh-HK"})
    assert answer.json()["detail"] == "找不到這個會議。"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, ZH),
        ("", ZH),
        ("en", EN),
        ("en-GB,en;q=0.9", EN),
        ("zh-TW", ZH),
        ("yue-Hant-HK,en;q=0.5", ZH),
        ("fr, en;q=0.4, zh;q=0.5", ZH),
        ("fr", ZH),
        ("en;q=0, zh", ZH),
        ("en;q=0", ZH),
        ("en;q=high, zh", ZH),
        (",;;=,q", ZH),
        ("english", ZH),
    ],
)
def test_the_language_is_the_first_of_ours_that_is_accepted(accept: str | None, language: str) -> None:
    assert preferred_language(accept, ZH) == language


def test_without_accept_language_the_language_of_the_settings_is_used() -> None:
    assert preferred_language(None, EN) == EN


@pytest.mark.parametrize(
    ("error", "status", "extra"),
    [
        (InvalidRequest("a whole number", field="limit"), 422, {"field": "limit"}),
        (Conflict(code=ErrorCode.COST_NOT_CONFIRMED), 409, {}),
        (RecordingRefused("", code=ErrorCode.TOO_LARGE, limit_mb=7), 413, {"limit_mb": 7}),
        (RecordingRefused("", code=ErrorCode.NOT_A_RECORDING, found="text"), 415, {"found": "text"}),
        (StorageFull(), 507, {}),
    ],
)
def test_each_refusal_has_its_status_code_and_parameters(
    error: Conflict, status: int, extra: dict[str, object]
) -> None:
    answer = problem_response(error, EN)
    body = _json(answer.body)
    assert (answer.status_code, body["status"], body["code"]) == (status, status, error.code.value)
    assert {name: body[name] for name in extra} == extra
    assert "?" not in body["detail"]


def test_an_invalid_request_names_what_is_expected() -> None:
    body = _json(problem_response(InvalidRequest("a whole number", field="limit"), EN).body)
    assert body["errors"] == [{"field": "limit", "detail": "a whole number"}]


def test_an_error_that_no_client_can_fix_is_unexpected(caplog: pytest.LogCaptureFixture) -> None:
    answer = problem_response(PermanentError("secret words", code=ErrorCode.PROVIDER_BUSY), EN)
    assert answer.status_code == 500
    assert b"secret words" not in answer.body
    assert _json(answer.body)["reference"] in caplog.text


def test_an_unexpected_error_leaks_nothing_and_is_logged_under_its_reference(
    client: TestClient, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a password in a message")

    monkeypatch.setattr(Meetings, "get", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/meetings/x")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (500, "request_failed")
    assert body["reference"] in body["detail"]
    assert "password" not in answer.text
    assert f"({body['reference']})" in caplog.text
    assert "a password in a message" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_database_that_does_not_answer_is_503_with_retry_after(
    client: TestClient, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(Meetings, "get", locked)
    answer = client.get("/api/meetings/x")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert answer.headers["retry-after"] == "2"
    assert "SELECT" not in answer.text


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/meetings/a/b/c", "/webhooks/other", "/api/v2/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_a_problem_and_not_a_page(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_route")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/meetings", "GET"),
        ("POST", "/api/meetings/x", "GET, PATCH, DELETE"),
        ("GET", "/api/meetings/x/cancel", "POST"),
        ("GET", "/webhooks/speechmatics", "POST"),
    ],
)
def test_a_wrong_method_is_answered_with_the_allowed_ones(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


def test_openapi_is_served_without_pages_that_load_foreign_scripts(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/meetings", "/api/meetings/{meeting_id}", "/meetings/upload", "/health"} <= paths.keys()
    for page in ("/docs", "/redoc", "/api/docs"):
        assert client.get(page).status_code == 404


def _json(body: bytes | memoryview) -> dict[str, object]:
    return json.loads(bytes(body))  # type: ignore[no-any-return]
