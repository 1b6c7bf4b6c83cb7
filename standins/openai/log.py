"""The stand-in's append-only log, which proves which requests were paid for.

It has one JSON line per request.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict


class RequestLog:
    """Writes each line before the client is answered, so that it exists even if the client then crashes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def note(self, **fields: object) -> None:
        self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class LoggedRequest(TypedDict):
    """A line of the log; some have more members."""

    asked: str
    path: str
    outcome: int | str
    prompt: str
    """A hash."""
    tokens_in: int
    tokens_out: int
    paid: bool
    fault: str | None
    ms: float


def read_log(path: Path) -> Iterator[LoggedRequest]:
    """Yield the log's lines, without a line that a crash left incomplete."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def paid_prompts(path: Path) -> Counter[str]:
    """Count how often each prompt was paid for, by its hash."""
    return Counter(line["prompt"] for line in read_log(path) if line["paid"])
