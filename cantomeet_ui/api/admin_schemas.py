"""The JSON of the admin routes, as OpenAPI shows it. Instants UTC, times in seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cantomeet.bulk import Act, Refusal
from cantomeet.checking import State
from cantomeet.lifecycle import MeetingStatus


class PlanLine(BaseModel):
    """One meeting as it was seen when it was previewed."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    status: MeetingStatus
    pays_again: Annotated[bool, Field(strict=True)] = False
    pays: Annotated[bool, Field(strict=True)] = False
    """A paid transcription begins, or may have to."""
    wastes: Annotated[bool, Field(strict=True)] = False
    """A paid transcription that is not here yet is given up."""


class BulkLineOut(BaseModel):
    id: str
    title: str
    status: MeetingStatus
    refused: Refusal | None
    """Why it would be left as it is."""


class CostOut(BaseModel):
    """At most."""

    paid_transcriptions: int
    audio_seconds: float
    """Of those transcriptions whose recording's length is known."""
    unknown_lengths: int
    llm_summaries: int
    """Summaries that a language model is asked for."""
    paid_work_given_up: int
    """Transcriptions that are paid for, not here yet, and would be given up."""


class BulkOut(BaseModel):
    """A preview: nothing has been done."""

    action: Act
    dry_run: Literal[True] = True
    meetings: list[BulkLineOut]
    affected: int
    refused: dict[str, int]
    left_out: int
    """Meetings that fit as well, beyond the most that one plan takes."""
    cost: CostOut
    plan: list[PlanLine]
    """To be sent back with `dry_run` false."""


class DoneOut(BaseModel):
    action: Act
    dry_run: Literal[False] = False
    done: int
    refused: dict[str, int]
    """Left as they are, by reason; "changed": somebody, or a worker, was faster."""


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
    """In RQ's failed registries; null where Redis does not answer."""
    checks: list[CheckOut]
