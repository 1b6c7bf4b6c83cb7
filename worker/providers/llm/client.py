"""A small httpx client for an OpenAI-compatible `/chat/completions`.

It does not wait, retry or remember. It reads a streamed or a whole answer, whichever was requested. Source: OpenAI's
API reference of chat completions. Only the members that local servers and other hosts share are used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Unpack

import httpx

from cantomeet.tokens import MESSAGE_TOKENS, count_tokens
from worker import outgoing
from worker.providers.http import FOREIGN, Cause, ErrorKind, JsonObject, RequestParts, step_error
from worker.providers.llm.answer_builder import AnswerBuilder
from worker.providers.llm.answers import is_all_thought, is_whole
from worker.providers.llm.endpoint import Endpoint
from worker.providers.llm.errors import (
    BY_FAMILY,
    GARBLED,
    MODEL_UNKNOWN,
    UNREACHABLE,
    BadRequest,
    CallFailed,
    ContextExceeded,
    error_of_answer,
    error_of_exception,
    find_error,
)
from worker.providers.llm.events import END, EventReader, json_object, looks_like_events
from worker.providers.llm.formats import Dialect, Schema
from worker.providers.llm.listing import listed_models, same_model

TIMEOUTS = httpx.Timeout(connect=10.0, read=300.0, write=60.0, pool=10.0)
"""Seconds to connect, to wait for the first byte and between bytes (a model on a small machine is slow), between
writes, and in the connection pool.
"""
ANSWER_SECONDS = 900.0
"""Most seconds without new text of an answer. Bytes without text, such as keep-alive comments, do not count."""
LONGEST_ANSWER_SECONDS = 90 * 60.0
"""Most seconds for a whole answer, so that a slow one cannot block a worker; less than the two hours of a step."""
MAX_ANSWER = 2 * 1024 * 1024
"""Most characters of a streamed answer, or bytes of a whole one; an answer of 4,000 tokens is some 20 KB."""
MAX_ERROR = 64 * 1024
_BYTES_PER_CHARACTER = 400
"""Bytes of events for one character of text, since each event may hold only one."""
_ACCEPTED = {"Accept": "text/event-stream, application/json"}
THOUGHT_OUT = "thinking"
"""Our finish reason for an answer that was cut off while the model was still thinking."""

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True)
class Completion:
    """An answer with its token counts.

    `finish` is the endpoint's finish_reason, "oversized" for an answer that was not read to its end, or `THOUGHT_OUT`.
    `prompt_tokens` and `thought_tokens` are the endpoint's own counts, or None and 0 without them.
    """

    content: str
    finish: str
    tokens_in: int
    tokens_out: int
    estimated: bool
    prompt_tokens: int | None = None
    thought_tokens: int = 0


OnCharacters = Callable[[int], None]
"""Called while an answer arrives, with its number of characters so far."""


def _ignore(_characters: int) -> None:
    """Ignore the progress."""


def message_tokens(messages: Sequence[Message]) -> int:
    return sum(count_tokens(message.content) + MESSAGE_TOKENS for message in messages)


class ChatClient:
    """Keeps connections open; create it as a context manager in the process that uses it."""

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
        self._client = outgoing.client(
            endpoint.url,
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
        self,
        messages: Sequence[Message],
        schema: Schema,
        dialect: Dialect,
        *,
        answer_tokens: int,
        on_characters: OnCharacters = _ignore,
    ) -> Completion:
        """Send one request and return its answer.

        Raises `CallFailed`, `ContextExceeded`, `BadRequest` or what `on_characters` raises.
        """
        request = _request(self._endpoint.model, messages, schema, dialect, answer_tokens)
        with self._open_response("POST", "/chat/completions", json=request, headers=_ACCEPTED) as response:
            builder = self._read_answer(response, schema, on_characters)
        if builder is None:
            return Completion("", "oversized", message_tokens(messages), answer_tokens, estimated=True)
        return _completion(builder, messages)

    def verify(self) -> None:
        """Request the list of models, which costs nothing, and raise the error that any call would for a wrong key or
        URL.

        A server without a list of models passes.
        """
        try:
            with self._open_response("GET", "/models") as response:
                body = self._read_body(response, MAX_ANSWER, cut=True) or b""
        except (ContextExceeded, BadRequest):
            return
        except CallFailed as failed:
            # Many servers have no list, and some keys may not read it.
            if failed.status in (404, 405, 501) or failed.only_lists:
                return
            raise failed.error from None
        if _is_page(body):
            raise self._call_failed(GARBLED, "a web page", variant="page").error
        listed = listed_models(body)
        if listed and not any(same_model(self._endpoint.model, name) for name in listed):
            text = "the endpoint does not list the model"
            raise step_error(MODEL_UNKNOWN, text, self._endpoint.provider, message=text)

    @contextmanager
    def _open_response(self, method: str, path: str, **request: Unpack[RequestParts]) -> Iterator[httpx.Response]:
        """Open a successful response whose body is not read yet."""
        endpoint = self._endpoint
        with self._translated(), self._client.stream(method, endpoint.url + path, **request) as response:
            if not response.is_success:
                start = self._read_body(response, MAX_ERROR, cut=True) or b""
                raise error_of_answer(
                    response.status_code, response.headers, start, provider=endpoint.provider, secrets=endpoint.secrets
                )
            yield response

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            raise error_of_exception(error, self._endpoint.provider) from None

    def _read_answer(
        self, response: httpx.Response, schema: Schema, on_characters: OnCharacters
    ) -> AnswerBuilder | None:
        """Read the answer; None if it is too large."""
        chunks, body = response.iter_bytes(), b""
        deadline = self._deadline()
        for chunk in chunks:
            body += chunk
            kind = looks_like_events(body)
            if kind is not None or len(body) > self._max_answer_bytes:
                break
            self._check_time(deadline)
        else:
            kind = False
        if kind:
            return self._answer_from_events(body, chunks, schema, on_characters)
        whole = self._read_body(response, self._max_answer_bytes, start=body, chunks=chunks)
        return None if whole is None else self._answer_from_body(whole)

    def _read_body(
        self,
        response: httpx.Response,
        most: int,
        *,
        cut: bool = False,
        start: bytes = b"",
        chunks: Iterator[bytes] | None = None,
    ) -> bytes | None:
        body, deadline = bytearray(start), self._deadline()
        for chunk in chunks if chunks is not None else response.iter_bytes():
            body += chunk
            if len(body) > most:
                break
            self._check_time(deadline)
        if len(body) > most:
            return bytes(body[:most]) if cut else None
        return bytes(body)

    def _answer_from_body(self, body: bytes) -> AnswerBuilder:
        answer = json_object(body)
        parts = [answer] if answer is not None else [json_object(line) for line in body.splitlines() if line.strip()]
        builder = AnswerBuilder()
        for part in parts:
            if part is None:
                if _is_page(body):
                    raise self._call_failed(GARBLED, "a web page", variant="page")
                raise self._call_failed(GARBLED, "a success that is not JSON")
            self._add(builder, part)
        self._check_choice(builder)
        return builder

    def _answer_from_events(
        self, start: bytes, chunks: Iterator[bytes], schema: Schema, on_characters: OnCharacters
    ) -> AnswerBuilder | None:
        reader, builder, read = EventReader(), AnswerBuilder(), len(start)
        ended, deadline, last = False, self._deadline(), time.monotonic() + LONGEST_ANSWER_SECONDS
        try:
            for data in _events(reader, start, chunks):
                if data is None or data == END:
                    ended = ended or data == END
                else:
                    before = builder.characters
                    self._add(builder, json_object(data) or {})
                    read += len(data)
                    deadline = self._deadline() if builder.characters > before else deadline
                    on_characters(builder.characters)
                if ended:
                    break
                if max(builder.characters, read // _BYTES_PER_CHARACTER) > self._max_answer_bytes:
                    return None
                self._check_time(min(deadline, last), builder)
        except FOREIGN as error:
            # The answer is complete if the model has reported its finish reason.
            if not builder.finish:
                raise error_of_exception(
                    error, self._endpoint.provider, tokens_out=_estimated_tokens(builder)
                ) from None
        self._check_choice(builder)
        if not ended and not builder.finish and not is_whole(builder.content, schema.keys):
            raise self._call_failed(UNREACHABLE, "an answer that broke off", builder, cause=Cause.CUT_OFF)
        return builder

    def _add(self, builder: AnswerBuilder, answer: JsonObject) -> None:
        error = None if answer.get("choices") else find_error(answer)
        if error is not None:
            raise self._error_in_success(answer, error, builder)
        builder.add(answer)

    def _check_choice(self, builder: AnswerBuilder) -> None:
        if not builder.has_choice:
            raise self._call_failed(GARBLED, "a success without an answer", builder, variant="empty")

    def _deadline(self) -> float:
        return time.monotonic() + self._answer_seconds

    def _check_time(self, deadline: float, builder: AnswerBuilder | None = None) -> None:
        if time.monotonic() > deadline:
            told = f"no new word for {self._answer_seconds:.0f} s"
            raise self._call_failed(UNREACHABLE, told, builder, cause=Cause.SILENT)

    def _error_in_success(
        self, answer: JsonObject, error: str | JsonObject, builder: AnswerBuilder
    ) -> CallFailed | ContextExceeded | BadRequest:
        """Return the error of a response with status 200.

        Gateways answer 200 before the model behind them fails; the error then contains the real status.
        """
        status = next((n for n in _numbers(error) if n // 100 in BY_FAMILY), None)
        found = self._error(status or 400, answer)
        if status is None and isinstance(found, BadRequest):
            # The error names no part of the request, so the model failed.
            found = self._error(502, answer)
        if builder.characters:
            return CallFailed(found.error, maybe_paid=True, tokens_out=_estimated_tokens(builder))
        return found

    def _error(self, status: int, answer: JsonObject) -> CallFailed | ContextExceeded | BadRequest:
        endpoint, body = self._endpoint, json.dumps(answer).encode()
        return error_of_answer(status, {}, body, provider=endpoint.provider, secrets=endpoint.secrets)

    def _call_failed(
        self,
        kind: ErrorKind,
        what: str,
        builder: AnswerBuilder | None = None,
        *,
        cause: str = "",
        variant: str = "",
    ) -> CallFailed:
        provider = self._endpoint.provider
        error = step_error(kind, f"{provider}: {what}", provider, cause=cause, variant=variant)
        return CallFailed(error, maybe_paid=True, tokens_out=_estimated_tokens(builder) if builder else 0)


def _events(reader: EventReader, start: bytes, chunks: Iterator[bytes]) -> Iterator[str | None]:
    """Yield the data of each event, and None after each read, also after a read without an event."""
    yield from reader.feed(start)
    for chunk in chunks:
        yield from reader.feed(chunk)
        yield None
    yield from reader.finish()


def _completion(builder: AnswerBuilder, messages: Sequence[Message]) -> Completion:
    content, finish, thoughts = builder.content, builder.finish, builder.thoughts
    if finish == "length" and (is_all_thought(content) or (not content.strip() and thoughts.strip())):
        finish = THOUGHT_OUT
    elif not content.strip():
        # Servers that classify everything as thought also put the answer there.
        content, thoughts = thoughts, ""
    tokens_in, tokens_out = builder.prompt_tokens, builder.answer_tokens
    return Completion(
        content=content,
        finish=finish,
        tokens_in=message_tokens(messages) if tokens_in is None else tokens_in,
        tokens_out=_estimated_tokens(builder) if tokens_out is None else tokens_out,
        estimated=tokens_in is None or tokens_out is None,
        prompt_tokens=tokens_in,
        thought_tokens=builder.thought_tokens or count_tokens(thoughts),
    )


def _estimated_tokens(builder: AnswerBuilder) -> int:
    return count_tokens(builder.content) + count_tokens(builder.thoughts)


def _request(
    model: str, messages: Sequence[Message], schema: Schema, dialect: Dialect, answer_tokens: int
) -> JsonObject:
    sent = messages if dialect.system_role else _without_system(messages)
    request: dict[str, object] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in sent],
        "stream": dialect.stream,
        **dialect.options,
    }
    if dialect.length_field:
        request[dialect.length_field] = dialect.capped(answer_tokens)
    response_format = schema.response_format(dialect.format)
    if response_format is not None:
        request["response_format"] = response_format
    return request


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """Prepend the system's text to the first message of the user."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    others = [message for message in messages if message.role != "system"]
    return [Message("user", f"{system}\n\n{others[0].content}"), *others[1:]]


def _numbers(error: str | JsonObject) -> Iterator[int]:
    """Yield the numbers in an error's body that may be a status."""
    if isinstance(error, str):
        return
    for name in ("code", "status", "status_code"):
        value = error.get(name)
        if isinstance(value, int | str) and str(value).isdecimal():
            yield int(value)


def _is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"
