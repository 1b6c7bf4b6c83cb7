"""How an endpoint wants to be asked, and the JSON Schema of what it is asked for.

The ladder: `json_schema`, else `json_object` with the schema in the prompt (OpenAI's API demands the word JSON there),
else plain text with the schema in the prompt. Some endpoints answer 400 to a rung, some ignore it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError


class Format(StrEnum):
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"

    @property
    def next(self) -> Format | None:
        return {Format.JSON_SCHEMA: Format.JSON_OBJECT, Format.JSON_OBJECT: Format.TEXT}.get(self)


LengthField = Literal["max_tokens", "max_completion_tokens", ""]


@dataclass(frozen=True)
class Dialect:
    """What one endpoint and model were found to take; `dumps` is small and may be kept between processes."""

    format: Format = Format.JSON_SCHEMA
    length_field: LengthField = "max_tokens"
    temperature: bool = True
    too_long: int | None = None
    """Tokens, by our count, of the smallest prompt that was refused as too long."""

    def dumps(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str | None) -> Dialect:
        """What `dumps` gave; the first rung for anything else, since it is learned anew at the cost of a few 400s."""
        try:
            return TypeAdapter(cls).validate_json(text or "")
        except ValidationError:
            return cls()

    def after_refusal(self, complaint: str) -> Dialect | None:
        """What to try next when a request was answered by 400 and these words; None where nothing is left."""
        if self.temperature and "temperature" in complaint:
            return replace(self, temperature=False)
        if self.length_field and ("max_tokens" in complaint or "max_completion_tokens" in complaint):
            following: LengthField = "max_completion_tokens" if self.length_field == "max_tokens" else ""
            return replace(self, length_field=following)
        return replace(self, format=self.format.next) if self.format.next else None

    def after_ignoring(self) -> Dialect:
        """What to ask a repair with, when the answer was no JSON of the schema."""
        return replace(self, format=Format.JSON_OBJECT) if self.format is Format.JSON_SCHEMA else self


@dataclass(frozen=True)
class Schema:
    name: str
    body: dict[str, Any]

    @property
    def keys(self) -> frozenset[str]:
        """Of the object's own members."""
        return frozenset(self.body["properties"])

    def response_format(self, format: Format) -> dict[str, Any] | None:
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
    """The model's schema as strict endpoints want it: no references, all members required, no others allowed.

    `without`: members that are left out, at any depth.
    """
    whole = model.model_json_schema()
    definitions = whole.get("$defs", {})

    def tidy(node: Any) -> Any:
        if isinstance(node, list):
            return [tidy(entry) for entry in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return tidy(definitions[node["$ref"].rpartition("/")[2]])
        # Strict modes of several endpoints refuse these; the limits are checked when the answer is read.
        kept = {key: node[key] for key in ("type", "enum", "description") if key in node}
        kept |= {key: tidy(node[key]) for key in ("items", "anyOf") if key in node}
        if "properties" in node:
            properties = {key: tidy(value) for key, value in node["properties"].items() if key not in without}
            kept |= {"properties": properties, "required": list(properties), "additionalProperties": False}
        return kept

    return Schema(name, tidy(whole))
