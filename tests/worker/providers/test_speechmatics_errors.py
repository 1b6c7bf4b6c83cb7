"""The error table is complete: nothing that the API or httpx can answer is without a place in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError
from cantomeet.reasons import reason_text
from tests.worker.providers.speechmatics_recordings import client
from tests.worker.providers.test_http_exceptions import httpx_exceptions
from worker.providers.http import retry_after, safe_message
from worker.providers.speechmatics.errors import (
    BY_CALL,
    BY_STATUS,
    Call,
    disposition_of_status,
    error_of_answer,
)

DOCUMENTED = {
    Call.SUBMIT: {400, 401, 403, 429, 500},
    Call.LIST: {401, 422, 429, 500},
    Call.CHECK: {401, 404, 410, 429, 500},
    Call.FETCH: {401, 404, 410, 429, 500},
    Call.DELETE: {401, 404, 410, 423, 429, 500},
}
"""Every status but the successes (200, 201) of the calls we make, from the provider's OpenAPI file of Batch v2."""
ELSEWHERE_DOCUMENTED = {501}
"""Of calls that we do not make."""
FROM_PAGES_AND_PROXIES = {408, 413, 502, 503, 504}


@pytest.mark.parametrize("call", Call)
def test_every_documented_status_has_a_place_of_its_own(call: Call) -> None:
    for status in DOCUMENTED[call] | ELSEWHERE_DOCUMENTED | FROM_PAGES_AND_PROXIES:
        assert (call, status) in BY_CALL or status in BY_STATUS, status


@pytest.mark.parametrize("call", Call)
@pytest.mark.parametrize("body", [b'{"code": 1, "error": "Job error", "detail": "why"}', b"<html>nginx</html>", b""])
def test_every_status_there_is_becomes_an_error_that_a_person_can_be_told(call: Call, body: bytes) -> None:
    for status in range(300, 600):
        error = error_of_answer(status, {}, body, call, secrets=())
        assert isinstance(error, TransientError | PermanentError)
        for language in ("en", "zh-Hant-HK"):
            text = reason_text(error.code, error.params, language)
            assert "?" not in text
            assert "{" not in text


@pytest.mark.parametrize("kind", sorted(httpx_exceptions(), key=repr))
def test_an_exception_of_httpx_never_leaves_the_client_as_it_is(kind: type[Exception]) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        error = kind.__new__(kind)
        error.args = ("a foreign text",)
        raise error

    with client("https://host", transport=httpx.MockTransport(fail)) as transcriber, pytest.raises(StepError) as met:
        transcriber.check("a1")
    assert isinstance(met.value, TransientError | PermanentError)
    assert "a foreign text" not in str(met.value)
    assert "{" not in reason_text(met.value.code, met.value.params, "en")


def test_a_status_without_a_place_goes_with_its_family() -> None:
    assert disposition_of_status(599, Call.CHECK, is_json=True).retry
    assert not disposition_of_status(499, Call.CHECK, is_json=True).retry
    assert disposition_of_status(302, Call.CHECK, is_json=False).code is ErrorCode.PROVIDER_UNREACHABLE


NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "999999999"}, 86400.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0.0),
        ({"retry-after": format_datetime(NOW + timedelta(days=90), usegmt=True)}, 86400.0),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date_by_the_provider_s_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after({"date": format_datetime(NOW, usegmt=True), **headers}) == seconds


def test_a_retry_date_without_the_provider_s_clock_is_measured_by_ours() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    seconds = retry_after({"retry-after": format_datetime(later, usegmt=True)})
    assert seconds is not None
    assert 3000 < seconds <= 3600


def test_a_foreign_text_is_made_one_short_line_without_secrets() -> None:
    text = safe_message("  no\r\nroom\x00 for\u202e k-123\ud800 " + "x" * 400, ("k-123",))
    assert text.startswith("no room for …")
    assert len(text) == 300
    text.encode()


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b"{}", b"[" * 100_000, b"\xff", b'{"error": {"a": 1}}'])
def test_an_error_body_of_any_shape_is_stood(body: bytes) -> None:
    assert isinstance(error_of_answer(400, {}, body, Call.CHECK, secrets=()), PermanentError)
