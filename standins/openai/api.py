"""What each request goes through at the stand-in: route, key, checks, the plan's faults, and its line in the log."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from cantomeet.tokens import MESSAGE_TOKENS, count_tokens
from standins.openai.answer import Said, streamed, whole
from standins.openai.log import RequestLog
from standins.openai.model import Json, content_of, draft_of, task_of
from standins.openai.plan import MODEL_FAULTS, STREAM_FAULTS, Chance, Fault, Plan
from standins.openai.rules import ChatRequest, Refused, read_request
from standins.speechmatics.http import Answer, ClientGone, Dropped, Request

MAX_BODY = 32 * 1024 * 1024
_TOO_LONG: dict[str, tuple[str, str | None]] = {
    "openai": (
        "This model's maximum context length is {context} tokens. However, you requested {asked} tokens. "
        "Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    "dashscope": (
        "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, {context}]",
        "invalid_parameter_error",
    ),
    "moonshot": ("Invalid request: Your request exceeded model token limit: {context}", None),
    "lmstudio": (
        "Trying to keep the first {asked} tokens when context the overflows. However, the model is loaded with context "
        "length of only {context} tokens, which is not enough.",
        None,
    ),
    "glm": ("Prompt 超长", "1261"),
    "gemini": ("The input token count ({asked}) exceeds the maximum number of tokens allowed ({context}).", None),
    "vague": ("Bad Request", None),
}
_THOUGHTS = "hmm " * 3000


@dataclass
class _Visit:
    """One request, as it is logged."""

    asked: str = "unknown"
    prompt: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    paid: bool = False
    fault: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Api:
    """`key`: the only one that is let in; None lets any in, and none."""

    def __init__(self, log: RequestLog, plan: Plan, key: str | None) -> None:
        self.chance = Chance(plan)
        self._log = log
        self._key = key

    async def __call__(self, request: Request) -> Answer:
        if request.path == "/_fake/plan":
            return await self._control(request)
        visit, started = _Visit(), time.monotonic()
        outcome: int | str = "cancelled"
        try:
            answer = await self._answer(request, visit)
            outcome = answer.status
            return answer
        except (Dropped, ClientGone) as gone:
            outcome = type(gone).__name__.lower()
            raise
        finally:
            self._note(request, visit, outcome, time.monotonic() - started)

    def _note(self, request: Request, visit: _Visit, outcome: int | str, seconds: float) -> None:
        self._log.note(
            asked=visit.asked,
            path=request.path,
            outcome=outcome,
            prompt=visit.prompt,
            tokens_in=visit.tokens_in,
            tokens_out=visit.tokens_out,
            paid=visit.paid,
            fault=visit.fault,
            ms=round(seconds * 1000, 1),
            **visit.extra,
        )

    async def _answer(self, request: Request, visit: _Visit) -> Answer:
        try:
            self._check_key(request)
            if (request.method, request.path) == ("GET", "/v1/models"):
                visit.asked = "models"
                return await self._models(request, visit)
            if (request.method, request.path) == ("POST", "/v1/chat/completions"):
                return await self._chat(request, visit)
        except Refused as refused:
            return _error(refused)
        return _json({"detail": "Not Found"}, 404)

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if self._key is not None and (scheme, key) != ("Bearer", self._key):
            raise Refused(401, f"Incorrect API key provided: {key}.", code="invalid_api_key")

    async def _models(self, request: Request, visit: _Visit) -> Answer:
        fault = self.chance.fault("models")
        if fault is not None:
            return await self._misbehave(fault, request, visit)
        plan = self.chance.plan
        names = plan.listed if plan.listed is not None else plan.models or []
        return _json({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})

    async def _chat(self, request: Request, visit: _Visit) -> Answer:
        body = await _body(request)
        plan = self.chance.plan
        chat = read_request(body, plan)
        messages: list[tuple[str, str]] = [(message.role, message.content) for message in chat.messages]
        visit.prompt = _hash(messages)
        visit.tokens_in = self._tokens(sum(count_tokens(text) + MESSAGE_TOKENS for _, text in messages))
        visit.extra = {
            "format": chat.response_format.type if chat.response_format else "text",
            "stream": chat.stream,
            "most": chat.most_tokens,
        }
        visit.asked = task_of(messages, chat.schema_sent)
        self._check_context(chat, visit.tokens_in, plan)
        if plan.cuts_at is not None and visit.tokens_in > plan.cuts_at:
            messages = _cut(messages, visit.tokens_in - plan.cuts_at, plan.token_ratio)
            visit.tokens_in, visit.extra["cut"] = plan.cuts_at, True
        fault = self.chance.fault(visit.asked)
        visit.fault = fault.do if fault else None
        if fault is not None and fault.do not in (*MODEL_FAULTS, *STREAM_FAULTS, "slow") and not fault.after:
            return await self._misbehave(fault, request, visit)
        said = self._said(chat, messages, fault, visit)
        # What reads no events, a proxy for one, is answered whole.
        reads_events = "text/event-stream" in request.headers.get("accept", "")
        streams = plan.streams == "always" or (chat.stream and reads_events and plan.streams != "never")
        rate = 0.0 if streams else plan.token_rate
        await asyncio.sleep(visit.tokens_out * rate + (fault.seconds if fault and fault.do == "slow" else 0))
        if fault is not None and fault.after:
            return await self._misbehave(fault, request, visit)
        if not streams:
            return whole(said)
        half_way = fault if fault is not None and fault.do in STREAM_FAULTS else None
        usage_asked = bool(chat.stream_options and chat.stream_options.include_usage)
        return streamed(said, plan, half_way, usage_asked=usage_asked)

    def _tokens(self, ours: int) -> int:
        return int(self.chance.plan.token_ratio * ours)

    def _check_context(self, chat: ChatRequest, tokens_in: int, plan: Plan) -> None:
        asked = tokens_in + chat.most_tokens
        if plan.context_tokens is not None and asked > plan.context_tokens:
            words, code = _TOO_LONG[plan.context_words]
            told = words.replace("{context}", str(plan.context_tokens)).replace("{asked}", str(asked))
            raise Refused(plan.context_status, told, code=code)

    def _said(self, chat: ChatRequest, messages: list[tuple[str, str]], fault: Fault | None, visit: _Visit) -> Said:
        do = fault.do if fault else None
        content = content_of(messages, self._heeded(chat), do)
        if do == "huge" and fault is not None:
            content += " " * fault.bytes
        visit.tokens_out = self._tokens(count_tokens(content[:200_000]))
        cut = do == "truncated" or visit.tokens_out > chat.most_tokens
        if cut and do != "huge":
            content = content[: len(content) // 2]
            visit.tokens_out = min(visit.tokens_out, chat.most_tokens)
        visit.paid = True
        message = _message(do, content)
        if do == "thought_out" and not chat.thinks_little:
            message, cut = {"role": "assistant", "content": "", "reasoning_content": _THOUGHTS}, True
            visit.tokens_out = chat.most_tokens
        usage: Json | None = {
            "prompt_tokens": visit.tokens_in,
            "completion_tokens": visit.tokens_out,
            "total_tokens": visit.tokens_in + visit.tokens_out,
        }
        return Said(
            id="chatcmpl-" + visit.prompt[:12],
            model=chat.model,
            message=message,
            finish=None if do == "null_finish" else "length" if cut else "stop",
            usage=None if do in ("no_usage", "null_usage") else usage,
        )

    def _heeded(self, chat: ChatRequest) -> Json | None:
        asked = chat.response_format
        return None if asked is None or asked.type in self.chance.plan.ignores else chat.schema_sent

    async def _misbehave(self, fault: Fault, request: Request, visit: _Visit) -> Answer:
        visit.fault = fault.do
        if fault.do == "hang":
            await request.gone(fault.seconds)
            raise Dropped
        if fault.do == "drop":
            raise Dropped
        if fault.do == "no_choices":
            return _json({"id": "x", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})
        if fault.do == "garbage":
            return Answer(200, b"\x00\xff not what you asked for", "application/octet-stream")
        if fault.do == "html":
            return Answer(fault.status, b"<html><body>Something in between</body></html>", "text/html")
        if fault.do == "error_in_success":
            return _json({"error": {"message": fault.message, "code": fault.status}})
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        return _error(Refused(fault.status, fault.message, code=fault.code), headers)

    async def _control(self, request: Request) -> Answer:
        try:
            if request.method == "POST":
                self.chance = Chance(Plan.model_validate_json(await _body(request)))
        except ValidationError as wrong:
            return _json({"error": str(wrong.errors(include_url=False, include_input=False)[0])}, 422)
        return _json(self.chance.plan.model_dump(mode="json"))


def _cut(messages: list[tuple[str, str]], tokens: int, ratio: float) -> list[tuple[str, str]]:
    """So many tokens less: the first lines of the last message's data, as servers drop what is oldest."""
    role, text = messages[-1]
    first, *lines = text.split("\n")
    while len(lines) > 1 and tokens > 0:
        tokens -= int(ratio * count_tokens(lines.pop(0)))
    return [*messages[:-1], (role, "\n".join([first, *lines]))]


def _message(do: str | None, content: str) -> Json:
    message: Json = {"role": "assistant", "content": content}
    if do == "refusal":
        message |= {"content": None, "refusal": "I cannot help with that."}
    if do == "thought_only":
        message |= {"content": None, "reasoning_content": content}
    if do == "thought_field":
        message |= {"reasoning": "thinking", "reasoning_content": "thinking"}
    if do == "thought_parts":
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "draft " + _draft(content)}]}
        message["content"] = [thought, {"type": "text", "text": content}]
    return message


def _draft(content: str) -> str:
    try:
        return draft_of(json.loads(content))
    except ValueError:
        return "{}"


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.body:
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(413, "the body is over the limit")
    return bytes(body)


def _hash(messages: list[tuple[str, str]]) -> str:
    """Of what is asked about: the same for every way in which the endpoint may be asked for JSON."""
    asked = [text for role, text in messages if role != "system"]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def _json(value: Json, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def _error(refused: Refused, headers: dict[str, str] | None = None) -> Answer:
    error = {"message": refused.message, "type": "invalid_request_error", "param": refused.param, "code": refused.code}
    answer = _json({"error": error}, refused.status)
    answer.headers.update(headers or {})
    return answer
