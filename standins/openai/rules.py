"""Validates requests by OpenAI's API reference of chat completions, and refuses anything else."""

from __future__ import annotations

import json
import re
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from standins.http import RequestPart
from standins.openai.plan import ModelPlan

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STRICT_KEYS = frozenset({"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum"})


class ModelRefusal(Exception):
    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param


class ChatMessage(RequestPart):
    role: Literal["system", "user", "assistant"]
    content: str


class JsonSchema(RequestPart):
    name: str
    strict: bool = False
    schema_: dict[str, object] = Field(alias="schema")


class ResponseFormat(RequestPart):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(RequestPart):
    include_usage: bool = False


class ChatRequest(RequestPart):
    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    response_format: ResponseFormat | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    reasoning_effort: Literal["minimal", "low", "medium", "high"] | None = None
    chat_template_kwargs: dict[str, object] | None = None
    enable_thinking: bool | None = None
    thinking: dict[str, object] | None = None

    @property
    def most_tokens(self) -> int:
        return self.max_tokens or self.max_completion_tokens or 4096

    @property
    def thinks_little(self) -> bool:
        """True if any of the known parameters asks the model to think little."""
        off = (self.chat_template_kwargs or {}).get("enable_thinking") is False or self.enable_thinking is False
        return off or self.reasoning_effort in ("minimal", "low") or (self.thinking or {}).get("type") == "disabled"

    @property
    def schema_sent(self) -> dict[str, object] | None:
        sent = self.response_format and self.response_format.json_schema
        return sent.schema_ if sent else None


def read_request(body: bytes, plan: ModelPlan) -> ChatRequest:
    """Parse a request. Raises `ApiError`."""
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ModelRefusal(400, f"{place}: {first['msg']}", param=place) from None
    _check_model(request, plan)
    _check_options(request, plan)
    _check_stream(request, plan)
    _check_thinking(request, plan)
    _check_roles(request, plan)
    _check_format(request, plan)
    return request


def _check_model(request: ChatRequest, plan: ModelPlan) -> None:
    if plan.models is not None and request.model not in plan.models:
        message = f"The model `{request.model}` does not exist or you do not have access to it."
        raise ModelRefusal(404, message, code="model_not_found")


def _check_options(request: ChatRequest, plan: ModelPlan) -> None:
    if request.max_tokens and request.max_completion_tokens:
        raise ModelRefusal(400, "max_tokens and max_completion_tokens cannot both be set", param="max_tokens")
    for name in ("max_tokens", "max_completion_tokens"):
        if getattr(request, name) is not None and plan.length_field not in (name, "any"):
            message = f"Unsupported parameter: '{name}' is not supported with this model."
            raise ModelRefusal(400, message, code="unsupported_parameter", param=name)
    if plan.most_answer is not None and request.most_tokens > plan.most_answer:
        raise ModelRefusal(400, f"Invalid max_tokens value, the valid range of max_tokens is [1, {plan.most_answer}]")
    if request.temperature not in (None, 1) and not plan.temperature:
        message = "Unsupported value: 'temperature' does not support it with this model. Only the default is supported."
        raise ModelRefusal(400, message, code="unsupported_value", param="temperature")


def _check_stream(request: ChatRequest, plan: ModelPlan) -> None:
    if request.stream and plan.streams == "refused":
        raise ModelRefusal(400, "Streaming is not supported for this model.", param="stream")
    if not request.stream and plan.streams == "only":
        raise ModelRefusal(
            400, "This model only support stream mode, please enable the stream parameter.", param="stream"
        )
    if request.stream_options is not None and (not request.stream or not plan.stream_options):
        raise ModelRefusal(400, "Unrecognized request argument supplied: stream_options", param="stream_options")


def _check_thinking(request: ChatRequest, plan: ModelPlan) -> None:
    for name in ("reasoning_effort", "chat_template_kwargs", "enable_thinking", "thinking"):
        if getattr(request, name) is not None and name not in plan.thinking_options:
            raise ModelRefusal(
                400, f"Unrecognized request argument supplied: {name}", code="unknown_parameter", param=name
            )


def _check_roles(request: ChatRequest, plan: ModelPlan) -> None:
    if not plan.system_role and any(message.role == "system" for message in request.messages):
        raise ModelRefusal(400, "System role not supported")


def _check_format(request: ChatRequest, plan: ModelPlan) -> None:
    asked = request.response_format
    if asked is None or asked.type == "text":
        return
    if plan.strict_format and asked.type == "json_object":
        raise ModelRefusal(400, "'response_format.type' must be 'json_schema' or 'text'")
    if asked.type in plan.refuses:
        raise ModelRefusal(400, f"response_format of type {asked.type} is not supported", param="response_format")
    if asked.type == "json_object" and not any("JSON" in message.content for message in request.messages):
        raise ModelRefusal(
            400, "'messages' must contain the word 'json' to use 'response_format' of type 'json_object'."
        )
    if asked.type == "json_schema":
        _check_schema(asked.json_schema)


def _check_schema(sent: JsonSchema | None) -> None:
    if sent is None or not _NAME.fullmatch(sent.name):
        raise ModelRefusal(400, "response_format.json_schema needs a name of letters, digits, _ and -")
    if sent.schema_.get("type") != "object":
        raise ModelRefusal(400, "Invalid schema: it must be of type object")
    if sent.strict:
        _check_strict(sent.schema_, "schema")


def _check_strict(node: object, place: str) -> None:
    """Check a schema as OpenAI's structured outputs do: all members required, no others, only keywords used here."""
    if not isinstance(node, dict):
        raise ModelRefusal(400, f"Invalid schema: {place} is no object")
    unknown = set(node) - _STRICT_KEYS - {"description"}
    if unknown:
        raise ModelRefusal(400, f"Invalid schema: {place} has {json.dumps(sorted(unknown))}, which is not permitted")
    if node.get("type") == "object":
        properties = node.get("properties", {})
        if node.get("additionalProperties") is not False or node.get("required") != list(properties):
            raise ModelRefusal(400, f"Invalid schema: {place} must require all members and forbid others")
        for name, child in properties.items():
            _check_strict(child, f"{place}.{name}")
    if node.get("type") == "array":
        _check_strict(node.get("items"), f"{place}.items")
    for number, child in enumerate(node.get("anyOf", [])):
        _check_strict(child, f"{place}.anyOf.{number}")
