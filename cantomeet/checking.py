"""Whether what does the work would do it: a question that the page asks, a worker answers, and the database keeps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal, get_args

from cantomeet.stored_json import Params

CHECKED = ("speechmatics", "llm", "whisper")
"""What can be tested."""
PATIENCE_SECONDS = 150.0
"""After which nobody will answer any more: a worker's answer takes seconds, behind a piece of a recording a minute."""

State = Literal["asked", "ok", "failed"]


@dataclass(frozen=True)
class Check:
    state: State
    at: datetime
    """When it was asked, or answered; the database's clock."""
    code: str | None = None
    """Of `cantomeet.errors`, where it failed."""
    params: Params = field(default_factory=dict)
    """For the text; never holds a key."""


def remembered_as(name: str) -> str:
    """The name in the table of what is remembered."""
    return f"check:{name}"


def dumps(check: Check) -> str:
    return json.dumps({**asdict(check), "at": check.at.isoformat()})


def loads(text: str | None) -> Check | None:
    """None for nothing, and for what another version of the program may have written."""
    try:
        found = json.loads(text or "")
        check = Check(found["state"], datetime.fromisoformat(found["at"]), found["code"], dict(found["params"]))
    except (ValueError, KeyError, TypeError):
        return None
    return check if check.state in get_args(State) and check.at.tzinfo is not None else None
