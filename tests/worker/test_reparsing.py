"""A transcript is parsed again from the stored answer, without a request and without silent loss of corrections."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from typer.testing import CliRunner

from cantomeet.access import LOCAL_OWNER
from cantomeet.jobs import JobState
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting, RawTranscript
from cantomeet.sections import unverified_items
from cantomeet.store import Database
from launcher.cli import app
from tests import meetings
from tests.showing import services_over
from worker import reparsing
from worker.providers.speechmatics.parse import parse_json_v2
from worker.steps.recognition import new_segment

WORDS = (("S1", "早晨"), ("S1", "各位"), ("S2", "開會"))


def answer(words: tuple[tuple[str, str], ...] = WORDS) -> bytes:
    results = [
        {
            "type": "word",
            "start_time": 2.0 * n,
            "end_time": 2.0 * n + 0.5,
            "alternatives": [{"content": text, "confidence": 0.9, "language": "yue", "speaker": speaker}],
        }
        for n, (speaker, text) in enumerate(words)
    ]
    return json.dumps({"format": "2.9", "job": {"duration": 60}, "results": results}).encode()


def transcribed(store: Database, raw: bytes, *, parsed_as: bytes | None = None) -> Meeting:
    """A summarized meeting with a stored answer. Its transcript is `parsed_as`, like that of an older parser."""
    meeting = meetings.transcribing(store)
    lines = [new_segment(line) for line in parse_json_v2(parsed_as or raw).segments]
    of_job = {"provider_job_id": "job"}
    store.pipeline.finish_transcript(
        meeting.id, meeting.job.run, lines, replace=True, tried=meetings._tried(store), **of_job
    )
    keep(store, meeting.id, raw)
    first = store.transcripts.shown(meeting.id).segments[0]
    proof = {"segment_id": first.id, "quote": first.text, "start": 0.0, "end": 0.5, "check": "exact"}
    return meetings.summarized(store, meeting.id, [{"kind": "overview", "text": "早晨", "evidence": [proof]}])


def keep(store: Database, meeting_id: str, raw: bytes) -> None:
    row = RawTranscript(
        meeting_id=meeting_id,
        revision=1,
        provider="speechmatics",
        provider_job_id="job",
        body=gzip.compress(raw),
        received_at=store.now(),
    )
    with store.engine.begin() as connection:
        connection.execute(insert(RawTranscript).values(**row.model_dump()))


def reparsed(store: Database, meeting_id: str, *, force: bool = False) -> reparsing.ReparseOutcome:
    return next(iter(reparsing.reparse(services_over(store), LOCAL_OWNER, [meeting_id], force=force)))


def texts(store: Database, meeting_id: str) -> list[str]:
    return [line.text for line in store.transcripts.shown(meeting_id).segments]


def test_a_better_parser_gives_another_transcript_and_the_summary_shows_it(store: Database) -> None:
    meeting = transcribed(store, answer(), parsed_as=answer((("S1", "早神"),)))
    outcome = reparsed(store, meeting.id)
    assert outcome.ok
    assert texts(store, meeting.id) == ["早晨", "各位", "開會"]
    after = store.meetings.get(meeting.id)
    assert (after.status, after.version > meeting.version) == (MeetingStatus.COMPLETED, True)
    summary = store.summaries.find(meeting.id)
    assert summary is not None
    assert [item.stale for item in summary.items] == [True]
    assert [(proof["check"], proof["was"]) for proof in summary.items[0].evidence] == [("unverified", "exact")]
    assert unverified_items(summary) == summary.items
    _, confirmed = store.summaries.edit_item(meeting.id, summary.items[0].id, None, stale=False)
    line = store.transcripts.shown(meeting.id).segments[0]
    assert [(proof["segment_id"], proof["quote"], proof["check"]) for proof in confirmed.evidence] == [
        (line.id, "早晨", "exact")
    ], "a person who has listened makes what is said there now its quote"


def test_a_quote_that_the_new_transcript_has_too_cites_its_line(store: Database) -> None:
    meeting = transcribed(store, answer(), parsed_as=answer((*WORDS[:2], ("S2", "開匯"))))
    assert reparsed(store, meeting.id).ok
    summary = store.summaries.find(meeting.id)
    assert summary is not None
    line = store.transcripts.shown(meeting.id).segments[0]
    proof = {"segment_id": line.id, "quote": "早晨", "start": line.start, "end": line.end, "check": "exact"}
    assert [(item.stale, item.evidence) for item in summary.items] == [(True, [proof])]


def test_a_transcript_that_is_the_same_is_left_alone_and_its_summary_too(store: Database) -> None:
    meeting = transcribed(store, answer())
    ids = [line.id for line in store.transcripts.shown(meeting.id).segments]
    assert reparsed(store, meeting.id).changed is None
    assert [line.id for line in store.transcripts.shown(meeting.id).segments] == ids
    summary = store.summaries.find(meeting.id)
    assert summary is not None
    assert not summary.items[0].stale


def test_names_and_corrections_of_lines_that_stay_are_kept(store: Database) -> None:
    meeting = transcribed(store, answer(), parsed_as=answer((*WORDS[:2], ("S2", "開匯"))))
    before = store.transcripts.shown(meeting.id)
    ids = {speaker.label: speaker.id for speaker in before.speakers.values()}
    store.transcripts.rename_speaker(meeting.id, ids["S1"], None, "陳太")
    store.transcripts.edit_segment(meeting.id, before.segments[0].id, None, text="早晨！", speaker_id=ids["S2"])
    outcome = reparsed(store, meeting.id)
    assert outcome.ok, outcome.what
    after = store.transcripts.shown(meeting.id)
    assert [line.text for line in after.segments] == ["早晨！", "各位", "開會"]
    assert after.segments[0].edited
    named = [after.speakers[line.speaker_id or ""] for line in after.segments]
    assert [(speaker.label, speaker.name) for speaker in named] == [("S2", None), ("S1", "陳太"), ("S2", None)]
    assert "kept 1, dropped 0" in outcome.what


def test_a_correction_that_would_be_lost_stops_it_unless_it_is_forced(store: Database) -> None:
    meeting = transcribed(store, answer(), parsed_as=answer((("S1", "早神"),)))
    line = store.transcripts.shown(meeting.id).segments[0]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="早晨呀")
    refused = reparsed(store, meeting.id)
    assert not refused.ok
    assert "1 corrected lines would be lost; --force drops them" in refused.what
    assert texts(store, meeting.id) == ["早晨呀"]
    assert "dropped 1" in reparsed(store, meeting.id, force=True).what
    assert texts(store, meeting.id) == ["早晨", "各位", "開會"]


def test_a_running_meeting_or_one_without_a_stored_answer_is_left(store: Database) -> None:
    running = meetings.transcribing(store)
    keep(store, running.id, answer())
    local = meetings.completed(store)
    told = list(reparsing.reparse(services_over(store), LOCAL_OWNER, [running.id, local.id, "nobody"], force=True))
    assert [outcome.ok for outcome in told] == [False] * 3
    assert store.meetings.get(running.id).stage == Stage.STORED


def test_a_transcript_of_another_transcriber_is_not_replaced_by_an_older_answer(store: Database) -> None:
    meeting = transcribed(store, answer())
    store.meetings.retry(meeting.id, "transcribe", confirm_cost=True)
    lease = store.pipeline.take_lease(meeting.id, 60)
    assert lease is not None
    lines = [new_segment(line) for line in parse_json_v2(answer((("S1", "本機"),))).segments]
    store.pipeline.finish_transcript(meeting.id, lease.job.run, lines, replace=False, tried=meetings._tried(store))
    meetings.summarized(store, meeting.id, [])
    assert not reparsed(store, meeting.id, force=True).ok
    assert texts(store, meeting.id) == ["本機"]
    assert store.provider_answers.parseable() == []


def test_an_answer_that_cannot_be_read_leaves_the_transcript(store: Database) -> None:
    meeting = transcribed(store, b"{}", parsed_as=answer())
    assert not reparsed(store, meeting.id, force=True).ok
    assert len(texts(store, meeting.id)) == 3


def test_a_damaged_answer_stops_none_of_the_others(store: Database) -> None:
    damaged, well = transcribed(store, answer()), transcribed(store, answer(), parsed_as=answer((("S1", "早神"),)))
    with store.engine.begin() as connection:
        body = gzip.compress(answer())[:-9]
        of_it = RawTranscript.__table__.c.meeting_id == damaged.id  # type: ignore[attr-defined]
        connection.execute(update(RawTranscript).where(of_it).values(body=body))
    told = list(reparsing.reparse(services_over(store), LOCAL_OWNER, [damaged.id, well.id], force=True))
    assert [outcome.ok for outcome in told] == [False, True]
    assert "damaged" in told[0].what


def test_a_meeting_that_waits_for_names_says_so(store: Database) -> None:
    waiting = transcribed(store, answer())
    meetings.set_columns(store, waiting.id, status=MeetingStatus.SUMMARIZING, stage=Stage.TRANSCRIBED)
    meetings.set_job(store, waiting.id, state=JobState.WAITING_FOR_NAMES, due_at=None)
    assert store.meetings.get(waiting.id).waits_for_names
    assert "waits for its speakers to be named" in reparsed(store, waiting.id).what


def test_a_step_that_ran_during_the_reparsing_changes_nothing(store: Database) -> None:
    meeting = transcribed(store, answer(), parsed_as=answer((("S1", "早神"),)))
    run = store.meetings.get(meeting.id).job.run
    reparsed(store, meeting.id)
    assert store.meetings.get(meeting.id).job.run > run


def test_the_command_reparses_all_and_can_resummarize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cantomeet.database import connect, migrate

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANTOMEET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'm.db'}")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    engine = connect(f"sqlite:///{tmp_path / 'm.db'}")
    migrate(engine)
    store = Database(engine)
    old = transcribed(store, answer(), parsed_as=answer((("S1", "早神"),)))
    same = transcribed(store, answer())
    done = CliRunner().invoke(app, ["reparse", "--all", "--summarize"])
    assert done.exit_code == 0, done.output
    assert f"{old.id}  parsed anew" in done.output
    assert f"{same.id}  already" in done.output
    assert store.meetings.get(old.id).status == MeetingStatus.SUMMARIZING
    assert store.meetings.get(same.id).status == MeetingStatus.COMPLETED
    assert CliRunner().invoke(app, ["reparse"]).exit_code != 0
    engine.dispose()


def test_a_running_summary_is_reported_and_stops_nothing(store: Database) -> None:
    meeting = transcribed(store, answer(), parsed_as=answer((("S1", "早神"),)))
    changed = reparsed(store, meeting.id).changed
    assert changed is not None
    store.meetings.retry(meeting.id, "summarize")
    woken: list[Meeting] = []
    told = reparsing.resummarize(services_over(store, wake=woken.append), LOCAL_OWNER, changed)
    assert (told.ok, woken) == (False, [])
    assert told.changed is changed, "its new lines are shown all the same"
