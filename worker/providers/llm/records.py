"""What the cache of answers holds for each request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from worker.providers import Usage


@dataclass(frozen=True)
class Record:
    """What the cache holds for one request, as JSON."""

    state: Literal["asked", "refused", "answered", "void"]
    content: str = ""
    finish: str = ""
    usage: Usage = field(default_factory=Usage)
    """Over all attempts at this request."""
    prompt: int | None = None
    """The endpoint's own count of the prompt's tokens."""
    most: int = 0
    """Tokens that the answer was allowed."""

    def dumps(self) -> str:
        return _RECORDS.dump_json(self).decode()

    @classmethod
    def loads(cls, text: str | None) -> Record | None:
        try:
            return _RECORDS.validate_json(text) if text else None
        except ValidationError:
            # Written by another version of this program: as good as nothing.
            return None


_RECORDS = TypeAdapter(Record)


class NoCache:
    """Keeps answers for as long as one summary is being made."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._kept.get(key)

    def put(self, key: str, value: str, usage: Usage) -> None:
        self._kept[key] = value
