"""The cache records of requests to a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from worker.providers import Usage


@dataclass(frozen=True)
class Record:
    """The cache's JSON record of one request."""

    state: Literal["asked", "refused", "answered", "void"]
    content: str = ""
    finish: str = ""
    usage: Usage = field(default_factory=Usage)
    """Usage over all attempts at this request."""
    prompt: int | None = None
    """The endpoint's own count of the prompt's tokens."""
    most: int = 0
    """Most tokens that the answer was allowed."""

    def dumps(self) -> str:
        return _RECORDS.dump_json(self).decode()

    @classmethod
    def loads(cls, text: str | None) -> Record | None:
        try:
            return _RECORDS.validate_json(text) if text else None
        except ValidationError:
            # A record that another version of this program wrote counts as missing.
            return None


_RECORDS = TypeAdapter(Record)


class NoCache:
    """Keeps answers in memory while one summary is made."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._kept.get(key)

    def put(self, key: str, value: str, usage: Usage) -> None:
        self._kept[key] = value
