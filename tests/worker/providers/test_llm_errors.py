"""Every answer and every exception of httpx has its place, names the setting to mend, and holds no key."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError
from cantomeet.reasons import reason_text
from tests.worker.providers.test_http_exceptions import httpx_exceptions
from worker.providers.http import FOREIGN
from worker.providers.llm.errors import (
    BY_STATUS,
    BadRequest,
    CallFailed,
    ContextExceeded,
    error_of_answer,
    error_of_exception,
    read_error,
)

KEY = "sk-very-secret-0123456789"
HOST = "llm.example.test"


def answered(status: int, error: Any = "it went wrong", headers: dict[str, str] | None = None) -> StepError:
    body = json.dumps({"error": error}).encode() if not isinstance(error, bytes) else error
    failed = error_of_answer(status, headers or {}, body, provider=HOST, secrets=(KEY,))
    assert not isinstance(failed, ContextExceeded)
    return failed.error


@pytest.mark.parametrize("kind", sorted(httpx_exceptions(), key=repr), ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_is_caught_and_has_its_disposition(kind: type[Exception]) -> None:
    assert issubclass(kind, FOREIGN)
    raised = kind.__new__(kind)
    raised.args = (f"Bearer {KEY}",)
    failed = error_of_exception(raised, HOST)
    assert isinstance(failed.error, TransientError | PermanentError)
    assert KEY not in f"{failed} {failed.error} {failed.error.params}"
    assert reason_text(failed.error.code, failed.error.params, "en").count("?") == 0


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_what_was_never_sent_was_not_paid_for(kind: type[httpx.TransportError]) -> None:
    assert not error_of_exception(kind("gone"), HOST).maybe_paid


@pytest.mark.parametrize("kind", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
def test_what_was_sent_and_not_answered_may_have_been_paid_for(kind: type[httpx.TransportError]) -> None:
    failed = error_of_exception(kind("gone"), HOST)
    assert failed.maybe_paid
    assert isinstance(failed.error, TransientError)


@pytest.mark.parametrize("status", sorted({*BY_STATUS, 300, 302, 418, 431, 451, 499, 507, 599, 700}))
@pytest.mark.parametrize(
    "body", [b'{"error": {"message": "no"}}', b"<html>no</html>", b"", b"[" * 9999, b'{"error": 1}']
)
def test_every_status_is_an_error_of_ours_with_a_complete_text(status: int, body: bytes) -> None:
    failed = error_of_answer(status, {}, body, provider=HOST, secrets=(KEY,))
    if isinstance(failed, ContextExceeded):
        assert status == 413
        return
    assert isinstance(failed.error, TransientError | PermanentError)
    for language in ("en", "zh-Hant-HK"):
        assert "?" not in reason_text(failed.error.code, failed.error.params, language)


@pytest.mark.parametrize(
    ("status", "error", "code", "setting"),
    [
        (401, {"message": "bad key"}, ErrorCode.PROVIDER_KEY_REFUSED, "OPENAI_API_KEY"),
        (403, {"message": "not yours"}, ErrorCode.PROVIDER_FORBIDDEN, "OPENAI_API_KEY"),
        (402, {"message": "credit balance is too low"}, ErrorCode.PROVIDER_FORBIDDEN, "OPENAI_API_KEY"),
        (
            429,
            {"code": "insufficient_quota", "message": "You exceeded"},
            ErrorCode.PROVIDER_FORBIDDEN,
            "OPENAI_API_KEY",
        ),
        (404, {"code": "model_not_found"}, ErrorCode.MODEL_UNKNOWN, "OPENAI_MODEL"),
        (404, {"message": 'model "x" not found, try pulling it first'}, ErrorCode.MODEL_UNKNOWN, "OPENAI_MODEL"),
        (400, {"message": "x is not a valid model ID"}, ErrorCode.MODEL_UNKNOWN, "OPENAI_MODEL"),
        (404, "Not Found", ErrorCode.PROVIDER_UNREACHABLE, "OPENAI_BASE_URL"),
        (404, b"<html>model not found</html>", ErrorCode.PROVIDER_UNREACHABLE, "OPENAI_BASE_URL"),
        (302, b"", ErrorCode.PROVIDER_UNREACHABLE, "OPENAI_BASE_URL"),
        (400, {"message": "bad"}, ErrorCode.PROVIDER_REJECTED, None),
        (422, {"message": "bad"}, ErrorCode.PROVIDER_REJECTED, None),
    ],
)
def test_what_a_person_must_mend_is_permanent_and_names_the_setting(
    status: int, error: Any, code: ErrorCode, setting: str | None
) -> None:
    failed = answered(status, error)
    assert isinstance(failed, PermanentError)
    assert (failed.code, failed.params.get("setting")) == (code, setting)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529, 599])
def test_what_passes_is_tried_again(status: int) -> None:
    assert isinstance(answered(status), TransientError)


def test_the_wait_that_was_asked_for_is_handed_on() -> None:
    failed = answered(429, "slow down", {"retry-after": "17"})
    assert isinstance(failed, TransientError)
    assert failed.retry_after == 17.0


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (413, "too large"),
        (400, "This model's maximum context length is 8192 tokens"),
        (400, "the request exceeds the available context size, try increasing it"),
        (400, "prompt is too long: 210000 tokens"),
        (422, "input is too long for the requested model"),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"),
        (400, "prompt tokens (5000) + max_tokens (4000) > max_model_len (4096)"),
        (400, "the max input characters is 20000"),
        (400, "tokens limit exceeded"),
        (400, "Your input is over the allowed length"),
        (400, "Please shorten your prompt."),
        (400, "Context is full"),
    ],
)
def test_a_prompt_over_the_models_context_is_told_apart(status: int, message: str) -> None:
    body = json.dumps({"error": {"message": message}}).encode()
    assert isinstance(error_of_answer(status, {}, body, provider=HOST, secrets=()), ContextExceeded)


@pytest.mark.parametrize(
    "message",
    [
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens",
        "prompt tokens (5000) + max_tokens (4000) > max_model_len (4096)",
        "input length and `max_tokens` exceed context limit: 190 + 4000 > 4096, decrease input length",
    ],
)
def test_the_room_that_prompt_and_answer_share_is_read_from_the_words(message: str) -> None:
    body = json.dumps({"error": {"message": message}}).encode()
    refused = error_of_answer(400, {}, body, provider=HOST, secrets=())
    assert isinstance(refused, ContextExceeded)
    assert refused.context == 4096


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Invalid schema for response_format: string length limit exceeded in enum"),
        (400, "The JSON schema is too long"),
        (404, "No endpoints found that can handle the requested parameters."),
    ],
)
def test_a_way_of_asking_that_is_refused_is_no_long_prompt_and_no_wrong_address(status: int, message: str) -> None:
    body = json.dumps({"error": {"message": message}}).encode()
    assert isinstance(error_of_answer(status, {}, body, provider=HOST, secrets=()), BadRequest)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "No endpoints found for qwen."),
        (400, "No models loaded. Please load a model"),
        (404, "No model is loaded"),
    ],
)
def test_a_model_that_is_not_there_is_no_wrong_address(status: int, message: str) -> None:
    assert answered(status, {"message": message}).code is ErrorCode.MODEL_UNKNOWN


def test_another_refusal_of_a_request_keeps_the_words_to_go_by() -> None:
    refused = error_of_answer(400, {}, b'{"error": "response_format Unsupported"}', provider=HOST, secrets=())
    assert isinstance(refused, BadRequest)
    assert "response_format" in refused.complaint


def test_a_key_that_the_endpoint_repeats_is_not_repeated_by_us() -> None:
    failed = answered(401, {"message": f"Incorrect API key provided: {KEY}."})
    assert KEY not in f"{failed} {failed.detail} {failed.params}"
    assert "Incorrect API key provided: …." in str(failed.params["message"])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"error": {"code": "c", "type": "t", "message": "m"}}', "c: t: m"),
        (b'{"error": "e"}', "e"),
        (b'{"detail": "d"}', "d"),
        (b'{"object": "error", "message": "m"}', "m"),
        (b'{"error": null, "message": "m"}', "m"),
        (b'[{"error": {"code": 400, "message": "m"}}]', "m"),
        (b'{"error_code": 336007, "error_msg": "m"}', "m"),
        (b'{"base_resp": {"status_code": 1039, "status_msg": "m"}}', "m"),
        (b'{"errors": [{"code": 7003, "message": "m"}], "success": false}', "m"),
        (b"plain", ""),
        (b"\xff\xfe", ""),
    ],
)
def test_the_words_are_found_whatever_server_wrote_them(body: bytes, text: str) -> None:
    assert read_error(body).text == text


def test_a_failed_call_says_what_it_stands_for() -> None:
    failed = error_of_answer(503, {}, b"", provider=HOST, secrets=())
    assert isinstance(failed, CallFailed)
    assert failed.status == 503
    assert HOST in str(failed)
