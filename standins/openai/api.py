"""Handles the stand-in's requests: routes, key, checks, planned faults and log."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass, field

from pydantic import ValidationError

from cantomeet.tokens import MESSAGE_TOKENS, count_tokens
from standins.http import Answer, ClientGone, Dropped, Request, json_answer
from standins.openai.answer import ModelAnswer, streamed_answer, whole_answer
from standins.openai.log import RequestLog
from standins.openai.model import Json, content_of, draft_of, task_of
from standins.openai.plan import MODEL_FAULTS, STREAM_FAULTS, ModelChance, ModelFault, ModelPlan
from standins.openai.rules import ChatRequest, ModelRefusal, read_request

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
class _LogEntry:
    """The log entry of one request."""

    asked: str = "unknown"
    prompt: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    paid: bool = False
    fault: str | None = None
    extra: dict[str, object] = field(default_factory=dict)


class ModelApi:
    """The stand-in's routes; `key` is the only accepted one, and None accepts any key or none."""

    def __init__(self, log: RequestLog, plan: ModelPlan, key: str | None) -> None:
        self._log = log
        self._key = key
        self.use(plan)

    def use(self, plan: ModelPlan) -> None:
        """Replace the plan."""
        self.chance = ModelChance(plan)

    async def __call__(self, request: Request) -> Answer:
        if request.path == "/_fake/plan":
            return await self._control(request)
        entry, started = _LogEntry(), time.monotonic()
        outcome: int | str = "cancelled"
        try:
            answer = await self._answer(request, entry)
            outcome = answer.status
            return answer
        except (Dropped, ClientGone) as gone:
            outcome = type(gone).__name__.lower()
            raise
        finally:
            self._log_entry(request, entry, outcome, time.monotonic() - started)

    def _log_entry(self, request: Request, entry: _LogEntry, outcome: int | str, seconds: float) -> None:
        self._log.note(
            asked=entry.asked,
            path=request.path,
            outcome=outcome,
            prompt=entry.prompt,
            tokens_in=entry.tokens_in,
            tokens_out=entry.tokens_out,
            paid=entry.paid,
            fault=entry.fault,
            ms=round(seconds * 1000, 1),
            **entry.extra,
        )

    async def _answer(self, request: Request, entry: _LogEntry) -> Answer:
        try:
            self._check_key(request)
            if (request.method, request.path) == ("GET", "/v1/models"):
                entry.asked = "models"
                return await self._models(request, entry)
            if (request.method, request.path) == ("POST", "/v1/chat/completions"):
                return await self._chat(request, entry)
        except ModelRefusal as refused:
            return _error_answer(refused)
        return json_answer({"detail": "Not Found"}, 404)

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if self._key is not None and (scheme, key) != ("Bearer", self._key):
            raise ModelRefusal(401, f"Incorrect API key provided: {key}.", code="invalid_api_key")

    async def _models(self, request: Request, entry: _LogEntry) -> Answer:
        fault = self.chance.fault("models")
        if fault is not None:
            return await self._apply_fault(fault, request, entry)
        plan = self.chance.plan
        names = plan.listed if plan.listed is not None else plan.models or []
        return json_answer({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})

    async def _chat(self, request: Request, entry: _LogEntry) -> Answer:
        body = await _body(request)
        plan = self.chance.plan
        chat = read_request(body, plan)
        messages: list[tuple[str, str]] = [(message.role, message.content) for message in chat.messages]
        entry.prompt = _prompt_hash(messages)
        entry.tokens_in = self._tokens(sum(count_tokens(text) + MESSAGE_TOKENS for _, text in messages))
        entry.extra = {
            "format": chat.response_format.type if chat.response_format else "text",
            "stream": chat.stream,
            "most": chat.most_tokens,
        }
        entry.asked = task_of(messages, chat.schema_sent)
        self._check_context(chat, entry.tokens_in, plan)
        if plan.cuts_at is not None and entry.tokens_in > plan.cuts_at:
            messages = _without_oldest_lines(messages, entry.tokens_in - plan.cuts_at, plan.token_ratio)
            entry.tokens_in, entry.extra["cut"] = plan.cuts_at, True
        fault = self.chance.fault(entry.asked)
        entry.fault = fault.do if fault else None
        if fault is not None and fault.do not in (*MODEL_FAULTS, *STREAM_FAULTS, "slow") and not fault.after:
            return await self._apply_fault(fault, request, entry)
        invented = self._invented(chat, messages, fault, entry)
        # A client that does not accept events, such as a proxy, gets a whole answer.
        reads_events = "text/event-stream" in request.headers.get("accept", "")
        streams = plan.streams == "always" or (chat.stream and reads_events and plan.streams != "never")
        rate = 0.0 if streams else plan.token_rate
        await asyncio.sleep(entry.tokens_out * rate + (fault.seconds if fault and fault.do == "slow" else 0))
        if fault is not None and fault.after:
            return await self._apply_fault(fault, request, entry)
        if not streams:
            return whole_answer(invented)
        half_way = fault if fault is not None and fault.do in STREAM_FAULTS else None
        usage_asked = bool(chat.stream_options and chat.stream_options.include_usage)
        return streamed_answer(invented, plan, half_way, usage_asked=usage_asked)

    def _tokens(self, ours: int) -> int:
        return int(self.chance.plan.token_ratio * ours)

    def _check_context(self, chat: ChatRequest, tokens_in: int, plan: ModelPlan) -> None:
        asked = tokens_in + chat.most_tokens
        if plan.context_tokens is not None and asked > plan.context_tokens:
            words, code = _TOO_LONG[plan.context_words]
            told = words.replace("{context}", str(plan.context_tokens)).replace("{asked}", str(asked))
            raise ModelRefusal(plan.context_status, told, code=code)

    def _invented(
        self, chat: ChatRequest, messages: list[tuple[str, str]], fault: ModelFault | None, entry: _LogEntry
    ) -> ModelAnswer:
        do = fault.do if fault else None
        content = content_of(messages, self._schema_followed(chat), do)
        if do == "huge" and fault is not None:
            content += " " * fault.bytes
        entry.tokens_out = self._tokens(count_tokens(content[:200_000]))
        cut = do == "truncated" or entry.tokens_out > chat.most_tokens
        if cut and do != "huge":
            content = content[: len(content) // 2]
            entry.tokens_out = min(entry.tokens_out, chat.most_tokens)
        entry.paid = True
        message = _faulty_message(do, content)
        if do == "thought_out" and not chat.thinks_little:
            message, cut = {"role": "assistant", "content": "", "reasoning_content": _THOUGHTS}, True
            entry.tokens_out = chat.most_tokens
        usage: Json | None = {
            "prompt_tokens": entry.tokens_in,
            "completion_tokens": entry.tokens_out,
            "total_tokens": entry.tokens_in + entry.tokens_out,
        }
        return ModelAnswer(
            id="chatcmpl-" + entry.prompt[:12],
            model=chat.model,
            message=message,
            finish=None if do == "null_finish" else "length" if cut else "stop",
            usage=None if do in ("no_usage", "null_usage") else usage,
        )

    def _schema_followed(self, chat: ChatRequest) -> Json | None:
        asked = chat.response_format
        return None if asked is None or asked.type in self.chance.plan.ignores else chat.schema_sent

    async def _apply_fault(self, fault: ModelFault, request: Request, entry: _LogEntry) -> Answer:
        entry.fault = fault.do
        if fault.do == "hang":
            await request.gone(fault.seconds)
            raise Dropped
        if fault.do == "drop":
            raise Dropped
        if fault.do == "no_choices":
            return json_answer({"id": "x", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})
        if fault.do == "garbage":
            return Answer(200, b"\x00\xff not what you asked for", "application/octet-stream")
        if fault.do == "html":
            return Answer(fault.status, b"<html><body>Something in between</body></html>", "text/html")
        if fault.do == "error_in_success":
            return json_answer({"error": {"message": fault.message, "code": fault.status}})
        headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
        return _error_answer(ModelRefusal(fault.status, fault.message, code=fault.code), headers)

    async def _control(self, request: Request) -> Answer:
        try:
            if request.method == "POST":
                self.use(ModelPlan.model_validate_json(await _body(request)))
        except ValidationError as wrong:
            return json_answer({"error": str(wrong.errors(include_url=False, include_input=False)[0])}, 422)
        return json_answer(self.chance.plan.model_dump(mode="json"))


def _without_oldest_lines(messages: list[tuple[str, str]], tokens: int, ratio: float) -> list[tuple[str, str]]:
    """Remove so many tokens from the start of the last message's data, as servers drop the oldest text."""
    role, text = messages[-1]
    first, *lines = text.split("\n")
    while len(lines) > 1 and tokens > 0:
        tokens -= int(ratio * count_tokens(lines.pop(0)))
    return [*messages[:-1], (role, "\n".join([first, *lines]))]


def _faulty_message(do: str | None, content: str) -> Json:
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
            raise ModelRefusal(413, "the body is over the limit")
    return bytes(body)


def _prompt_hash(messages: list[tuple[str, str]]) -> str:
    """Hash what is asked about; it is the same for every requested JSON format."""
    asked = [text for role, text in messages if role != "system"]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]


def _error_answer(refused: ModelRefusal, headers: dict[str, str] | None = None) -> Answer:
    error = {"message": refused.message, "type": "invalid_request_error", "param": refused.param, "code": refused.code}
    answer = json_answer({"error": error}, refused.status)
    answer.headers.update(headers or {})
    return answer
