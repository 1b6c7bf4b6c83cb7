"""A real worker that is killed by every submission, with leases short enough for a test."""

from __future__ import annotations

import os
import signal
from typing import Any

import worker.__main__ as command
from worker import engine
from worker.kinds import meeting
from worker.providers.speechmatics.transcriber import SpeechmaticsTranscriber

LEASE_SECONDS = 1.0
MOST_DEATHS = 2


def die(*_: Any) -> str:
    """Kill this process, as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def main() -> None:
    engine.MOST_DEATHS = MOST_DEATHS  # for this process alone
    meeting.LEASE_SECONDS = LEASE_SECONDS  # type: ignore[misc]  # for this process alone
    SpeechmaticsTranscriber.submit = die  # type: ignore[method-assign]  # for this process alone
    command.work("general")


if __name__ == "__main__":
    main()
