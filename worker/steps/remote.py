"""A recording through a provider: sent once, asked for later, never paid for twice.

A `Submission` with a key is committed before anything is sent, and the key goes along with the job. Where one is found
without a job id, the answer was lost, or the worker died in between: the provider is asked for the job with that key
before anything is sent again, several times, since its list may be behind.
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
from cantomeet.store import NewAttempt
from cantomeet.submission import Submission
from cantomeet.turnarounds import Turnaround, remembered_as
from worker.lease import MeetingLease
from worker.providers import RemoteState, RemoteTranscriber, SubmitOptions
from worker.steps.preparation import guard, source_of
from worker.steps.recognition import new_segment
from worker.toolbox import Toolbox
from worker.turns import Snooze, asking, sending, wait_for_turn

_JITTER = 2.0
"""Seconds at most."""
GIVE_UP = timedelta(hours=24)
"""A job that a provider has not finished by then will not be."""


def submit(tools: Toolbox, lease: MeetingLease, tried: NewAttempt) -> Meeting:
    """Have the provider's job id saved, sending the recording only where the provider does not have it yet."""
    meeting = lease.meeting
    provider = tools.remote(meeting.transcriber)
    # Asked for before anything is sent: nothing is to come between an accepted job and the saving of its id.
    first_look = _pause(tools, meeting, 0.0)
    job_id = None if meeting.submission is None else _lost_job(tools, lease, provider, meeting.submission)
    if job_id is None:
        job_id = _send(tools, lease, provider)
    return tools.store.commit_step(
        meeting.id,
        meeting.job.run,
        tried=tried,
        due_in=first_look,
        stage=Stage.SUBMITTED,
        provider_job_id=job_id,
        submission=_sent(lease).begun_again(),
        progress=None,
    )


def _sent(lease: MeetingLease) -> Submission:
    assert lease.meeting.submission is not None
    return lease.meeting.submission


def _lost_job(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber, submission: Submission) -> str | None:
    """The job that an earlier try may have made; None where it surely made none. Raises `Snooze` to look once more."""
    meeting = lease.meeting
    limit = asking(meeting.transcriber)
    if meeting.job.turn == sending(meeting.transcriber).name:
        tools.store.spend_turn(limit)
    else:
        wait_for_turn(tools, meeting, limit)

    def reached(before: datetime) -> None:
        # A long list and a provider that often fails: the next try goes on here, or no look would come to its end.
        tools.store.commit_working(meeting.id, meeting.job.run, submission=replace(submission, searched=before))
        lease.progressed = True
        wait = tools.store.take_turn(limit, reserved=True)
        if wait > 0:
            raise Snooze(wait, turn=limit.name)

    job_id = provider.find(
        submission.key,
        # Sent, if it was, after its key was saved; by a duration no two clocks need to agree.
        lambda: tools.store.now() - meeting.stage_since,
        before=submission.searched,
        on_page=reached,
    )
    # The look has come to its end: what follows has not progressed by it, and the next one begins at the top.
    lease.progressed = False
    if job_id is None:
        looked = replace(submission, searched=None)
        tools.store.commit_working(meeting.id, meeting.job.run, submission=looked)
        _look_again(tools, looked)
    return job_id


def _look_again(tools: Toolbox, submission: Submission) -> None:
    """Raises `Snooze` where a look that found nothing was not the last."""
    looks = submission.looks + 1
    now = tools.store.now()
    since = min(submission.missed_at or now, now)
    pause = pacing.look_again(looks, tools.provider_lag, (now - since).total_seconds())
    if pause is not None:
        raise Snooze(
            pause,
            submission=replace(submission, looks=looks, missed_at=since),
            tries=submission.losses,  # of failures in a row those of looks end here: it has answered
        )


def _send(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber) -> str:
    # Before a turn is taken: a copy can take minutes to make.
    with _sendable(tools, lease, provider) as recording:
        wait_for_turn(tools, lease.meeting, sending(lease.meeting.transcriber))
        return _send_file(tools, lease, provider, recording)


def _send_file(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber, recording: Path) -> str:
    meeting = lease.meeting
    begun: dict[str, Stage] = {}
    if meeting.submission is None:
        submission = Submission(f"cantomeet-{uuid4().hex}")
        # With the stage `stage_since` begins again: so old a job with this key can be, and no older.
        begun["stage"] = Stage.PREPARED
    else:
        submission = replace(meeting.submission, looks=0, missed_at=None, searched=None)
    # Lost, until an answer says otherwise.
    submission = replace(submission, losses=submission.losses + 1)
    lease.meeting = tools.store.commit_working(meeting.id, meeting.job.run, submission=submission, **begun)
    options = SubmitOptions(
        language=meeting.language,
        submit_key=submission.key,
        filename=meeting.filename,
        vocabulary=vocabulary_for(tools.store.glossary(), meeting.language),
    )

    def sent(fraction: float) -> None:
        if tools.stopping():
            raise Snooze(0.0)  # the body has no end yet, so no job comes of it; another worker begins again
        lease.show(fraction)

    try:
        return provider.submit(recording, options, sent)
    except Snooze:
        _nothing_came(tools, meeting)
        raise
    except StepError as error:
        if error.refused:
            _nothing_came(tools, meeting)
        raise


def _nothing_came(tools: Toolbox, meeting: Meeting) -> None:
    """Of the sending that has just ended; `meeting` as it was before.

    An earlier submission with the same key may still turn up, so look once more. Without one there is nothing to look
    for, to delete or to pay for.
    """
    before = None if meeting.submission is None else replace(meeting.submission, searched=None)
    tools.store.commit_working(meeting.id, meeting.job.run, submission=before)


@contextmanager
def _sendable(tools: Toolbox, lease: MeetingLease, provider: RemoteTranscriber) -> Iterator[Path]:
    """The recording, or a copy in a form and size that the provider takes.

    Where people hear a copy the provider gets the same sound: it might read the recording another way than we do,
    and its times would not be those of what is played.
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
    """Look once: still running, due again later; or done, its answer saved raw and then as a transcript."""
    meeting = lease.meeting
    assert meeting.provider_job_id is not None
    provider = tools.remote(meeting.transcriber)
    raw = tools.store.raw_transcript(meeting.id, meeting.provider_job_id)
    body = _fetched(tools, meeting, tried, provider) if raw is None else gzip.decompress(raw.body)
    transcript = provider.parse(body)
    if raw is None and transcript.took is not None:
        _learn(tools, meeting, transcript.took)
    after = tools.store.finish_transcript(
        meeting.id,
        meeting.job.run,
        [new_segment(segment) for segment in transcript.segments],
        replace=True,
        tried=tried,
        let_go=tools.delete_at_provider,
        warnings=list(dict.fromkeys([*meeting.warnings, *transcript.warnings])),
    )
    tools.recordings.remove(meeting.recording_key, Copy.SENT)
    return after


def _fetched(tools: Toolbox, meeting: Meeting, tried: NewAttempt, provider: RemoteTranscriber) -> bytes:
    """The provider's answer, saved as it came. Raises `Snooze` while the job runs."""
    assert meeting.provider_job_id is not None
    limit = asking(meeting.transcriber)
    wait_for_turn(tools, meeting, limit)
    if provider.check(meeting.provider_job_id) is RemoteState.RUNNING:
        waited = tried.started_at - meeting.stage_since
        if waited > GIVE_UP:
            raise PermanentError("the provider never finished", code=ErrorCode.STUCK)
        raise Snooze(_pause(tools, meeting, waited.total_seconds()), tries=0, deaths=0)
    tools.store.spend_turn(limit)
    body = provider.fetch(meeting.provider_job_id)
    tools.store.save_raw(
        meeting.id, meeting.job.run, meeting.transcriber, meeting.provider_job_id, gzip.compress(body, 6)
    )
    return body


def _pause(tools: Toolbox, meeting: Meeting, waited: float) -> float:
    """Until the next look, a little later at random: what was sent together is not looked at together for ever."""
    recent = turnarounds.loads(tools.store.remembered(remembered_as(meeting.transcriber)))
    usual = turnarounds.usual(recent, meeting.duration_seconds or 0.0)
    pause = pacing.pause_before_look(waited, tools.store.in_flight(), usual, first=tools.first_look)
    return pause + random.uniform(0.0, min(0.1 * pause, _JITTER))


def _learn(tools: Toolbox, meeting: Meeting, took: float) -> None:
    """Keep what the provider took. Of two workers that do so at once one may be forgotten: it is a guess anyway."""
    recent = turnarounds.loads(tools.store.remembered(remembered_as(meeting.transcriber)))
    recent.append(Turnaround(meeting.duration_seconds or 0.0, took))
    tools.store.remember(remembered_as(meeting.transcriber), turnarounds.dumps(recent))
