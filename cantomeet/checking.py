"""Tests of providers: the page requests one, a worker runs it, the database keeps the result."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal, get_args

from cantomeet.stored_json import Params

CHECKED = ("speechmatics", "llm", "whisper")
"""What can be tested."""
PATIENCE_SECONDS = 150.0
"""After so many seconds no answer is expected: a worker's answer takes seconds, or a minute behind a piece of a
recording.
"""

State = Literal["asked", "ok", "failed"]


@dataclass(frozen=True)
class Check:
    state: State
    at: datetime
    """When it was requested or finished, by the database's clock."""
    code: str | None = None
    """A code of `cantomeet.errors`, if it failed."""
    params: Params = field(default_factory=dict)
    """Parameters of the reason's text; they never contain an API key."""


def remembered_as(name: str) -> str:
    """The name under which the result is saved."""
    return f"check:{name}"


def dumps(check: Check) -> str:
    return json.dumps({**asdict(check), "at": check.at.isoformat()})


def loads(text: str | None) -> Check | None:
    """The check that `dumps` wrote; None for None and for text of another version of the program."""
    try:
        found = json.loads(text or "")
        check = Check(found["state"], datetime.fromisoformat(found["at"]), found["code"], dict(found["params"]))
    except (ValueError, KeyError, TypeError):
        return None
    return check if check.state in get_args(State) and check.at.tzinfo is not None else None
