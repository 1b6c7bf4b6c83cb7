"""Statuses of a meeting, their stages, and the table of allowed transitions."""

from __future__ import annotations

from enum import StrEnum


class MeetingStatus(StrEnum):
    UPLOADED = "UPLOADED"
    """The recording is safe on disk and in the database; nothing has been done with it yet."""
    TRANSCRIBING = "TRANSCRIBING"
    """The recording is being prepared, sent to the transcriber, or recognised."""
    SUMMARIZING = "SUMMARIZING"
    """The whole transcript is saved; the summary is being written."""
    COMPLETED = "COMPLETED"
    """Transcript and summary are saved. (A recording without speech completes with both empty.)"""
    FAILED = "FAILED"
    """Nothing more happens until a person acts; `status_reason` and `error_code` say why."""


class Stage(StrEnum):
    """What is already done, finer than the status; a retry continues from here."""

    STORED = "stored"
    """The recording is on disk."""
    PREPARED = "prepared"
    """Decoded to the end: its real duration is known, and its form suits the transcriber."""
    SUBMITTED = "submitted"
    """The provider has it and its job id is saved (remote transcribers only)."""
    TRANSCRIBED = "transcribed"
    """Transcript and speakers are saved."""
    SUMMARIZED = "summarized"
    """The summary is saved."""


TRANSITIONS: dict[MeetingStatus, frozenset[MeetingStatus]] = {
    MeetingStatus.UPLOADED: frozenset({MeetingStatus.TRANSCRIBING, MeetingStatus.FAILED}),
    MeetingStatus.TRANSCRIBING: frozenset({MeetingStatus.SUMMARIZING, MeetingStatus.COMPLETED, MeetingStatus.FAILED}),
    MeetingStatus.SUMMARIZING: frozenset({MeetingStatus.COMPLETED, MeetingStatus.FAILED}),
    # A person's retry: from the failed stage, only the summary, or everything.
    MeetingStatus.COMPLETED: frozenset({MeetingStatus.TRANSCRIBING, MeetingStatus.SUMMARIZING}),
    MeetingStatus.FAILED: frozenset({MeetingStatus.UPLOADED, MeetingStatus.TRANSCRIBING, MeetingStatus.SUMMARIZING}),
}

ACTIVE = frozenset({MeetingStatus.UPLOADED, MeetingStatus.TRANSCRIBING, MeetingStatus.SUMMARIZING})
"""Statuses in which a next step of the pipeline is due, waits or runs."""
ENDED = frozenset(MeetingStatus) - ACTIVE
"""Statuses in which nothing happens until a person acts."""


def status_to_resume(stage: Stage) -> MeetingStatus:
    """The status in which work continues after `stage`."""
    if stage in (Stage.TRANSCRIBED, Stage.SUMMARIZED):
        return MeetingStatus.SUMMARIZING
    return MeetingStatus.UPLOADED if stage is Stage.STORED else MeetingStatus.TRANSCRIBING


def next_step(status: MeetingStatus, stage: Stage, transcriber: str) -> str:
    """The name of the next step of an active meeting, as the timeline has it."""
    if status == MeetingStatus.SUMMARIZING:
        return "summarize"
    if stage == Stage.PREPARED:
        return "recognise" if transcriber == "whisper" else "submit"
    return "check" if stage == Stage.SUBMITTED else "prepare"
