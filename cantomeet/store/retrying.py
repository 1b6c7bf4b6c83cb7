"""What a person's retry changes (pure)."""

from __future__ import annotations

from typing import TypedDict

from cantomeet.errors import Conflict, ErrorCode
from cantomeet.lifecycle import MeetingStatus, Stage, status_to_resume
from cantomeet.models import Meeting
from cantomeet.submission import Submission

_JOB_ENDED = {ErrorCode.CANCELLED, ErrorCode.PROVIDER_JOB_GONE, ErrorCode.PROVIDER_REJECTED}


class RetryColumns(TypedDict, total=False):
    """The columns that a retry writes; `cantomeet.models.Meeting` explains each."""

    status: MeetingStatus
    stage: Stage
    status_reason: None
    error_code: None
    error_params: dict[str, object]
    progress: None
    submission: Submission | None
    provider_job_id: None
    transcriber: str
    recognised_seconds: float
    revision: int
    shown_revision: int
    summary_round: int


def retry_columns(meeting: Meeting, start: str, confirm_cost: bool) -> RetryColumns:
    """The columns that restart `meeting` from "failed", "transcribe" or "summarize"; with `revision` if it is
    transcribed again. Raises `Conflict`.
    """
    stage = Stage(meeting.stage)
    transcribed = stage in (Stage.TRANSCRIBED, Stage.SUMMARIZED)
    cleared: RetryColumns = {
        "error_code": None,
        "error_params": {},
        "status_reason": None,
        "progress": None,
        "submission": None if meeting.submission is None else meeting.submission.begun_again(),
    }
    if start == "failed":
        if meeting.status != MeetingStatus.FAILED:
            raise Conflict(f"there is nothing to retry: the meeting is {meeting.status}")
        if stage in (Stage.STORED, Stage.PREPARED) and meeting.submission is None and meeting.audio_removed:
            raise Conflict("the recording was removed by the retention setting")
        if stage in (Stage.STORED, Stage.PREPARED) and meeting.submission is None and not meeting.recognised_seconds:
            # Nothing was transcribed or paid for yet, so the transcriber that is configured now is used.
            return {**cleared, "status": MeetingStatus.UPLOADED, "stage": Stage.STORED, "transcriber": ""}
        if transcribed or not needs_a_new_job(meeting):
            return {**cleared, "status": status_to_resume(stage)}
        # The provider's job is deleted, expired or refused, so continuing needs a new one.
        confirm_cost = confirm_cost or meeting.error_code == ErrorCode.PROVIDER_REJECTED
    elif meeting.status not in (MeetingStatus.FAILED, MeetingStatus.COMPLETED):
        raise Conflict(f"the meeting is {meeting.status}; cancel it first")
    if start == "summarize":
        if not transcribed:
            raise Conflict("there is no transcript to summarize yet")
        # Another summary of a completed meeting needs new answers, not the paid ones.
        another = 1 if meeting.status == MeetingStatus.COMPLETED else 0
        return {
            **cleared,
            "status": MeetingStatus.SUMMARIZING,
            "stage": Stage.TRANSCRIBED,
            "summary_round": meeting.summary_round + another,
        }
    paid = meeting.submission is not None
    if meeting.audio_removed:
        raise Conflict("the recording was removed by the retention setting")
    if paid and not confirm_cost:
        raise Conflict("transcribing again pays again", code=ErrorCode.COST_NOT_CONFIRMED)
    revision = meeting.revision + 1
    return {
        **cleared,
        # Only UPLOADED and TRANSCRIBING precede the transcript; COMPLETED may become the second.
        "status": MeetingStatus.TRANSCRIBING,
        "stage": Stage.STORED,
        "transcriber": "",
        "recognised_seconds": 0.0,
        "submission": None,
        "provider_job_id": None,
        "revision": revision,
        # A complete transcript is shown until the new one is complete.
        "shown_revision": meeting.shown_revision
        if transcribed or meeting.shown_revision != meeting.revision
        else revision,
    }


def at_provider(meeting: Meeting) -> bool:
    """Whether a paid transcription was started and is not saved yet, so that stopping it now means paying again."""
    return meeting.submission is not None and meeting.stage not in (Stage.TRANSCRIBED, Stage.SUMMARIZED)


def needs_a_new_job(meeting: Meeting) -> bool:
    """Whether the provider's job can no longer be used. After a refused sending, an earlier one may have made a job."""
    if meeting.error_code == ErrorCode.PROVIDER_REJECTED and meeting.provider_job_id is None:
        return False
    return meeting.submission is not None and meeting.error_code in _JOB_ENDED
