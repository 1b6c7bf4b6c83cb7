"""Streams are read in every form that servers send, and broken ones are counted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.errors import ErrorCode, TransientError
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.providers.llm_meetings import Cache, ignore, long_meeting, request, summarizer
from tests.worker.providers.test_llm_client import ASKED, client
from worker.providers.llm import LlmLimits
from worker.providers.llm.client import Completion
from worker.providers.llm.errors import CallFailed
from worker.providers.llm.events import EventReader
from worker.providers.llm.formats import Dialect, Schema

SCHEMA = Schema("answer", {"type": "object", "properties": {"decisions": {}}})
SAID = json.dumps({"decisions": ["批准五十二萬 👍"]}, ensure_ascii=False)


def event(**members: Any) -> str:
    return json.dumps(members, ensure_ascii=False)


def delta(text: str | None = None, finish: str | None = None, index: int = 0, **members: Any) -> str:
    told = members if text is None else {"content": text, **members}
    return event(id="x", choices=[{"index": index, "delta": told, "finish_reason": finish}])


def spoken(text: str = SAID, step: int = 5) -> list[str]:
    return [delta(text[at : at + step]) for at in range(0, len(text), step)]


def stream(*events: str, end: str = "\n\n", done: bool = True) -> bytes:
    return "".join(f"data: {one}{end}" for one in [*events, *(["[DONE]"] if done else [])]).encode()


def ask(body: Any, kind: str = "text/event-stream", **members: Any) -> Completion:
    def handle(sent: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=body, headers={"Content-Type": kind, **members})

    with client(handle) as chat:
        return chat.complete(ASKED, SCHEMA, Dialect(), answer_tokens=100)


@pytest.mark.parametrize("style", ["plain", "crlf", "comments", "no_space", "no_blank", "no_end", "split", "gzip"])
def test_minutes_are_the_same_however_they_are_streamed(style: Any) -> None:
    with FakeOpenAI(ModelPlan(stream_style=style)) as fake, FakeOpenAI(ModelPlan(streams="never")) as whole:
        streamed = summarizer(fake).summarize(request(), ignore)
        assert all(line["stream"] for line in fake.log)
        assert streamed.items == summarizer(whole).summarize(request(), ignore).items
    assert streamed.usage is not None
    assert not streamed.usage.estimated


@given(
    cuts=st.lists(st.integers(min_value=1, max_value=60), min_size=1), end=st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"])
)
def test_an_event_is_read_wherever_the_bytes_are_split(cuts: list[int], end: str) -> None:
    body, reader, read, at = stream(*spoken(), end=end), EventReader(), list[str](), 0
    while at < len(body):
        step = cuts[len(read) % len(cuts)]
        read += reader.feed(body[at : at + step])
        at += step
    read += reader.finish()
    assert read == [*spoken(), "[DONE]"]


def test_an_event_of_several_lines_is_one() -> None:
    reader = EventReader()
    lines = b': hello\nevent: x\nid: 1\nretry: 5\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:\n\nnonsense\n\ndata: {"b": 2}'
    assert [json.loads(data) for data in (*reader.feed(lines), *reader.finish())] == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    "body",
    [
        stream(*spoken(), delta(finish="stop")),
        stream(*spoken(), delta(finish="stop"), done=False),
        stream(*spoken()),
        stream(*spoken(), done=False),
        b"\xef\xbb\xbf" + stream(*spoken()),
        b": OPENROUTER PROCESSING\n\n" * 9 + stream(*spoken()),
        stream(delta(None, role="assistant"), *spoken(), event(id="x", choices=[], usage={"prompt_tokens": 5})),
        stream(*(one for said in spoken() for one in (said, delta("{no", index=1)))),
        stream(delta(None, tool_calls=[{"index": 0}]), *spoken(), delta(None, refusal=None)),
        stream(delta(reasoning_content='{"decisions": []}'), *spoken()),
        stream(event(id="x", choices=None), event(type="ping"), *spoken()),
        stream(delta([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": SAID}])),  # type: ignore[arg-type]
        stream(event(choices=[{"message": {"content": SAID}, "finish_reason": "stop"}])),
        "\n".join(spoken()).encode(),
    ],
    ids=[
        *("whole", "without [DONE]", "without a reason", "with neither", "byte order mark", "comments", "usage last"),
        *("two choices", "tool calls", "thoughts", "other events", "parts", "a message in an event", "lines of JSON"),
    ],
)
@pytest.mark.parametrize("kind", ["text/event-stream; charset=utf-8", "application/json", "text/plain"])
def test_the_text_is_read_from_any_stream_whatever_its_content_type(body: bytes, kind: str) -> None:
    assert ask(body, kind).content == SAID


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/html"])
def test_a_whole_answer_is_read_although_a_stream_was_requested(kind: str) -> None:
    assert ask(event(choices=[{"message": {"content": SAID}}]).encode(), kind).content == SAID


def test_a_stream_is_read_through_its_compression() -> None:
    assert ask(gzip.compress(stream(*spoken())), **{"Content-Encoding": "gzip"}).content == SAID


def test_a_character_in_two_halves_is_put_together() -> None:
    halves = '{"choices": [{"delta": {"content": "\\ud83d"}}]}', '{"choices": [{"delta": {"content": "\\udc4d"}}]}'
    assert ask(stream(*halves)).content == "👍"


def test_tokens_are_the_streams_last_count_or_marked_as_estimated() -> None:
    def usage(tokens: int) -> dict[str, Any]:
        return {"prompt_tokens": 50, "completion_tokens": tokens}

    told = ask(stream(event(choices=[], usage=usage(1)), *spoken(), event(choices=[], usage=usage(7))))
    assert (told.tokens_in, told.tokens_out, told.estimated) == (50, 7, False)
    groq = ask(stream(*spoken(), event(choices=[], x_groq={"usage": usage(8)})))
    assert (groq.tokens_out, groq.estimated) == (8, False)
    silent = ask(stream(*spoken(), event(choices=[], usage=None)))
    assert silent.estimated
    assert silent.tokens_out > 5


@pytest.mark.parametrize(
    "events",
    [
        [*spoken()[:3]],
        [delta("```json"), *spoken()[:-1]],
        [delta(reasoning_content="and so on")],
    ],
)
def test_a_stream_that_breaks_off_is_no_answer_and_may_have_been_paid_for(events: list[str]) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(stream(*events, done=False))
    assert isinstance(failed.value.error, TransientError)
    assert failed.value.error.code is ErrorCode.PROVIDER_UNREACHABLE
    assert failed.value.maybe_paid
    assert failed.value.tokens_out > 0


def test_a_connection_that_breaks_after_the_finish_reason_loses_nothing() -> None:
    def chunks() -> Iterator[bytes]:
        yield stream(*spoken(), delta(finish="stop"), done=False)
        raise httpx.RemoteProtocolError("peer closed connection")

    assert ask(chunks()).content == SAID


@pytest.mark.parametrize(
    ("before", "error", "code", "paid"),
    [
        ([], {"message": "busy", "code": 429}, ErrorCode.PROVIDER_BUSY, False),
        ([], {"message": "busy", "code": "503"}, ErrorCode.PROVIDER_BUSY, False),
        (spoken()[:3], {"message": "busy", "code": 429}, ErrorCode.PROVIDER_BUSY, True),
        (spoken()[:3], "overloaded", ErrorCode.PROVIDER_BUSY, True),
    ],
)
def test_an_error_within_a_stream_is_raised(before: list[str], error: Any, code: ErrorCode, paid: bool) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(stream(*before, event(error=error)))
    assert (failed.value.error.code, failed.value.maybe_paid) == (code, paid)


def test_keep_alive_comments_are_no_text() -> None:
    def chunks() -> Iterator[bytes]:
        yield stream(*spoken()[:2], done=False)
        while True:
            yield b": still here\n\n"

    def handle(sent: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks())

    with client(handle, answer_seconds=0.05) as chat, pytest.raises(CallFailed) as silent:
        chat.complete(ASKED, SCHEMA, Dialect(), answer_tokens=100)
    assert silent.value.error.params["cause"] == "silent"
    assert silent.value.tokens_out > 0


def test_a_stream_without_end_is_not_read_for_ever() -> None:
    def chunks() -> Iterator[bytes]:
        while True:
            yield stream(delta("一" * 1000), done=False)

    def handle(sent: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=chunks())

    with client(handle, max_answer_bytes=50_000) as chat:
        assert chat.complete(ASKED, SCHEMA, Dialect(), answer_tokens=100).finish == "oversized"


# ---- streams in a summary --------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["dies", "error_in_stream"])
def test_an_interrupted_answer_is_requested_again_and_its_use_is_reported(do: Any) -> None:
    cache = Cache()
    plan = ModelPlan(faults=[ModelFault(do=do, on="facts", skip=1, times=1)])
    limits = LlmLimits(chunk_tokens=300, timeouts=httpx.Timeout(5.0))
    asked = request(long_meeting(60), cache=cache)
    with FakeOpenAI(plan) as fake:
        with pytest.raises(TransientError):
            summarizer(fake, limits=limits).summarize(asked, ignore)
        draft = summarizer(fake, limits=limits).summarize(asked, ignore)
        assert sorted(fake.paid.values())[-2:] == [1, 2]
    assert draft.usage is not None
    assert (draft.method, draft.usage.repeats, draft.usage.estimated) == ("llm", 1, True)
    with FakeOpenAI() as fake:
        smooth = summarizer(fake, limits=limits).summarize(request(long_meeting(60)), ignore).usage
    assert smooth is not None
    assert draft.usage.tokens_in > smooth.tokens_in
    assert draft.usage.tokens_out > smooth.tokens_out


def test_progress_moves_while_an_answer_is_written() -> None:
    shown: list[float] = []
    with FakeOpenAI() as fake:
        summarizer(fake).summarize(request(), shown.append)
        assert len(fake.log) == 2
    assert len(shown) > 10
    assert shown == sorted(set(shown))
    assert shown[-1] == 1.0
    assert 0 < shown[0] < 0.5


def test_the_progress_callback_can_end_an_answer() -> None:
    def lost(_fraction: float) -> None:
        raise KeyboardInterrupt

    cache = Cache()
    with FakeOpenAI() as fake:
        with pytest.raises(KeyboardInterrupt):
            summarizer(fake).summarize(request(cache=cache), lost)
        draft = summarizer(fake).summarize(request(cache=cache), ignore)
        assert len(fake.asked("facts")) == 2
    assert draft.usage is not None
    assert draft.usage.repeats == 1
