"""A meeting's steps, with fake transcribers and summarizers."""

from __future__ import annotations

import sqlite3
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cantomeet import media
from cantomeet.errors import ErrorCode, LeaseLost, PermanentError, TransientError
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.pacing import FIRST_PAUSE, LOOKS_A_SECOND
from cantomeet.reasons import warning_text
from cantomeet.storage import Copy, FolderStorage
from cantomeet.store import Database, NewAttempt
from cantomeet.store.jobs import Jobs
from cantomeet.store.pipeline import Pipeline
from cantomeet.submission import Submission
from cantomeet.templates import GENERAL
from cantomeet.turnarounds import loads, remembered_as
from tests.conftest import new_meeting
from tests.marked import assert_whole, marked, wav_bytes
from worker import steps
from worker.engine import MOST_DEATHS
from worker.kinds.meeting import advance as advance_meeting
from worker.lease import Lease
from worker.providers import (
    Evidence,
    RecognisedPiece,
    RecognisedSegment,
    RemoteState,
    RemoteTranscript,
    SubmitOptions,
    SummaryDraft,
    SummaryLine,
    SummaryRequest,
    Usage,
)
from worker.toolbox import Backoff, Toolbox
from worker.turns import Snooze

SECONDS = 6


class Recogniser:
    """Recognises two seconds a piece, one segment each."""

    name = "test recogniser"
    warnings = ("no_speakers",)

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.before: Callable[[], None] = lambda: None

    def recognise(
        self, audio: Path, start: float, *, duration: float, language: str, on_progress: Callable[[float], None]
    ) -> RecognisedPiece:
        assert audio.exists()
        self.before()
        self.starts.append(start)
        on_progress(start + 1)
        end = min(start + 2, duration)
        return RecognisedPiece(end, (RecognisedSegment(start, end, f"由{start:.0f}", f"由{start:.0f}"),))


class Provider:
    """Accepts at once, and is done at the second poll."""

    name = "test provider"

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.looks = 0
        self.accepted_before_the_crash: str | None = None

    def submit(self, recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        on_progress(1.0)
        self.sent = recording
        self.submitted.append(options.submit_key)
        return f"job-{len(self.submitted)}"

    def takes(self, recording: Path) -> bool:
        return True

    def find(
        self,
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        return self.accepted_before_the_crash

    def check(self, job_id: str) -> RemoteState:
        self.looks += 1
        return RemoteState.RUNNING if self.looks < 2 else RemoteState.DONE

    def fetch(self, job_id: str) -> bytes:
        return b"raw"

    def parse(self, raw: bytes) -> RemoteTranscript:
        assert raw == b"raw"
        return RemoteTranscript((RecognisedSegment(0, 1, "早晨", "早晨", speaker="S1"),))

    def delete(self, job_id: str) -> None:
        raise AssertionError("the periodic clean-up deletes, not the pipeline")


class Summarizer:
    name = "test summarizer"

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.requests: list[SummaryRequest] = []
        self.paid = 0

    def summarize(self, request: SummaryRequest, on_progress: Callable[[float], None]) -> SummaryDraft:
        self.requests.append(request)
        assert request.cache is not None
        if request.cache.get("chunk") is None:
            self.paid += 1
            request.cache.put("chunk", "answer", Usage(requests=1))
        if self.error:
            raise self.error
        if not request.lines:
            return SummaryDraft("none", request.language)
        line = request.lines[0]
        proof = Evidence(line.id, line.text, line.start, line.end, "exact")
        return SummaryDraft("extractive", request.language, (SummaryLine("overview", line.text, (proof,)),))


class House:
    """A toolbox with direct access to its parts, and a record of its wake-ups."""

    def __init__(self, store: Database, folder: Path, transcriber: str = "whisper") -> None:
        self.store = store
        self.recogniser, self.provider, self.summarizer = Recogniser(), Provider(), Summarizer()
        self.woken: list[tuple[str, float]] = []
        self.published: list[int] = []
        self.tools = Toolbox(
            store=store,
            recordings=FolderStorage(folder, max_bytes=10**9, min_free_bytes=0),
            locals={"whisper": self.recogniser},
            remotes={"speechmatics": self.provider},
            summarizer=self.summarizer,
            transcriber=transcriber,
            language="en",
            publish=lambda _id, version: self.published.append(version),
            wake=lambda meeting, delay: self.woken.append((meeting.id, delay)) is None,
            backoff=Backoff(first=0.0, cap=0.0, tries=3),
        )

    def upload(self, **columns: object) -> Meeting:
        key = self.tools.recordings.new_key()
        path = self.tools.recordings.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(b"\0\1" * 8000 * SECONDS)
        return self.store.meetings.create(new_meeting(recording_key=key, duration_seconds=SECONDS, **columns))[0]

    def step(self, meeting_id: str) -> Meeting:
        """Make the meeting due and advance it once."""
        self.store.pipeline.due_now(meeting_id)
        advance_meeting(self.tools, meeting_id)
        return self.store.meetings.get(meeting_id)

    def run(self, meeting_id: str, until: MeetingStatus = MeetingStatus.COMPLETED) -> Meeting:
        for _ in range(20):
            meeting = self.step(meeting_id)
            if meeting.status in (until, MeetingStatus.FAILED):
                return meeting
        raise AssertionError(f"still {meeting.status} {meeting.stage}")


def test_a_recording_becomes_a_transcript_piece_by_piece_and_then_a_summary(house: House) -> None:
    meeting = house.run(house.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert house.recogniser.starts == [0, 2, 4]
    assert [s.text for s in house.store.transcripts.shown(meeting.id).segments] == ["由0", "由2", "由4"]
    summary = house.store.summaries.find(meeting.id)
    assert summary is not None
    assert summary.items[0].evidence[0]["quote"] == "由0"
    assert meeting.warnings == ["no_speakers"]
    assert not house.tools.recordings.path(meeting.recording_key, Copy.DECODED).exists()


def test_each_step_wakes_its_successor_and_publishes_the_change(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)
    assert house.woken == [(meeting.id, 0.0)]
    assert house.published == sorted(house.published)
    assert house.published


def test_a_worker_that_dies_in_a_piece_costs_that_piece_alone(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)
    house.step(meeting.id)
    taken = house.store.pipeline.take_lease(meeting.id, -1)  # a worker that took the lease and was killed
    assert taken is not None
    house.run(meeting.id)
    assert house.recogniser.starts == [0, 2, 4]


def test_a_cancel_ends_a_recognition_under_way(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)
    house.recogniser.before = lambda: house.store.meetings.cancel(meeting.id) and None
    after = house.step(meeting.id)
    assert (after.status, after.error_code) == (MeetingStatus.FAILED, "cancelled")
    assert house.store.transcripts.shown(meeting.id).segments == []


def test_a_provider_gets_the_recording_once_and_is_polled_later(sqlite_store: Database, tmp_path: Path) -> None:
    house = House(sqlite_store, tmp_path, "speechmatics")
    meeting = house.run(house.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert len(house.provider.submitted) == 1
    assert house.provider.looks == 2
    assert not house.tools.recordings.path(meeting.recording_key, Copy.DECODED).exists(), "only ours needs the sound"
    assert any(delay >= FIRST_PAUSE for _, delay in house.woken), "nothing polls in a loop"
    speakers = house.store.transcripts.shown(meeting.id).speakers.values()
    assert [speaker.label for speaker in speakers] == ["S1"]


def test_a_job_accepted_before_a_crash_is_found_again_and_not_paid_twice(
    sqlite_store: Database, tmp_path: Path
) -> None:
    house = House(sqlite_store, tmp_path, "speechmatics")
    meeting = house.upload()
    house.step(meeting.id)
    lease = house.store.pipeline.take_lease(meeting.id, -1)
    assert lease is not None
    house.store.pipeline.commit_working(lease.id, lease.job.run, submission=Submission("sent"))
    house.provider.accepted_before_the_crash = "job-0"
    after = house.step(meeting.id)
    assert (after.provider_job_id, house.provider.submitted) == ("job-0", [])


@pytest.mark.parametrize(
    "outage",
    [OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked")), PoolTimeout("no connection")],
    ids=["locked", "no connection"],
)
@pytest.mark.parametrize("ends", ["record_retry", "record_failure", "postpone"])
def test_an_outcome_that_the_database_refuses_at_first_is_committed_later(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str, outage: Exception
) -> None:
    """Otherwise its lease would expire, and the timeline would report a dead worker."""
    house = House(sqlite_store, tmp_path / "recordings", "speechmatics")
    meeting = house.upload()
    while house.step(meeting.id).stage != Stage.SUBMITTED:
        pass
    errors: dict[str, Exception] = {
        "record_retry": TransientError("503", code=ErrorCode.PROVIDER_BUSY),
        "record_failure": PermanentError("400", code=ErrorCode.PROVIDER_REJECTED, provider="test"),
        "postpone": Snooze(5.0),
    }
    write, held = getattr(Pipeline, ends), iter([True, True])

    def held_at_first(self: Pipeline, *args: Any, **columns: Any) -> Any:
        if next(held, False):
            raise outage
        return write(self, *args, **columns)

    def check(job_id: str) -> RemoteState:
        raise errors[ends]

    monkeypatch.setattr(Pipeline, ends, held_at_first)
    monkeypatch.setattr(house.provider, "check", check)
    with suppress(PermanentError):
        house.step(meeting.id)
    assert next(held, False) is False
    after = house.store.meetings.get(meeting.id)
    assert (after.job.lease_until, after.job.deaths) == (None, 0)


def test_with_many_in_flight_a_job_is_polled_at_its_usual_turnaround(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(sqlite_store, tmp_path / "recordings", "speechmatics")
    transcript = replace(house.provider.parse(b"raw"), took=58.0)
    monkeypatch.setattr(house.provider, "parse", lambda raw: transcript)
    for _ in range(4):
        house.run(house.upload().id)
    monkeypatch.setattr(Jobs, "in_flight", lambda self: int(20 * LOOKS_A_SECOND))
    house.provider.looks = 0
    meeting = house.upload()
    while house.step(meeting.id).stage != Stage.SUBMITTED:
        pass
    assert 58.0 <= house.woken[-1][1] <= 61.0
    house.step(meeting.id)
    house.step(meeting.id)
    assert [one.took for one in loads(house.store.key_values.find(remembered_as("speechmatics")))] == [58.0] * 5


def test_a_saved_raw_answer_is_parsed_again_without_a_request(sqlite_store: Database, tmp_path: Path) -> None:
    house = House(sqlite_store, tmp_path, "speechmatics")
    meeting = house.upload()
    broken = replace(house.tools, remotes={"speechmatics": _Unparsable()})
    while house.store.meetings.get(meeting.id).stage != Stage.SUBMITTED:
        house.step(meeting.id)
    house.step(meeting.id)
    house.store.pipeline.due_now(meeting.id)
    with pytest.raises(PermanentError):
        advance_meeting(broken, meeting.id)
    house.store.meetings.retry(meeting.id)
    house.provider.check = lambda job_id: pytest.fail("asked again")  # type: ignore[method-assign]
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


class _Unparsable(Provider):
    def check(self, job_id: str) -> RemoteState:
        return RemoteState.DONE

    def parse(self, raw: bytes) -> RemoteTranscript:
        raise PermanentError("?", code=ErrorCode.PROVIDER_BAD_ANSWER, provider="test provider")


@pytest.mark.parametrize("error", [OSError("the disk went away"), PermanentError("?", code=ErrorCode.INTERNAL)])
def test_an_error_after_a_step_has_committed_undoes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    take = steps.take

    def and_then_fail(tools: Toolbox, lease: Lease, tried: NewAttempt) -> None:
        take(tools, lease, tried)
        raise error

    meeting = house.upload()
    monkeypatch.setattr(steps, "take", and_then_fail)
    for _ in range(5):
        house.store.pipeline.due_now(meeting.id)
        with suppress(PermanentError):
            advance_meeting(house.tools, meeting.id)
    after = house.store.meetings.get(meeting.id)
    assert (after.status, after.job.due_at, after.error_code) == (MeetingStatus.COMPLETED, None, None)
    assert {attempt.outcome for attempt in house.store.meetings.attempts(meeting.id)} == {"done"}


def test_a_permanent_error_fails_the_meeting_with_a_reason_and_is_raised_again(house: House) -> None:
    house.summarizer.error = PermanentError(
        "401", code=ErrorCode.PROVIDER_KEY_REFUSED, provider="OpenAI", setting="OPENAI_API_KEY"
    )
    meeting = house.upload()
    with pytest.raises(PermanentError):
        house.run(meeting.id)
    failed = house.store.meetings.get(meeting.id)
    assert (failed.status, failed.error_code) == (MeetingStatus.FAILED, "provider_key_refused")
    assert "OPENAI_API_KEY" in (failed.status_reason or "")
    assert len(house.store.transcripts.shown(meeting.id).segments) == 3, "the transcript is kept"


def test_a_transient_error_is_tried_again_and_in_the_end_fails_with_its_reason(house: House) -> None:
    house.summarizer.error = TransientError("503", code=ErrorCode.PROVIDER_BUSY, provider="OpenAI")
    meeting = house.upload()
    with pytest.raises(TransientError):
        house.run(meeting.id)
    outcomes = [a.outcome for a in house.store.meetings.attempts(meeting.id) if a.step == "summarize"]
    assert outcomes == ["retry", "retry", "failed"]
    house.summarizer.error = None
    house.store.meetings.retry(meeting.id)
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


def test_an_unexpected_error_never_leaves_a_meeting_without_an_end(house: House) -> None:
    house.summarizer.error = ValueError("a bug")
    meeting = house.upload()
    with pytest.raises(ValueError, match="a bug"):
        house.run(meeting.id)
    failed = house.store.meetings.get(meeting.id)
    assert failed.error_code == "internal"
    assert "a bug" not in (failed.status_reason or "")


def died(house: House, meeting: Meeting, times: int) -> None:
    """Let several workers take the meeting, one after another, and die."""
    for _ in range(times):
        house.store.pipeline.due_now(meeting.id)
        assert house.store.pipeline.take_lease(meeting.id, -1) is not None


def test_a_step_that_kills_every_worker_fails_the_meeting_with_its_reason(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)
    died(house, meeting, MOST_DEATHS)
    with pytest.raises(PermanentError):
        house.step(meeting.id)
    failed = house.store.meetings.get(meeting.id)
    assert (failed.status, failed.error_code) == (MeetingStatus.FAILED, "worker_died")
    assert "5 times" in (failed.status_reason or "")
    house.store.meetings.retry(meeting.id)
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


def test_a_few_workers_that_die_are_in_the_timeline_and_cost_no_meeting(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)
    died(house, meeting, MOST_DEATHS - 1)
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED
    assert [a.error_code for a in house.store.meetings.attempts(meeting.id)].count("worker_died") == 1


def test_a_step_that_kills_workers_is_detected_despite_snoozes_in_between(
    sqlite_store: Database, tmp_path: Path
) -> None:
    """A submission that killed its worker is searched for before it is repeated. The search keeps the count."""
    house = House(sqlite_store, tmp_path, "speechmatics")
    meeting = house.upload()
    house.step(meeting.id)

    def workers_killed_one_after_another() -> None:
        for _ in range(40):
            house.store.pipeline.due_now(meeting.id)
            lease = house.store.pipeline.take_lease(meeting.id, -1)
            assert lease is not None
            house.store.pipeline.commit_working(lease.id, lease.job.run, submission=Submission("sent"))
            house.step(meeting.id)

    with pytest.raises(PermanentError):
        workers_killed_one_after_another()
    assert house.store.meetings.get(meeting.id).error_code == "worker_died"


def test_a_deletion_stays_due_however_many_workers_it_kills(house: House) -> None:
    meeting = house.upload()
    house.store.meetings.mark_deleted(meeting.id)
    for _ in range(MOST_DEATHS + 1):
        assert house.store.pipeline.take_lease(meeting.id, -1) is not None
    advance_meeting(house.tools, meeting.id)
    assert house.store.retention.recording_keys() == set()


def test_retry_after_is_honoured() -> None:
    assert Backoff(first=1, cap=10).delay(0, retry_after=77) >= 77
    assert Backoff(first=1, cap=10).delay(9, retry_after=None) <= 10
    assert 5 <= Backoff(first=1, cap=10).delay(5000, retry_after=None) <= 10, "a deletion is owed for ever"


def test_an_outage_is_retried_for_an_hour_and_an_own_bug_is_not() -> None:
    backoff = Backoff(outage_tries=22)
    longest = sum(
        min(backoff.cap, backoff.first * 2.0**n) for n in range(backoff.tries_of(ErrorCode.PROVIDER_BUSY) - 1)
    )
    assert 3600 < longest < 5400
    assert backoff.tries_of(ErrorCode.INTERNAL) == 3
    assert backoff.tries_of(ErrorCode.PROVIDER_BAD_ANSWER) == backoff.tries


def test_a_lost_lease_changes_nothing(house: House) -> None:
    meeting = house.upload()
    house.step(meeting.id)

    def lose() -> None:
        raise LeaseLost(meeting.id)

    house.recogniser.before = lose
    house.store.pipeline.due_now(meeting.id)
    advance_meeting(house.tools, meeting.id)
    assert house.store.meetings.get(meeting.id).recognised_seconds == 0


def test_a_missing_recording_fails_with_a_reason(house: House) -> None:
    meeting = house.upload()
    house.tools.recordings.path(meeting.recording_key).unlink()
    with pytest.raises(PermanentError):
        house.step(meeting.id)
    assert house.store.meetings.get(meeting.id).error_code == "recording_missing"


def test_a_recording_that_was_cut_off_is_accepted_with_a_warning_that_says_where(house: House) -> None:
    meeting = house.upload()
    path = house.tools.recordings.path(meeting.recording_key)
    path.write_bytes(wav_bytes(marked())[: 4 * 96_000 + 44])
    after = house.step(meeting.id)
    assert after.duration_seconds == pytest.approx(4.0, abs=0.01)
    assert (after.warnings, after.has_playback_copy) == (["ends_early"], True)
    assert after.warning_details == {"ends_early": {"seconds": 2.0, "at": 4.0}}
    assert warning_text("ends_early", "en", after.warning_details["ends_early"]).startswith(
        "The recording ends at 0:04, 2.0 s before its file says"
    )


def test_a_guessed_duration_gives_no_warning(house: House) -> None:
    meeting = house.upload()
    longer = house.store.meetings.create(
        new_meeting(recording_key=meeting.recording_key, duration_seconds=100.0, idempotency_key="other")
    )[0]
    after = house.step(longer.id)
    assert after.duration_seconds == pytest.approx(SECONDS, abs=0.1)
    assert after.warnings == []


def test_a_retry_drops_warnings_that_no_longer_apply(house: House) -> None:
    meeting = house.upload()
    path = house.tools.recordings.path(meeting.recording_key)
    whole = wav_bytes(marked())
    path.write_bytes(whole[: 4 * 96_000 + 44])
    assert house.step(meeting.id).warnings == ["ends_early"]
    path.write_bytes(whole)
    house.store.meetings.cancel(meeting.id)
    house.store.meetings.retry(meeting.id)
    after = house.step(meeting.id)
    assert (after.warnings, after.warning_details, after.has_playback_copy) == ([], {}, False)


def test_the_provider_gets_the_sound_that_people_hear(sqlite_store: Database, tmp_path: Path) -> None:
    """Channels with opposite signs: the provider accepts the file, but might hear nothing in it."""
    house = House(sqlite_store, tmp_path, "speechmatics")
    meeting = house.upload()
    path = house.tools.recordings.path(meeting.recording_key)
    path.write_bytes(wav_bytes(np.array([marked(), -marked()])))
    while house.store.meetings.get(meeting.id).stage != Stage.SUBMITTED:
        house.step(meeting.id)
    assert house.provider.sent != path
    assert house.store.meetings.get(meeting.id).has_playback_copy
    media.decode_to_wav(house.provider.sent, tmp_path / "wav")
    assert_whole(tmp_path / "wav")


def test_a_deleted_template_is_replaced_by_the_general_one_with_a_warning(house: House) -> None:
    template = house.store.templates.add("甲", "用 {} 寫", [{"title": "乙"}])
    meeting = house.run(house.upload(template=template.id).id)
    assert house.summarizer.requests[-1].template.instructions == "用 {} 寫"
    house.store.templates.delete(template.id)
    house.store.meetings.retry(meeting.id, "summarize")
    after = house.run(meeting.id)
    assert house.summarizer.requests[-1].template == GENERAL
    assert after.warnings == ["no_speakers", "template_gone"]
    kept, shown = house.store.summaries.find(meeting.id, 1), house.store.summaries.find(meeting.id)
    assert kept is not None
    assert shown is not None
    assert (kept.summary.template_name, shown.summary.template_name) == ("甲", GENERAL.name)


def test_a_summary_that_waits_for_names_wakes_nobody(sqlite_store: Database, tmp_path: Path) -> None:
    house = House(sqlite_store, tmp_path, "speechmatics")
    meeting = house.upload(name_speakers_first=True)
    while not house.store.meetings.get(meeting.id).waits_for_names:
        house.step(meeting.id)
    woken = len(house.woken)
    house.step(meeting.id)
    assert (len(house.woken), house.summarizer.requests) == (woken, [])
    house.store.meetings.summarize(meeting.id)
    assert house.run(meeting.id).status == MeetingStatus.COMPLETED


def test_a_new_round_gets_new_answers_and_a_crash_reuses_paid_ones(house: House) -> None:
    meeting = house.run(house.upload().id)
    first = house.summarizer.paid
    house.store.meetings.retry(meeting.id, "summarize")
    house.summarizer.error = TransientError("503", code=ErrorCode.PROVIDER_BUSY, provider="OpenAI")
    house.step(meeting.id)
    house.step(meeting.id)
    house.summarizer.error = None
    house.run(meeting.id)
    assert (first, house.summarizer.paid) == (1, 2)


def test_a_deleted_meeting_takes_its_files_along(house: House) -> None:
    meeting = house.run(house.upload().id)
    house.store.meetings.mark_deleted(meeting.id)
    advance_meeting(house.tools, meeting.id)
    folder = house.tools.recordings.path(meeting.recording_key).parent
    assert list(folder.iterdir()) == []
    assert house.store.retention.recording_keys() == set()
