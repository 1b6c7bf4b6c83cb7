"""A meeting's answers from a language model: each committed as it comes, so that none is paid for again."""

from __future__ import annotations

import time
from dataclasses import replace

from pydantic import BaseModel, ValidationError

from cantomeet.store import MeetingStore
from cantomeet.stored_json import StoredUsage
from worker.lease import MeetingLease
from worker.providers import Usage

STEP_SECONDS = 5.0
"""After so long no further request is sent in the same step. A worker that is told to stop ends after the request
that is under way, and a cancel, a higher priority and a deployment do not wait for a long meeting."""

_PAUSE = "pause"


class _Pause(BaseModel):
    """Where a step stopped of its own will: one that takes over right then reuses nothing that was paid for in vain."""

    run: int
    reused: int


class PaidAnswers:
    """The meeting's `ChunkCache`, and its `may_ask`.

    A person who has the meeting summarized again wants other answers, so each round has its own.
    """

    def __init__(self, store: MeetingStore, lease: MeetingLease, round: str, *, of_view: bool = False) -> None:
        """`of_view`: the lease is that of the meeting's written view."""
        self._store, self._lease, self._of_view = store, lease, of_view
        self._prefix = f"{round}."
        self._started = time.monotonic()
        self.answered = 0
        """In this step."""

    def get(self, key: str) -> str | None:
        return self._store.paid_answer(self._lease.meeting.id, self._prefix + key)

    def put(self, key: str, value: str, usage: Usage) -> None:
        is_answer = usage.requests == 0 and usage.tokens_in + usage.tokens_out > 0
        self._save(key, value, keep=is_answer)
        if is_answer:
            self.answered += 1
            self._lease.progressed = True

    def may_ask(self) -> bool:
        """False once this step has had its answers and its time. Raises `LeaseLost`."""
        self._lease.check()
        return not self.answered or time.monotonic() - self._started < STEP_SECONDS

    def pause(self, usage: Usage) -> None:
        """Note that the next step goes on where this one stops; `usage` so far."""
        self._save(_PAUSE, _Pause(run=self._lease.run, reused=self.settled(usage).reused).model_dump_json())

    def settled(self, usage: Usage) -> Usage:
        """`usage` with only those answers counted as reused that an earlier try had been given in vain."""
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
        self._store.save_paid_answer(meeting_id, run, self._prefix + key, value, keep=keep, of_view=self._of_view)


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
