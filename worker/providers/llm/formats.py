"""How an endpoint accepts requests, and the JSON Schemas of its answers.

The formats form a ladder: `json_schema`, then `json_object` with the schema in the prompt (OpenAI's API requires the
word JSON there), then plain text with the schema in the prompt. Some endpoints answer 400 to a format, others ignore
it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError


class Format(StrEnum):
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"

    @property
    def next(self) -> Format | None:
        return {Format.JSON_SCHEMA: Format.JSON_OBJECT, Format.JSON_OBJECT: Format.TEXT}.get(self)


LengthField = Literal["max_tokens", "max_completion_tokens", ""]

_RESTRAINTS: dict[str, object] = {
    "reasoning_effort": "low",
    "chat_template_kwargs": {"enable_thinking": False},
    "enable_thinking": False,
    "thinking": {"type": "disabled"},
}
"""Parameters that make a model think little: of OpenAI and Ollama, of vLLM and SGLang, of DashScope, of DeepSeek and
GLM. Most servers ignore those that they do not know; a server that refuses one names it.
"""
_STREAM = re.compile(r"\bstream(?:ing)?\b")
_STREAM_USAGE = re.compile(r"stream_options|include_usage")
_SYSTEM_ROLE = re.compile(
    r"system[ _-]?(?:role|message|prompt|instruction)|roles?\b[^.]{0,60}\bsystem|developer instruction"
)
_FORMAT = re.compile(r"response_?format|json[_ ]?(?:schema|object|mode)|structured|schema|grammar|guided")
_LENGTH = re.compile(r"max_(?:completion_|output_|new_)?tokens")
_MOST = re.compile(
    r"[\[(]\s*\d+\s*,\s*(\d+)\s*[\])]|(?:at most|less than or equal to|no more than|up to|<=?|\d+ >)\s*(\d+)"
    r"|(?:maximum|max|limit|upper bound)(?: \w+){0,3}(?: is| of|:|=)\s*(\d+)"
)
_LEAST_ANSWER = 64


@dataclass(frozen=True)
class Dialect:
    """What one endpoint and model accept; `dumps` is small and may be stored between processes."""

    format: Format = Format.JSON_SCHEMA
    length_field: LengthField = "max_tokens"
    temperature: bool = True
    too_long: int | None = None
    """Tokens, by our count, of the smallest prompt that was refused as too long or truncated."""
    stream: bool = True
    stream_usage: bool = True
    """Whether the token count is requested at the end of a stream."""
    system_role: bool = True
    most_answer: int | None = None
    """Most tokens that the endpoint accepts as an answer's limit."""
    cuts: bool = False
    """True if the endpoint silently truncates a prompt that is too long."""
    holds_back: bool = False
    """True if thoughts used much of the answer's tokens, so the model is asked to think little."""
    restraints: tuple[str, ...] = tuple(_RESTRAINTS)
    """The parameters for this that were not refused."""

    def dumps(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str | None) -> Dialect:
        """Parse the output of `dumps`; anything else gives the first step, which is learned again at the cost of a few
        400s.
        """
        try:
            return TypeAdapter(cls).validate_json(text or "")
        except ValidationError:
            return cls()

    @property
    def at_top(self) -> Dialect:
        """The first step of everything, keeping only what was learned about the model's limits."""
        return Dialect(too_long=self.too_long, cuts=self.cuts, holds_back=self.holds_back, most_answer=self.most_answer)

    @property
    def options(self) -> dict[str, object]:
        """Request parameters other than model, messages, length and format."""
        told: dict[str, object] = {}
        if self.stream and self.stream_usage:
            told["stream_options"] = {"include_usage": True}
        if self.temperature:
            told["temperature"] = 0
        if self.holds_back:
            told |= {name: _RESTRAINTS[name] for name in self.restraints if name in _RESTRAINTS}
        return told

    def capped(self, answer_tokens: int) -> int:
        return min(answer_tokens, self.most_answer or answer_tokens)

    def after_refusal(self, complaint: str) -> Dialect | None:
        """Return the dialect to try after a 400 with these words, or None if nothing is left."""
        return self._without_named(complaint) or self._plainer(bool(_FORMAT.search(complaint)))

    def _without_named(self, complaint: str) -> Dialect | None:
        """Drop the parameter that the words name."""
        named = [name for name in self.restraints if self.holds_back and name in complaint]
        if named:
            return replace(self, restraints=tuple(name for name in self.restraints if name not in named))
        if self.stream and self.stream_usage and _STREAM_USAGE.search(complaint):
            return replace(self, stream_usage=False)
        if _STREAM.search(complaint):
            return replace(self, stream=not self.stream)
        if self.temperature and "temperature" in complaint:
            return replace(self, temperature=False)
        if self.length_field and _LENGTH.search(complaint):
            return self._with_other_length(complaint)
        if self.system_role and _SYSTEM_ROLE.search(complaint):
            return replace(self, system_role=False)
        return None

    def _with_other_length(self, complaint: str) -> Dialect:
        """Shorten the answer if the words give a limit; otherwise use the length parameter's other name."""
        bounds = [int(bound) for found in _MOST.findall(complaint) for bound in found if bound]
        most = min((bound for bound in bounds if bound >= _LEAST_ANSWER), default=None)
        if most is not None and most < (self.most_answer or most + 1):
            return replace(self, most_answer=most)
        following: LengthField = "max_completion_tokens" if self.length_field == "max_tokens" else ""
        return replace(self, length_field=following)

    def _plainer(self, names_format: bool) -> Dialect | None:
        """Return the next format; if the words name nothing, also drop other parameters that may be the cause."""
        following = self.format.next
        if names_format and following is not None:
            return replace(self, format=following)
        if following is Format.JSON_OBJECT:
            return replace(self, format=following, stream_usage=False, holds_back=False)
        plainest = replace(
            self,
            format=Format.TEXT,
            stream=False,
            stream_usage=False,
            temperature=False,
            system_role=False,
            holds_back=False,
        )
        if plainest != self:
            return plainest
        return replace(self, length_field="") if self.length_field else None

    def after_ignoring(self) -> Dialect:
        """Return the dialect for a repair of an answer that was not JSON of the schema."""
        return replace(self, format=Format.JSON_OBJECT) if self.format is Format.JSON_SCHEMA else self


@dataclass(frozen=True)
class Schema:
    name: str
    body: dict[str, JsonValue]

    @property
    def keys(self) -> frozenset[str]:
        """The members of the top-level object."""
        return frozenset(_object(self.body["properties"]))

    def response_format(self, format: Format) -> dict[str, object] | None:
        if format is Format.JSON_SCHEMA:
            schema = {"name": self.name, "strict": True, "schema": self.body}
            return {"type": "json_schema", "json_schema": schema}
        return {"type": "json_object"} if format is Format.JSON_OBJECT else None

    def in_prompt(self, format: Format) -> str:
        if format is Format.JSON_SCHEMA:
            return ""
        schema = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return f"\n\nAnswer with one JSON object and nothing else. It follows this JSON Schema:\n{schema}"


@cache
def strict_schema(name: str, model: type[BaseModel], *, without: frozenset[str] = frozenset()) -> Schema:
    """Return the model's schema as strict endpoints require it: no references, all members required, no others allowed.

    `without` names members that are left out at any depth.
    """
    whole: dict[str, JsonValue] = model.model_json_schema()
    definitions = _object(whole.get("$defs", {}))

    def tidy(node: JsonValue) -> JsonValue:
        if isinstance(node, list):
            return [tidy(entry) for entry in node]
        return tidy_object(node) if isinstance(node, dict) else node

    def tidy_object(node: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if "$ref" in node:
            return tidy_object(_object(definitions[str(node["$ref"]).rpartition("/")[2]]))
        # Strict modes of several endpoints refuse other keywords; the limits are checked when the answer is read.
        kept: dict[str, JsonValue] = {key: node[key] for key in ("type", "enum", "description") if key in node}
        kept |= {key: tidy(node[key]) for key in ("items", "anyOf") if key in node}
        if "properties" in node:
            named = _object(node["properties"])
            properties = {key: tidy(value) for key, value in named.items() if key not in without}
            kept |= {"properties": properties, "required": [*properties], "additionalProperties": False}
        return kept

    return Schema(name, tidy_object(whole))


def _object(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict), "JSON Schema has an object there"
    return value
