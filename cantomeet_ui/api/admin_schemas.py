"""The JSON of the admin routes. Instants are in UTC, durations in seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cantomeet.bulk import Act, Refusal
from cantomeet.checking import State
from cantomeet.lifecycle import MeetingStatus


class PlanLine(BaseModel):
    """A meeting as it was when it was previewed."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    status: MeetingStatus
    pays_again: Annotated[bool, Field(strict=True)] = False
    pays: Annotated[bool, Field(strict=True)] = False
    """Whether a paid transcription starts, or may have to."""
    wastes: Annotated[bool, Field(strict=True)] = False
    """Whether a paid transcription is abandoned before its result was fetched."""


class BulkLineOut(BaseModel):
    id: str
    title: str
    status: MeetingStatus
    refused: Refusal | None
    """Why the action would not be applied. null if it would."""


class CostOut(BaseModel):
    """The most that the action can cost."""

    paid_transcriptions: int
    audio_seconds: float
    """Total length of those recordings whose length is known."""
    unknown_lengths: int
    llm_summaries: int
    """Summaries that a language model would write."""
    paid_work_given_up: int
    """Paid transcriptions that would be abandoned before their results were fetched."""


class BulkOut(BaseModel):
    """A preview. Nothing has been changed."""

    action: Act
    dry_run: Literal[True] = True
    meetings: list[BulkLineOut]
    affected: int
    refused: dict[str, int]
    left_out: int
    """Matching meetings beyond the limit of one plan."""
    cost: CostOut
    plan: list[PlanLine]
    """Send this back with `dry_run` false."""


class DoneOut(BaseModel):
    action: Act
    dry_run: Literal[False] = False
    done: int
    refused: dict[str, int]
    """Counts of meetings that were left as they are, by reason. "changed": changed since the preview."""


class PausedOut(BaseModel):
    paused: bool
    since: datetime | None


class QueueOut(BaseModel):
    name: str
    waiting: int


class WorkerOut(BaseModel):
    name: str
    state: str
    queues: list[str]
    last_heartbeat: datetime | None


class CheckOut(BaseModel):
    name: str
    set_up: bool
    state: State | Literal["never"]
    at: datetime | None
    error_code: str | None


class OverviewOut(BaseModel):
    counts: dict[MeetingStatus, int]
    errors: dict[str, int]
    """Failed meetings by error code, the most frequent first."""
    oldest_due_seconds: float
    paused_since: datetime | None
    redis: Literal["ok", "down"]
    queues: list[QueueOut]
    workers: list[WorkerOut]
    failed_jobs: int | None
    """Jobs in RQ's failed registries. null if Redis does not answer."""
    checks: list[CheckOut]
