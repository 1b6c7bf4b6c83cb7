"""What a child process that reads a recording is told, and what it answers."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cantomeet.media.found import Decoded, Probe
from cantomeet.media.limits import ChildLimits

TOO_MUCH_MEMORY = 70
"""The exit code of a child that exceeded its memory limit."""

Result = Probe | Decoded
Talk: TypeAlias = "Connection[bytes, bytes]"
"""To the asker; each message is pickled here."""


class ChildCall(NamedTuple):
    """What the asker wants done."""

    job: str
    paths: tuple[Path, ...]
    """The recording, and where the job writes."""
    limits: ChildLimits
    reports: bool
    """Whether the job reports progress."""


class Progress(NamedTuple):
    """Sent by the child, which then waits for a reply. `seconds` of sound are done."""

    seconds: float


class Done(NamedTuple):
    result: Result


class Failed(NamedTuple):
    """A `CantoMeetError` or an `OSError`, in picklable form."""

    kind: type[BaseException]
    args: tuple[object, ...]
    params: dict[str, object]


class Broken(NamedTuple):
    """The traceback of an unexpected error."""

    trace: str
