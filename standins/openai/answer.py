"""Sends an answer whole or as a stream of events, as different servers do."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from standins.http import Answer, Dropped
from standins.openai.model import Json
from standins.openai.plan import ModelFault, ModelPlan

CHARACTERS_AN_EVENT = 40
MOST_EVENTS = 500
"""Most events of one text; a longer text has more characters in each event."""
STREAM = "text/event-stream"


@dataclass
class ModelAnswer:
    """One answer of the model."""

    id: str
    model: str
    message: Json
    finish: str | None
    usage: Json | None


def whole_answer(answer: ModelAnswer) -> Answer:
    choices = [{"index": 0, "message": answer.message, "finish_reason": answer.finish}]
    body = {**_head(answer, "chat.completion"), "choices": choices, "usage": answer.usage}
    return Answer(200, _to_json(body).encode())


def streamed_answer(answer: ModelAnswer, plan: ModelPlan, fault: ModelFault | None, *, usage_asked: bool) -> Answer:
    """Send the answer as events; `fault` happens half-way through the stream."""
    events = list(_events(answer, plan, usage_asked))
    headers = {"Content-Encoding": "gzip"} if plan.stream_style == "gzip" else {}
    seconds = plan.token_rate * CHARACTERS_AN_EVENT
    return Answer(200, content_type=STREAM, headers=headers, stream=_stream(events, plan, fault, seconds))


async def _stream(
    events: list[Json], plan: ModelPlan, fault: ModelFault | None, seconds: float
) -> AsyncIterator[bytes]:
    if plan.stream_style == "gzip":
        yield gzip.compress(b"".join(_encoded_event(event, plan) for event in events) + b"data: [DONE]\n\n")
        return
    for number, event in enumerate(events):
        if fault is not None and number == len(events) // 2:
            async for last in _stream_fault(fault):
                yield last
            return
        for part in _network_chunks(_encoded_event(event, plan), plan):
            yield part
        await asyncio.sleep(seconds)
    if plan.stream_style != "no_end":
        yield b"data: [DONE]\n\n"


async def _stream_fault(fault: ModelFault) -> AsyncIterator[bytes]:
    if fault.do == "error_in_stream":
        error = {"message": fault.message, "code": fault.status}
        yield f"data: {_to_json({'error': error})}\n\n".encode()
        return
    if fault.do == "stalls":
        await asyncio.sleep(fault.seconds)
    raise Dropped


def _events(answer: ModelAnswer, plan: ModelPlan, usage_asked: bool) -> Iterator[Json]:
    """Yield the events of thoughts, text, finish reason and token usage, in this order."""
    head = _head(answer, "chat.completion.chunk")
    counted = {"usage": answer.usage} if plan.stream_usage == "every" else {}

    def event(delta: Json, finish: str | None = None) -> Json:
        return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **counted}

    yield event({"role": "assistant", "content": ""})
    for name, value in answer.message.items():
        if name != "role":
            yield from (event({name: part}) for part in _text_pieces(value))
    yield event({}, answer.finish)
    if plan.stream_usage == "asked" and usage_asked and answer.usage is not None:
        yield {**head, "choices": [], "usage": answer.usage}


def _text_pieces(value: object) -> Iterator[object]:
    if not isinstance(value, str):
        yield value
        return
    step = max(CHARACTERS_AN_EVENT, len(value) // MOST_EVENTS)
    yield from (value[at : at + step] for at in range(0, len(value), step))


def _encoded_event(event: Json, plan: ModelPlan) -> bytes:
    text = _to_json(event)
    if plan.stream_style == "crlf":
        return f"event: message\r\ndata: {text}\r\n\r\n".encode()
    if plan.stream_style == "comments":
        return f": OPENROUTER PROCESSING\n\nid: 1\nretry: 10\ndata: {text}\n\n".encode()
    if plan.stream_style == "no_space":
        return f"data:{text}\n\n".encode()
    return f"data: {text}\n".encode() if plan.stream_style == "no_blank" else f"data: {text}\n\n".encode()


def _network_chunks(lines: bytes, plan: ModelPlan) -> Iterator[bytes]:
    """Split the events into pieces of three bytes for the style `split`, so that characters are torn apart."""
    step = 3 if plan.stream_style == "split" else len(lines)
    yield from (lines[at : at + step] for at in range(0, len(lines), step))


def _head(answer: ModelAnswer, kind: str) -> Json:
    return {"id": answer.id, "object": kind, "created": int(time.time()), "model": answer.model}


def _to_json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
