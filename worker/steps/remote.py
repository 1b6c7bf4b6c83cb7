"""A recording through a provider: sent once, asked for later, never paid for twice.

`submit_key` is committed before anything is sent, and goes along with the job. Where a key is found without a job id,
the worker died in between: the provider is asked for the job with that key before anything is sent again.
"""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from cantomeet import media
from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.glossary import vocabulary_for
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting
from cantomeet.store import Try
from worker.lease import Lease
from worker.providers import RemoteState, RemoteTranscriber, SubmitOptions
from worker.steps.preparation import source_of
from worker.steps.recognition import new_segment
from worker.toolbox import Toolbox

SENT = "ogg"
FIRST_LOOK = 5.0
LONGEST_PAUSE = 60.0
GIVE_UP = timedelta(hours=24)
"""A job that a provider has not finished by then will not be."""


def submit(tools: Toolbox, lease: Lease, tried: Try) -> Meeting:
    """Have the provider's job id saved, sending the recording only where the provider does not have it yet."""
    meeting = lease.meeting
    provider = tools.remote(meeting.transcriber)
    job_id = provider.find(meeting.submit_key) if meeting.submit_key else None
    if job_id is None:
        job_id = _send(tools, lease, provider)
    return tools.store.commit_step(
        meeting.id,
        meeting.run,
        tried=tried,
        due_in=FIRST_LOOK,
        stage=Stage.SUBMITTED,
        provider_job_id=job_id,
        progress=None,
    )


def _send(tools: Toolbox, lease: Lease, provider: RemoteTranscriber) -> str:
    meeting = lease.meeting
    key = meeting.submit_key or f"cantomeet-{uuid4().hex}"
    if meeting.submit_key is None:
        tools.store.commit_working(meeting.id, meeting.run, submit_key=key)
    options = SubmitOptions(
        language=meeting.language,
        submit_key=key,
        filename=meeting.filename,
        vocabulary=vocabulary_for(tools.store.glossary(), meeting.language),
    )
    return provider.submit(_sendable(tools, lease, provider), options, lease.show)


def _sendable(tools: Toolbox, lease: Lease, provider: RemoteTranscriber) -> Path:
    """The recording, or a copy in a form and size that the provider takes."""
    source = source_of(tools.recordings, lease.meeting)
    if provider.takes(source):
        return source
    copy = tools.recordings.work_path(lease.meeting.recording_key, SENT)
    if not copy.exists():
        media.make_upload_copy(source, copy, lambda _seconds: lease.check())
    return copy


def check(tools: Toolbox, lease: Lease, tried: Try) -> Meeting:
    """Look once: still running, due again later; or done, its answer saved raw and then as a transcript."""
    meeting = lease.meeting
    assert meeting.provider_job_id is not None
    provider = tools.remote(meeting.transcriber)
    raw = tools.store.raw_transcript(meeting.id, meeting.provider_job_id)
    if raw is None and provider.check(meeting.provider_job_id) is RemoteState.RUNNING:
        return _look_again(tools, meeting, tried)
    if raw is None:
        body = provider.fetch(meeting.provider_job_id)
        tools.store.save_raw(
            meeting.id, meeting.run, meeting.transcriber, meeting.provider_job_id, gzip.compress(body, 6)
        )
    else:
        body = gzip.decompress(raw.body)
    transcript = provider.parse(body)
    return tools.store.finish_transcript(
        meeting.id,
        meeting.run,
        [new_segment(segment) for segment in transcript.segments],
        replace=True,
        tried=tried,
        let_go=tools.delete_at_provider,
        warnings=list(dict.fromkeys([*meeting.warnings, *transcript.warnings])),
    )


def _look_again(tools: Toolbox, meeting: Meeting, tried: Try) -> Meeting:
    waited = tried.started_at - meeting.stage_since
    if waited > GIVE_UP:
        raise PermanentError("the provider never finished", code=ErrorCode.STUCK)
    # A tenth of the time waited so far: a short job is seen soon, a long one costs few requests.
    pause = min(LONGEST_PAUSE, max(FIRST_LOOK, waited.total_seconds() / 10))
    return tools.store.commit_step(meeting.id, meeting.run, due_in=pause)
