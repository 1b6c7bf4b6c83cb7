"""The client checks its settings and reads one answer of the endpoint."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cantomeet.errors import ErrorCode, PermanentError, SettingsError, TransientError
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.providers.llm_meetings import Extracts, completion
from worker.providers.llm import LlmSummarizer
from worker.providers.llm.client import ChatClient, Message
from worker.providers.llm.endpoint import Endpoint
from worker.providers.llm.errors import CallFailed, ContextExceeded
from worker.providers.llm.formats import Dialect, Schema

KEY = "sk-very-secret-0123456789"
SCHEMA = Schema("answer", {"type": "object", "properties": {}, "required": [], "additionalProperties": False})
ASKED = [Message("system", "Answer."), Message("user", "開會")]


def client(handle: Any, **members: Any) -> ChatClient:
    endpoint = Endpoint("m", "http://127.0.0.1:9/v1", KEY)
    return ChatClient(endpoint, transport=httpx.MockTransport(handle), **members)


def ask(chat: ChatClient) -> Any:
    with chat:
        return chat.complete(ASKED, SCHEMA, Dialect(), answer_tokens=100)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/",
        "https://api.openai.com",
        "https://api.openai.com/v1/chat/completions",
        "https://user:secret@host/v1",
        "https://host/v1?key=secret",
        "ftp://host/v1",
        "host/v1",
        "http:///v1",
        "https://ho st/v1",
        "",
    ],
)
def test_an_invalid_base_url_is_refused_at_the_start_and_named(url: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL") as refused:
        Endpoint("m", url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://h/v1",
        "https://h/v1/",
        "https://h/openai/v1",
        "https://h/v1beta/openai",
        "https://h/api/v3",
        "http://[::1]:8/v1",
    ],
)
def test_a_base_url_with_a_version_is_accepted(url: str) -> None:
    assert Endpoint("m", url).url == url.rstrip("/")


def test_without_a_base_url_it_is_openais_own() -> None:
    assert Endpoint("m").url == "https://api.openai.com/v1"
    assert Endpoint("m").provider == "api.openai.com"


@pytest.mark.parametrize("key", ["sk-a\nb", "sk a", "鎖匙", "", "sk-\x00"])
def test_a_key_that_is_no_header_value_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_API_KEY") as refused:
        Endpoint("m", None, key)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize("model", ["", "  ", "a\nb"])
def test_a_model_without_a_name_is_refused(model: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_MODEL"):
        Endpoint(model)


def test_the_key_is_never_shown() -> None:
    assert KEY not in repr(Endpoint("m", None, KEY))


def test_an_answer_of_5_mb_is_not_read_to_its_end() -> None:
    read = 0

    def drip() -> Iterator[bytes]:
        nonlocal read
        for _ in range(5000):
            read += 1000
            yield b"x" * 1000

    answer = ask(client(lambda request: httpx.Response(200, content=drip()), max_answer_bytes=100_000))
    assert (answer.finish, answer.content) == ("oversized", "")
    assert read < 400_000


def test_an_endless_slow_answer_is_given_up() -> None:
    def drip() -> Iterator[bytes]:
        while True:
            yield b" "

    with pytest.raises(CallFailed) as failed:
        ask(client(lambda request: httpx.Response(200, content=drip()), answer_seconds=0.0))
    assert isinstance(failed.value.error, TransientError)
    assert failed.value.maybe_paid


@pytest.mark.parametrize(
    "body",
    [
        b"<html>hello</html>",
        b"",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": "no"}',
        b"[" * 9999,
    ],
)
def test_a_success_that_is_no_answer_is_retried_and_names_the_url(body: bytes) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(client(lambda request: httpx.Response(200, content=body)))
    error = failed.value.error
    assert isinstance(error, TransientError)
    assert (error.code, error.params["setting"]) == (ErrorCode.PROVIDER_BAD_ANSWER, "OPENAI_BASE_URL")


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 429, "message": "upstream is busy"}},
        {"object": "error", "code": 429, "message": "upstream is busy"},
        {"code": 429, "message": "upstream is busy", "success": False},
        {"base_resp": {"status_code": 429, "status_msg": "upstream is busy"}, "choices": None},
        {"errors": [{"code": "429", "message": "upstream is busy"}]},
    ],
)
def test_an_error_inside_a_success_counts_as_its_own_status(body: dict[str, Any]) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(client(lambda request: httpx.Response(200, json=body)))
    assert failed.value.error.code is ErrorCode.PROVIDER_BUSY
    assert "upstream is busy" in str(failed.value.error.params["message"])


@pytest.mark.parametrize(
    "more",
    [
        {"base_resp": {"status_code": 0, "status_msg": ""}},
        {"code": 0, "message": "Success", "sid": "x"},
        {"error": None},
        {"message": "served from a cache"},
    ],
)
def test_a_message_beside_an_answer_is_no_error(more: dict[str, Any]) -> None:
    answer = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], **more}
    assert ask(client(lambda request: httpx.Response(200, json=answer))).content == "{}"


@pytest.mark.parametrize(
    "content", [[{"type": "text", "text": "議"}, {"type": "text", "text": "決"}], "議決"], ids=["parts", "text"]
)
def test_content_comes_as_a_text_or_in_parts(content: Any) -> None:
    message = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    assert ask(client(lambda request: httpx.Response(200, json=message))).content == "議決"


def test_half_a_surrogate_pair_in_an_answer_is_replaced() -> None:
    body = b'{"choices": [{"message": {"content": "a\\ud800b"}}]}'
    ask(client(lambda request: httpx.Response(200, content=body))).content.encode("utf-8")


def test_tokens_that_the_endpoint_does_not_count_are_estimated() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"choices": [{"message": {"content": "議決"}}], "usage": None})

    answer = ask(client(handle))
    assert answer.estimated
    assert answer.tokens_out == 2
    assert answer.tokens_in > 2


def test_tokens_that_are_all_zero_were_not_counted() -> None:
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    answer = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}], "usage": usage}
    told = ask(client(lambda request: httpx.Response(200, json=answer)))
    assert (told.prompt_tokens, told.estimated) == (None, True)
    assert told.tokens_in > 0


@pytest.mark.parametrize("end", ["max_tokens", "MAX_TOKENS", "model_length", "LENGTH"])
def test_other_names_for_an_answer_cut_off_by_length_are_recognised(end: str) -> None:
    answer = {"choices": [{"message": {"content": '{"a": ['}, "finish_reason": end}]}
    assert ask(client(lambda request: httpx.Response(200, json=answer))).finish == "length"


def test_an_answer_given_as_an_object_is_read() -> None:
    answer = {"choices": [{"message": {"content": {"decisions": ["批准"]}}, "finish_reason": "stop"}]}
    assert ask(client(lambda request: httpx.Response(200, json=answer))).content == '{"decisions": ["批准"]}'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"base_resp": {"status_code": 1039, "status_msg": "token limit exceeded"}, "choices": None}, ContextExceeded),
        ({"error_code": 336007, "error_msg": "the max input characters is 20000"}, ContextExceeded),
        ({"error": "the prompt is too long"}, ContextExceeded),
        ({"error": "Rate limit exceeded: 5 requests per minute"}, CallFailed),
        ({"error": "the model crashed"}, CallFailed),
    ],
)
def test_an_error_without_a_status_inside_a_success_is_classified_by_its_words(
    body: dict[str, Any], kind: type
) -> None:
    with pytest.raises(kind):
        ask(client(lambda request: httpx.Response(200, json=body)))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"message": "invalid api key"}, ErrorCode.PROVIDER_KEY_REFUSED),
        ({"message": "insufficient balance"}, ErrorCode.PROVIDER_FORBIDDEN),
        ({"message": "model not found"}, ErrorCode.MODEL_UNKNOWN),
    ],
)
def test_an_error_that_a_person_must_fix_is_reported_despite_a_success_status(
    error: dict[str, str], code: ErrorCode
) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(client(lambda request: httpx.Response(200, json={"error": error})))
    assert failed.value.error.code is code


def test_an_answer_counted_by_the_endpoint_is_not_estimated() -> None:
    answer = ask(client(lambda request: completion("議決")))
    assert (answer.tokens_in, answer.tokens_out, answer.estimated) == (9000, 10, False)


def test_redirects_are_not_followed_with_the_key() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/v1/chat/completions"})

    with pytest.raises(CallFailed):
        ask(client(handle))
    assert asked == ["127.0.0.1"]


def test_no_key_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), FakeOpenAI(key="sk-another") as fake:
        with pytest.raises(PermanentError) as refused:
            LlmSummarizer(model="m", fallback=Extracts(), base_url=fake.base_url, api_key=KEY).verify()
        assert refused.value.code is ErrorCode.PROVIDER_KEY_REFUSED
    assert KEY not in caplog.text
    assert KEY not in f"{refused.value!r} {refused.value.params}"


# ---- verify -------------------------------------------------------------------------------------------------


def verify(fake: FakeOpenAI, **members: Any) -> None:
    LlmSummarizer(**{"model": "known", "fallback": Extracts(), "base_url": fake.base_url, **members}).verify()


def test_a_check_of_the_settings_costs_nothing() -> None:
    with FakeOpenAI(ModelPlan(models=["known"]), key=KEY) as fake:
        verify(fake, api_key=KEY)
        assert [line["asked"] for line in fake.log] == ["models"]
        assert not fake.paid


def test_a_check_finds_an_unknown_model_and_a_wrong_key() -> None:
    with FakeOpenAI(ModelPlan(models=["known"]), key=KEY) as fake:
        with pytest.raises(PermanentError) as unknown:
            verify(fake, api_key=KEY, model="unknown")
        assert unknown.value.params["setting"] == "OPENAI_MODEL"
        with pytest.raises(PermanentError) as wrong:
            verify(fake)
        assert wrong.value.params["setting"] == "OPENAI_API_KEY"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_a_list_of_models_passes_the_check(status: int) -> None:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(on="models", do="status", status=status)])) as fake:
        verify(fake)


def test_a_check_of_a_server_that_is_down_says_so() -> None:
    with FakeOpenAI() as fake:
        gone = fake.base_url
    with pytest.raises(TransientError) as down:
        LlmSummarizer(model="m", fallback=Extracts(), base_url=gone).verify()
    assert down.value.params["setting"] == "OPENAI_BASE_URL"
