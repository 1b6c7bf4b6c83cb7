"""Transcribes a recording with a provider: submits it once, polls for the answer, never pays twice.

A `Submission` with a key is committed before anything is sent, and the provider stores the key with its job. If a
submission has no job id, its response was lost or the worker died. Then the provider's list is searched for the key
before anything is sent again, and searched several times, because the list may lag.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from cantomeet import media, pacing, turnarounds
from cantomeet.errors import ErrorCode, PermanentError, StepError
from cantomeet.glossary import vocabulary_for
from cantomeet.lifecycle import Stage
from cantomeet.models import Meeting
from cantomeet.storage import Copy
from cantomeet.store import NewAttempt, StepColumns
from cantomeet.submission import Submission
from cantomeet.turnarounds import Turnaround, remembered_as
from worker.lease import MeetingLease
from worker.providers import RemoteState, RemoteTranscriber, SubmitOptions
from worker.steps.preparation import guard, source_of
from worker.steps.recognition import new_segment
from worker.toolbox import Toolbox
from worker.turns import Snooze, read_limit, submit_limit, wait_for_turn

_JITTER = 2.0
"""Limit in seconds."""
GIVE_UP = timedelta(hours=24)
"""A job that a provider has not finished by then counts as lost."""


def submit(tools: Toolbox, lease: MeetingLease, tried: NewAttempt) -> Meeting:
    """Save the provider's job id. Sends the recording only if the provider does not have it yet."""
    meeting = lease.meeting
    provider = tools.remote(meeting.transcriber)
    # Computed before anything is sent: an error after that would keep the accepted job's id from being saved.
    first_look = _polling_pause(tools, meeting, 0.0)
    job_id = None if meeting.submission is None else _find_lost_job(tools, lease, provider, meeting.submission)
    if job_id is None:
        job_id = _send(tools, lease, provider)
    return tools.store.pipeline.commit_step(
        meeting.id,
        meeting.job.run,
        tried=tried,
        due_in=first_look,
        stage=Stage.SUBMITTED,
        provider_job_id=job_id,
        submission=_submission_of(lease).begun_again(),
        progress=None,
    )


def _submission_of(lease: MeetingLease) -> Submission:
    assert lease.meeting.submission is not None
    return lease.meeting.submission


def _find_lost_job(
    tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber, submission: Submission
) -> str | None:
    """The id of the job that an earlier try made, or None if it made none. Raises `Snooze` to search again later."""
    meeting = lease.meeting
    limit = read_limit(meeting.transcriber)
    if meeting.job.turn == submit_limit(meeting.transcriber).name:
        tools.store.turns.spend(limit)
    else:
        wait_for_turn(tools, meeting, limit)

    def save_position(before: datetime) -> None:
        # The next try continues from here. Otherwise a search of a long list would never end while requests often fail.
        tools.store.pipeline.commit_working(
            meeting.id, meeting.job.run, submission=replace(submission, searched=before)
        )
        lease.progressed = True
        wait = tools.store.turns.take(limit, reserved=True)
        if wait > 0:
            raise Snooze(wait, turn=limit.name)

    job_id = provider.find(
        submission.key,
        # The job is younger than its saved key. A duration, so that the two clocks need not agree.
        lambda: tools.store.now() - meeting.stage_since,
        before=submission.searched,
        on_page=save_position,
    )
    # The search is complete: it does not count as progress of what follows, and the next one starts at the top.
    lease.progressed = False
    if job_id is None:
        looked = replace(submission, searched=None)
        tools.store.pipeline.commit_working(meeting.id, meeting.job.run, submission=looked)
        _snooze_until_next_search(tools, looked)
    return job_id


def _snooze_until_next_search(tools: Toolbox, submission: Submission) -> None:
    """Raises `Snooze` after a search that found nothing, unless it was the last one."""
    looks = submission.looks + 1
    now = tools.store.now()
    since = min(submission.missed_at or now, now)
    pause = pacing.look_again(looks, tools.provider_lag, (now - since).total_seconds())
    if pause is not None:
        raise Snooze(
            pause,
            submission=replace(submission, looks=looks, missed_at=since),
            tries=submission.losses,  # the provider answered, so failed searches no longer count as consecutive
        )


def _send(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber) -> str:
    # The copy can take minutes to make, so make it before a turn is taken.
    with _sendable(tools, lease, provider) as recording:
        wait_for_turn(tools, lease.meeting, submit_limit(lease.meeting.transcriber))
        return _send_file(tools, lease, provider, recording)


def _send_file(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber, recording: Path) -> str:
    meeting = lease.meeting
    if meeting.submission is None:
        submission = Submission(f"cantomeet-{uuid4().hex}")
    else:
        submission = replace(meeting.submission, looks=0, missed_at=None, searched=None)
    # Counts as lost until a response arrives.
    submission = replace(submission, losses=submission.losses + 1)
    begun: StepColumns = {"submission": submission}
    if meeting.submission is None:
        # Setting the stage resets `stage_since`. No job with this key can be older than that.
        begun["stage"] = Stage.PREPARED
    lease.meeting = tools.store.pipeline.commit_working(meeting.id, meeting.job.run, **begun)
    options = SubmitOptions(
        language=meeting.language,
        submit_key=submission.key,
        filename=meeting.filename,
        vocabulary=vocabulary_for(tools.store.glossary.terms(), meeting.language),
    )

    def sent(fraction: float) -> None:
        if tools.stopping():
            raise Snooze(0.0)  # the request's body is incomplete, so no job is made; another worker starts again
        lease.show(fraction)

    try:
        return provider.submit(recording, options, sent)
    except Snooze:
        _forget_refused_sending(tools, meeting)
        raise
    except StepError as error:
        if error.refused:
            _forget_refused_sending(tools, meeting)
        raise


def _forget_refused_sending(tools: Toolbox, meeting: Meeting) -> None:
    """Restore the submission as it was before a sending that surely made no job. `meeting` is the one from before.

    An earlier sending with the same key may still have made a job, so its submission is kept and searched for. If
    there was none, nothing is left to search for, delete or pay.
    """
    before = None if meeting.submission is None else replace(meeting.submission, searched=None)
    tools.store.pipeline.commit_working(meeting.id, meeting.job.run, submission=before)


@contextmanager
def _sendable(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber) -> Iterator[Path]:
    """The recording, or a copy in a format and size that the provider takes.

    If people hear a playback copy, the provider gets a copy too. It might decode the recording differently, and its
    times would not match what is played.
    """
    key = lease.meeting.recording_key
    with source_of(tools.recordings, lease.meeting) as source:
        if not lease.meeting.has_playback_copy and provider.takes(source):
            yield source
            return
        if tools.recordings.size(key, Copy.SENT) is None:
            with tools.recordings.making(key, Copy.SENT) as target:
                media.make_upload_copy(source, target, guard(tools, lease), longest_seconds=tools.longest_seconds)
    with tools.recordings.local(key, Copy.SENT) as copy:
        yield copy


def check(tools: Toolbox, lease: MeetingLease, tried: NewAttempt) -> Meeting:
    """Poll the job once. If it is done, save the raw answer, then the transcript. Raises `Snooze` while it runs."""
    meeting = lease.meeting
    assert meeting.provider_job_id is not None
    provider = tools.remote(meeting.transcriber)
    raw = tools.store.provider_answers.raw(meeting.id, meeting.provider_job_id)
    body = _fetch(tools, meeting, tried, provider) if raw is None else gzip.decompress(raw.body)
    transcript = provider.parse(body)
    if raw is None and transcript.took is not None:
        _record_turnaround(tools, meeting, transcript.took)
    after = tools.store.pipeline.finish_transcript(
        meeting.id,
        meeting.job.run,
        [new_segment(segment) for segment in transcript.segments],
        replace=True,
        tried=tried,
        delete_copy=tools.delete_at_provider,
        warnings=list(dict.fromkeys([*meeting.warnings, *transcript.warnings])),
    )
    tools.recordings.remove(meeting.recording_key, Copy.SENT)
    return after


def _fetch(tools: Toolbox, meeting: Meeting, tried: NewAttempt, provider: RemoteTranscriber) -> bytes:
    """Fetch the provider's answer and save it unchanged. Raises `Snooze` while the job runs."""
    assert meeting.provider_job_id is not None
    limit = read_limit(meeting.transcriber)
    wait_for_turn(tools, meeting, limit)
    if provider.check(meeting.provider_job_id) is RemoteState.RUNNING:
        waited = tried.started_at - meeting.stage_since
        if waited > GIVE_UP:
            raise PermanentError("the provider never finished", code=ErrorCode.STUCK)
        raise Snooze(_polling_pause(tools, meeting, waited.total_seconds()), tries=0, deaths=0)
    tools.store.turns.spend(limit)
    body = provider.fetch(meeting.provider_job_id)
    tools.store.provider_answers.save_raw(
        meeting.id, meeting.job.run, meeting.transcriber, meeting.provider_job_id, gzip.compress(body, 6)
    )
    return body


def _polling_pause(tools: Toolbox, meeting: Meeting, waited: float) -> float:
    """Seconds until the next poll after `waited` seconds, with jitter to spread jobs that were sent together."""
    recent = turnarounds.loads(tools.store.key_values.find(remembered_as(meeting.transcriber)))
    usual = turnarounds.usual(recent, meeting.duration_seconds or 0.0)
    pause = pacing.pause_before_look(waited, tools.store.jobs.in_flight(), usual, first=tools.first_look)
    return pause + random.uniform(0.0, min(0.1 * pause, _JITTER))


def _record_turnaround(tools: Toolbox, meeting: Meeting, took: float) -> None:
    """Save how many seconds the provider took. Two workers at once may lose one value, which an estimate can bear."""
    recent = turnarounds.loads(tools.store.key_values.find(remembered_as(meeting.transcriber)))
    recent.append(Turnaround(meeting.duration_seconds or 0.0, took))
    tools.store.key_values.put(remembered_as(meeting.transcriber), turnarounds.dumps(recent))
