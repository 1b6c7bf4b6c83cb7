"""Meetings with a transcript, and a worker's tools to summarize them with a language model's stand-in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from standins.openai.server import FakeOpenAI
from tests import meetings
from worker.kinds.meeting import advance as advance_meeting
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.llm import LlmLimits, LlmSummarizer
from worker.toolbox import Backoff, Toolbox

Said = Sequence[tuple[str | None, str]]
SMALL = LlmLimits(chunk_tokens=300, timeouts=httpx.Timeout(10.0))
"""Small chunks, so that a short meeting needs as many as a long one."""


def llm(fake: FakeOpenAI, **members: Any) -> LlmSummarizer:
    """The summarizer as `worker.runtime` makes it, with the stand-in's address."""
    shared = {"model": "stand-in", "fallback": ExtractiveSummarizer(), "base_url": fake.base_url, "limits": SMALL}
    return LlmSummarizer(**{**shared, **members})


class Desk:
    """A worker's tools for summaries. `step` and `run` do what is due."""

    def __init__(self, store: Database, folder: Path, summarizer: Any, tries: int = 8, rewriter: Any = None) -> None:
        self.store = store
        self.progress: list[int | None] = []
        self.tools = Toolbox(
            store=store,
            recordings=FolderStorage(folder, max_bytes=10**9, min_free_bytes=0),
            locals={},
            remotes={},
            summarizer=summarizer,
            rewriter=rewriter,
            transcriber="whisper",
            language="en",
            publish=lambda meeting_id, _: self.progress.append(store.meetings.get(meeting_id).progress),
            wake=lambda meeting, delay: True,
            backoff=Backoff(first=0.0, cap=0.0, tries=tries),
        )

    def meeting(self, said: Said, **columns: Any) -> Meeting:
        return meetings.transcribed(self.store, said, **columns)

    def step(self, meeting_id: str) -> Meeting:
        """Advance once, whether or not the step is due."""
        self.store.pipeline.due_now(meeting_id)
        advance_meeting(self.tools, meeting_id)
        return self.store.meetings.get(meeting_id)

    def run(self, meeting_id: str, most: int = 200) -> Meeting:
        """Run the meeting to its end. An error raised after the failure was committed is ignored, as by RQ."""
        for _ in range(most):
            try:
                meeting = self.step(meeting_id)
            except Exception:
                meeting = self.store.meetings.get(meeting_id)
                assert meeting.status == MeetingStatus.FAILED
            if meeting.status in (MeetingStatus.COMPLETED, MeetingStatus.FAILED):
                return meeting
        raise AssertionError(f"still {meeting.status} after {most} steps")

    def outcomes(self, meeting_id: str) -> list[str]:
        return [attempt.outcome for attempt in self.store.meetings.attempts(meeting_id) if attempt.step == "summarize"]

    def usage(self, meeting_id: str) -> dict[str, Any]:
        found = self.store.summaries.find(meeting_id)
        assert found is not None
        assert found.summary.usage is not None
        return found.summary.usage
