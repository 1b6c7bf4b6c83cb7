"""A real worker that one meeting's summary kills, once the test lets it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import worker.__main__ as command
from worker import engine
from worker.providers import SummaryDraft, SummaryRequest
from worker.providers.llm import LlmSummarizer

MOST_DEATHS = 2
POISON = "poison"
"""The title of that meeting."""
LET = "let-it-kill"
"""A file in the data folder."""
_summarize = LlmSummarizer.summarize


def summarize(self: LlmSummarizer, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
    if request.title == POISON:
        while not Path(os.environ["CANTOMEET_DATA_DIR"], LET).exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
    return _summarize(self, request, on_progress)


def main(role: str) -> None:
    engine.MOST_DEATHS = MOST_DEATHS  # for this process alone
    LlmSummarizer.summarize = summarize  # type: ignore[method-assign]  # for this process alone
    command.work(role)


if __name__ == "__main__":
    main(sys.argv[1])
