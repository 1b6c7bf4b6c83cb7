"""One exchange with an OpenAI-compatible `/chat/completions`: a small client of our own over httpx.

Nothing here waits, tries again or remembers. An answer is read as what it is, streamed or whole, whichever was asked
for. Source: OpenAI's API reference of chat completions, of which the members used here are what local servers and
other hosts have in common.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from cantomeet.tokens import MESSAGE_TOKENS, count_tokens
from worker import outgoing
from worker.providers.http import FOREIGN, Cause
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
    Disposition,
    error_of_answer,
    error_of_exception,
    make_error,
    told_error,
)
from worker.providers.llm.events import END, EventReader, json_object, looks_like_events
from worker.providers.llm.formats import Dialect, Schema
from worker.providers.llm.gathering import Gathered
from worker.providers.llm.listing import listed_models, same_model

TIMEOUTS = httpx.Timeout(connect=10.0, read=300.0, write=60.0, pool=10.0)
"""Seconds: to connect, to the first byte and between two (a model on a small machine thinks long), between two writes,
in the queue."""
ANSWER_SECONDS = 900.0
"""Without a new word of an answer. Bytes that say nothing (comments that keep a connection open) are no words."""
LONGEST_ANSWER_SECONDS = 90 * 60.0
"""For a whole answer, so that one that drips cannot hold a worker; below the two hours that a step may take."""
MAX_ANSWER = 2 * 1024 * 1024
"""Characters of an answer, bytes where it comes whole; an answer of 4,000 tokens is some 20 KB."""
MAX_ERROR = 64 * 1024
_BYTES_PER_CHARACTER = 400
"""Of events, each of which may hold one character."""
_TAKEN = {"Accept": "text/event-stream, application/json"}
THOUGHT_OUT = "thinking"
"""Our name for the end of an answer that was cut off before the model had done with thinking."""

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True)
class Completion:
    """`finish`: the endpoint's finish_reason, "oversized" for an answer that was not read to its end, or `THOUGHT_OUT`.

    `prompt_tokens` and `thought_tokens` are the endpoint's own counts; None and 0 where it gives none.
    """

    content: str
    finish: str
    tokens_in: int
    tokens_out: int
    estimated: bool
    prompt_tokens: int | None = None
    thought_tokens: int = 0


Hear = Callable[[int], None]
"""Told, while an answer comes, how many characters of it there are."""


def _nobody(_characters: int) -> None:
    """Listens."""


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
        hear: Hear = _nobody,
    ) -> Completion:
        """Raises `CallFailed`, `ContextExceeded`, `BadRequest` or what `hear` raises."""
        request = _request(self._endpoint.model, messages, schema, dialect, answer_tokens)
        with self._opened("POST", "/chat/completions", json=request, headers=_TAKEN) as response:
            gathered = self._gathered(response, schema, hear)
        if gathered is None:
            return Completion("", "oversized", message_tokens(messages), answer_tokens, estimated=True)
        return _completion(gathered, messages)

    def verify(self) -> None:
        """Ask for the list of models, which costs nothing: raises what any call would raise for a wrong key or URL.

        A server without such a list is taken at its word.
        """
        try:
            with self._opened("GET", "/models") as response:
                body = self._whole(response, MAX_ANSWER, cut=True) or b""
        except (ContextExceeded, BadRequest):
            return
        except CallFailed as failed:
            # Many servers have no such list, and some keys may not read it.
            if failed.status in (404, 405, 501) or failed.only_lists:
                return
            raise failed.error from None
        if _is_page(body):
            raise self._failed(GARBLED, "a web page", variant="page").error
        listed = listed_models(body)
        if listed and not any(same_model(self._endpoint.model, name) for name in listed):
            text = "the endpoint does not list the model"
            raise make_error(MODEL_UNKNOWN, text, self._endpoint.provider, message=text)

    @contextmanager
    def _opened(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """A success whose body is still to be read."""
        endpoint = self._endpoint
        with self._translated(), self._client.stream(method, endpoint.url + path, **request) as response:
            if not response.is_success:
                start = self._whole(response, MAX_ERROR, cut=True) or b""
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

    def _gathered(self, response: httpx.Response, schema: Schema, hear: Hear) -> Gathered | None:
        """None where the answer is too large to be read."""
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
            return self._from_events(body, chunks, schema, hear)
        whole = self._whole(response, self._max_answer_bytes, start=body, chunks=chunks)
        return None if whole is None else self._from_body(whole)

    def _whole(
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

    def _from_body(self, body: bytes) -> Gathered:
        answer = json_object(body)
        parts = [answer] if answer is not None else [json_object(line) for line in body.splitlines() if line.strip()]
        gathered = Gathered()
        for part in parts:
            if part is None:
                if _is_page(body):
                    raise self._failed(GARBLED, "a web page", variant="page")
                raise self._failed(GARBLED, "a success that is not JSON")
            self._take(gathered, part)
        self._check_choice(gathered)
        return gathered

    def _from_events(self, start: bytes, chunks: Iterator[bytes], schema: Schema, hear: Hear) -> Gathered | None:
        reader, gathered, read = EventReader(), Gathered(), len(start)
        ended, deadline, last = False, self._deadline(), time.monotonic() + LONGEST_ANSWER_SECONDS
        try:
            for data in _events(reader, start, chunks):
                if data is None or data == END:
                    ended = ended or data == END
                else:
                    before = gathered.characters
                    self._take(gathered, json_object(data) or {})
                    read += len(data)
                    deadline = self._deadline() if gathered.characters > before else deadline
                    hear(gathered.characters)
                if ended:
                    break
                if max(gathered.characters, read // _BYTES_PER_CHARACTER) > self._max_answer_bytes:
                    return None
                self._check_time(min(deadline, last), gathered)
        except FOREIGN as error:
            # All was said where the model told why it ended.
            if not gathered.finish:
                raise error_of_exception(
                    error, self._endpoint.provider, tokens_out=_estimated_tokens(gathered)
                ) from None
        self._check_choice(gathered)
        if not ended and not gathered.finish and not is_whole(gathered.content, schema.keys):
            raise self._failed(UNREACHABLE, "an answer that broke off", gathered, cause=Cause.CUT_OFF)
        return gathered

    def _take(self, gathered: Gathered, answer: dict[str, Any]) -> None:
        error = None if answer.get("choices") else told_error(answer)
        if error is not None:
            raise self._error_in_success(answer, error, gathered)
        gathered.take(answer)

    def _check_choice(self, gathered: Gathered) -> None:
        if not gathered.has_choice:
            raise self._failed(GARBLED, "a success without an answer", gathered, variant="empty")

    def _deadline(self) -> float:
        return time.monotonic() + self._answer_seconds

    def _check_time(self, deadline: float, gathered: Gathered | None = None) -> None:
        if time.monotonic() > deadline:
            told = f"no new word for {self._answer_seconds:.0f} s"
            raise self._failed(UNREACHABLE, told, gathered, cause=Cause.SILENT)

    def _error_in_success(
        self, answer: dict[str, Any], error: str | Mapping[str, Any], gathered: Gathered
    ) -> CallFailed | ContextExceeded | BadRequest:
        """Gateways answer 200 before the model behind them has failed; the status is in the error then."""
        status = next((n for n in _numbers(error) if n // 100 in BY_FAMILY), None)
        found = self._error(status or 400, answer)
        if status is None and isinstance(found, BadRequest):
            # Its words say nothing of what was asked, so the model is what failed.
            found = self._error(502, answer)
        if gathered.characters:
            return CallFailed(found.error, maybe_paid=True, tokens_out=_estimated_tokens(gathered))
        return found

    def _error(self, status: int, answer: dict[str, Any]) -> CallFailed | ContextExceeded | BadRequest:
        endpoint, body = self._endpoint, json.dumps(answer).encode()
        return error_of_answer(status, {}, body, provider=endpoint.provider, secrets=endpoint.secrets)

    def _failed(
        self,
        disposition: Disposition,
        what: str,
        gathered: Gathered | None = None,
        *,
        cause: str = "",
        variant: str = "",
    ) -> CallFailed:
        provider = self._endpoint.provider
        error = make_error(disposition, f"{provider}: {what}", provider, cause=cause, variant=variant)
        return CallFailed(error, maybe_paid=True, tokens_out=_estimated_tokens(gathered) if gathered else 0)


def _events(reader: EventReader, start: bytes, chunks: Iterator[bytes]) -> Iterator[str | None]:
    """The data of each event; None after each read, whether it brought one or not."""
    yield from reader.feed(start)
    for chunk in chunks:
        yield from reader.feed(chunk)
        yield None
    yield from reader.finish()


def _completion(gathered: Gathered, messages: Sequence[Message]) -> Completion:
    content, finish, thoughts = gathered.content, gathered.finish, gathered.thoughts
    if finish == "length" and (is_all_thought(content) or (not content.strip() and thoughts.strip())):
        finish = THOUGHT_OUT
    elif not content.strip():
        # Servers that take all for thought put the answer there too.
        content, thoughts = thoughts, ""
    tokens_in, tokens_out = gathered.prompt_tokens, gathered.answer_tokens
    return Completion(
        content=content,
        finish=finish,
        tokens_in=message_tokens(messages) if tokens_in is None else tokens_in,
        tokens_out=_estimated_tokens(gathered) if tokens_out is None else tokens_out,
        estimated=tokens_in is None or tokens_out is None,
        prompt_tokens=tokens_in,
        thought_tokens=gathered.thought_tokens or count_tokens(thoughts),
    )


def _estimated_tokens(gathered: Gathered) -> int:
    return count_tokens(gathered.content) + count_tokens(gathered.thoughts)


def _request(
    model: str, messages: Sequence[Message], schema: Schema, dialect: Dialect, answer_tokens: int
) -> dict[str, Any]:
    put = messages if dialect.system_role else _without_system(messages)
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in put],
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
    """The system's words before the user's first ones."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    others = [message for message in messages if message.role != "system"]
    return [Message("user", f"{system}\n\n{others[0].content}"), *others[1:]]


def _numbers(error: Any) -> Iterator[int]:
    """What may be a status in an error's body."""
    for name in ("code", "status", "status_code") if isinstance(error, dict) else ():
        value = error.get(name)
        if isinstance(value, int | str) and str(value).isdecimal():
            yield int(value)


def _is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"
