"""One exchange with an OpenAI-compatible `/chat/completions`: a small client of our own over httpx.

Nothing here waits, tries again or remembers. Source: OpenAI's API reference of chat completions, of which the members
used here are what local servers and other hosts have in common.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from worker.providers.http import FOREIGN
from worker.providers.llm.costs import MESSAGE_TOKENS, count_tokens
from worker.providers.llm.endpoint import Endpoint
from worker.providers.llm.errors import (
    BY_FAMILY,
    GARBLED,
    MODEL_UNKNOWN,
    UNREACHABLE,
    BadRequest,
    CallFailed,
    ContextExceeded,
    Place,
    error_of_answer,
    error_of_exception,
    make_error,
)
from worker.providers.llm.formats import Dialect, Schema

TIMEOUTS = httpx.Timeout(connect=10.0, read=300.0, write=60.0, pool=10.0)
"""Seconds: to connect, between two reads (a model on a small machine thinks long), between two writes, in the queue."""
ANSWER_SECONDS = 900.0
"""For a whole answer once it has begun, so that one that drips cannot hold a worker."""
MAX_ANSWER = 2 * 1024 * 1024
"""Bytes; an answer of 4,000 tokens is some 20 KB."""
MAX_ERROR = 64 * 1024

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True)
class Completion:
    """`finish`: the endpoint's finish_reason, or "oversized" for an answer that was not read to its end."""

    content: str
    finish: str
    tokens_in: int
    tokens_out: int
    estimated: bool


def message_tokens(messages: Sequence[Message]) -> int:
    return sum(count_tokens(message.content) + MESSAGE_TOKENS for message in messages)


class ChatClient:
    """Keeps connections open: make it in the process that uses it, as a context manager."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeouts: httpx.Timeout = TIMEOUTS,
        max_answer_bytes: int = MAX_ANSWER,
        answer_seconds: float = ANSWER_SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._max_answer_bytes = max_answer_bytes
        self._answer_seconds = answer_seconds
        self._client = httpx.Client(
            headers={"User-Agent": "cantomeet-notes", **endpoint.authorization},
            timeout=timeouts,
            transport=transport,
            follow_redirects=False,
        )

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._client.close()

    def complete(
        self, messages: Sequence[Message], schema: Schema, dialect: Dialect, *, answer_tokens: int
    ) -> Completion:
        """Raises `CallFailed`, `ContextExceeded` or `BadRequest`."""
        request = _request(self._endpoint.model, messages, schema, dialect, answer_tokens)
        body = self._exchange("POST", "/chat/completions", json=request)
        if body is None:
            return Completion("", "oversized", message_tokens(messages), answer_tokens, estimated=True)
        return self._read(body, messages)

    def verify(self) -> None:
        """Ask for the list of models, which costs nothing: raises what any call would raise for a wrong key or URL.

        A server without such a list is taken at its word.
        """
        try:
            body = self._exchange("GET", "/models")
        except (ContextExceeded, BadRequest):
            return
        except CallFailed as failed:
            # Many servers have no such list.
            if failed.status in (404, 405, 501):
                return
            raise failed.error from None
        listed = _listed_models(body or b"")
        if listed and self._endpoint.model not in listed:
            text = "the endpoint does not list the model"
            raise make_error(MODEL_UNKNOWN, text, self._endpoint.provider, message=text)

    def _exchange(self, method: str, path: str, **request: Any) -> bytes | None:
        """The body of a success, None where it is too large to be read."""
        endpoint = self._endpoint
        with self._translated(), self._client.stream(method, endpoint.url + path, **request) as response:
            if response.is_success:
                return self._body(response, self._max_answer_bytes)
            start = self._body(response, MAX_ERROR, cut=True) or b""
            raise error_of_answer(
                response.status_code, response.headers, start, provider=endpoint.provider, secrets=endpoint.secrets
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            raise error_of_exception(error, self._endpoint.provider) from None

    def _body(self, response: httpx.Response, most: int, *, cut: bool = False) -> bytes | None:
        body = bytearray()
        deadline = time.monotonic() + self._answer_seconds
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > most:
                return bytes(body[:most]) if cut else None
            if time.monotonic() > deadline:
                raise self._failed(UNREACHABLE, f"an answer over {self._answer_seconds:.0f} s long")
        return bytes(body)

    def _read(self, body: bytes, messages: Sequence[Message]) -> Completion:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise self._failed(GARBLED, "a success that is not JSON") from None
        if not isinstance(answer, dict):
            raise self._failed(GARBLED, "a success that is no JSON object")
        if answer.get("error") and not answer.get("choices"):
            raise self._error_in_success(answer, body)
        choice = _first(answer.get("choices"))
        message = choice.get("message") if choice else None
        if not isinstance(message, dict):
            raise self._failed(GARBLED, "a success without a message")
        content = _text(message.get("content"))
        finish = choice.get("finish_reason") if choice else None
        usage = answer.get("usage") if isinstance(answer.get("usage"), dict) else {}
        tokens_in, tokens_out = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        return Completion(
            content=content,
            finish=finish if isinstance(finish, str) else "",
            tokens_in=message_tokens(messages) if tokens_in is None else tokens_in,
            tokens_out=count_tokens(content) if tokens_out is None else tokens_out,
            estimated=tokens_in is None or tokens_out is None,
        )

    def _error_in_success(self, answer: dict[str, Any], body: bytes) -> CallFailed | ContextExceeded | BadRequest:
        """Gateways answer 200 before the model behind them has failed; the status is in the error then."""
        error = answer["error"]
        status = error.get("code") if isinstance(error, dict) else None
        if not isinstance(status, int) or status // 100 not in BY_FAMILY:
            status = 502
        endpoint = self._endpoint
        return error_of_answer(status, {}, body, provider=endpoint.provider, secrets=endpoint.secrets)

    def _failed(self, place: Place, what: str) -> CallFailed:
        provider = self._endpoint.provider
        return CallFailed(make_error(place, f"{provider}: {what}", provider), maybe_paid=True)


def _request(
    model: str, messages: Sequence[Message], schema: Schema, dialect: Dialect, answer_tokens: int
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "stream": False,
    }
    if dialect.length_field:
        request[dialect.length_field] = answer_tokens
    if dialect.temperature:
        request["temperature"] = 0
    response_format = schema.response_format(dialect.format)
    if response_format is not None:
        request["response_format"] = response_format
    return request


def _first(choices: Any) -> dict[str, Any] | None:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None


def _text(content: Any) -> str:
    """A text, or the texts of a list of parts, as some hosts send them."""
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(text for text in texts if isinstance(text, str))
    # JSON may spell half a surrogate pair, which no database and no request can carry on.
    return content.encode("utf-8", "replace").decode("utf-8") if isinstance(content, str) else ""


def _count(usage: Any, name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _listed_models(body: bytes) -> frozenset[str]:
    try:
        listed = json.loads(body)["data"]
        return frozenset(model["id"] for model in listed)
    except (ValueError, RecursionError, KeyError, TypeError):
        return frozenset()
