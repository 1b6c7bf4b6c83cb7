"""How the stand-in sends an answer: whole, or as a stream of events, in the ways in which servers differ."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from standins.openai.model import Json
from standins.openai.plan import Fault, Plan
from standins.speechmatics.http import Answer, Dropped

CHARACTERS_AN_EVENT = 40
MOST_EVENTS = 500
"""Of one text; those of a longer one hold more."""
STREAM = "text/event-stream"


@dataclass
class Said:
    """One answer of the model."""

    id: str
    model: str
    message: Json
    finish: str | None
    usage: Json | None


def whole(said: Said) -> Answer:
    choices = [{"index": 0, "message": said.message, "finish_reason": said.finish}]
    body = {**_head(said, "chat.completion"), "choices": choices, "usage": said.usage}
    return Answer(200, _dumped(body).encode())


def streamed(said: Said, plan: Plan, fault: Fault | None, *, usage_asked: bool) -> Answer:
    """`fault` of a stream: met half-way."""
    events = list(_events(said, plan, usage_asked))
    headers = {"Content-Encoding": "gzip"} if plan.stream_style == "gzip" else {}
    seconds = plan.token_rate * CHARACTERS_AN_EVENT
    return Answer(200, content_type=STREAM, headers=headers, stream=_sent(events, plan, fault, seconds))


async def _sent(events: list[Json], plan: Plan, fault: Fault | None, seconds: float) -> AsyncIterator[bytes]:
    if plan.stream_style == "gzip":
        yield gzip.compress(b"".join(_lines(event, plan) for event in events) + b"data: [DONE]\n\n")
        return
    for number, event in enumerate(events):
        if fault is not None and number == len(events) // 2:
            async for last in _broken_off(fault):
                yield last
            return
        for part in _parts(_lines(event, plan), plan):
            yield part
        await asyncio.sleep(seconds)
    if plan.stream_style != "no_end":
        yield b"data: [DONE]\n\n"


async def _broken_off(fault: Fault) -> AsyncIterator[bytes]:
    if fault.do == "error_in_stream":
        error = {"message": fault.message, "code": fault.status}
        yield f"data: {_dumped({'error': error})}\n\n".encode()
        return
    if fault.do == "stalls":
        await asyncio.sleep(fault.seconds)
    raise Dropped


def _events(said: Said, plan: Plan, usage_asked: bool) -> Iterator[Json]:
    """Thoughts first, then the words, then why it ended, then what it took."""
    head = _head(said, "chat.completion.chunk")
    counted = {"usage": said.usage} if plan.stream_usage == "every" else {}

    def event(delta: Json, finish: str | None = None) -> Json:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **counted}

    yield event({"role": "assistant", "content": ""})
    for name, value in said.message.items():
        if name != "role":
            yield from (event({name: part}) for part in _pieces(value))
    yield event({}, said.finish)
    if plan.stream_usage == "asked" and usage_asked and said.usage is not None:
        yield {**head, "choices": [], "usage": said.usage}


def _pieces(value: object) -> Iterator[object]:
    if not isinstance(value, str):
        yield value
        return
    step = max(CHARACTERS_AN_EVENT, len(value) // MOST_EVENTS)
    yield from (value[at : at + step] for at in range(0, len(value), step))


def _lines(event: Json, plan: Plan) -> bytes:
    told = _dumped(event)
    if plan.stream_style == "crlf":
        return f"event: message\r\ndata: {told}\r\n\r\n".encode()
    if plan.stream_style == "comments":
        return f": OPENROUTER PROCESSING\n\nid: 1\nretry: 10\ndata: {told}\n\n".encode()
    if plan.stream_style == "no_space":
        return f"data:{told}\n\n".encode()
    return f"data: {told}\n".encode() if plan.stream_style == "no_blank" else f"data: {told}\n\n".encode()


def _parts(lines: bytes, plan: Plan) -> Iterator[bytes]:
    """With `split` in threes, so that characters fall apart."""
    step = 3 if plan.stream_style == "split" else len(lines)
    yield from (lines[at : at + step] for at in range(0, len(lines), step))


def _head(said: Said, kind: str) -> Json:
    return {"id": said.id, "object": kind, "created": int(time.time()), "model": said.model}


def _dumped(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
