"""Saves each answer of a language model as it arrives, so that none is paid for twice."""

from __future__ import annotations

import time
from dataclasses import replace

from pydantic import BaseModel, ValidationError

from cantomeet.store import Database
from cantomeet.stored_json import StoredUsage
from worker.lease import MeetingLease
from worker.providers import Usage

STEP_SECONDS = 5.0
"""After this time a step sends no further request. So a stopping worker ends after the request that is running, and a
cancel, a high-priority meeting or a deployment does not wait for a long meeting."""

_PAUSE = "pause"


class _Pause(BaseModel):
    """Where a step paused by itself. The answers that the very next run takes over do not count as reused."""

    run: int
    reused: int


class PaidAnswers:
    """The `ChunkCache` of a meeting, and the `may_ask` of a summary request.

    Each round has its own answers: a person who summarizes a meeting again wants new ones.
    """

    def __init__(self, store: Database, lease: MeetingLease, round: str, *, of_view: bool = False) -> None:
        """`of_view`: the lease is of the meeting's written view, not of its own job."""
        self._store, self._lease, self._of_view = store, lease, of_view
        self._prefix = f"{round}."
        self._started = time.monotonic()
        self.answered = 0
        """Answers received in this step."""

    def get(self, key: str) -> str | None:
        return self._store.provider_answers.paid(self._lease.meeting.id, self._prefix + key)

    def put(self, key: str, value: str, usage: Usage) -> None:
        is_answer = usage.requests == 0 and usage.tokens_in + usage.tokens_out > 0
        self._save(key, value, keep=is_answer)
        if is_answer:
            self.answered += 1
            self._lease.progressed = True

    def may_ask(self) -> bool:
        """Whether this step may send another request: until it has an answer and `STEP_SECONDS` are over.

        Raises `LeaseLost`.
        """
        self._lease.check()
        return not self.answered or time.monotonic() - self._started < STEP_SECONDS

    def pause(self, usage: Usage) -> None:
        """Save that the next step continues here. `usage` is the usage so far."""
        self._save(_PAUSE, _Pause(run=self._lease.run, reused=self.settled(usage).reused).model_dump_json())

    def settled(self, usage: Usage) -> Usage:
        """`usage`, where answers count as reused only if a failed earlier try had received them."""
        before = self._paused()
        if before is None or before.run != self._lease.run - 1:
            return usage
        return replace(usage, reused=before.reused)

    def _paused(self) -> _Pause | None:
        try:
            return _Pause.model_validate_json(self.get(_PAUSE) or "")
        except ValidationError:
            return None

    def _save(self, key: str, value: str, *, keep: bool = False) -> None:
        meeting_id, run = self._lease.meeting.id, self._lease.run
        self._store.provider_answers.save_paid(
            meeting_id, run, self._prefix + key, value, keep=keep, of_view=self._of_view
        )


def stored_usage(usage: Usage) -> StoredUsage:
    return StoredUsage(
        requests=usage.requests,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        repeats=usage.repeats,
        reused=usage.reused,
        cost=usage.cost,
        estimated=usage.estimated,
    )
