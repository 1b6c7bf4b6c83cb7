"""A data folder of an earlier release opens, its meetings go on, and nothing is paid for again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Engine, column, event, select, table, text
from sqlmodel import col

from cantomeet import packed_words
from cantomeet.checking import Check, dumps, remembered_as
from cantomeet.database import connect, migrate
from cantomeet.errors import CantoMeetError, NotFound, StorageFull
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Job, Meeting, Segment
from cantomeet.packed_words import pack, unpack
from cantomeet.reachable import is_of_earlier_release
from cantomeet.revisions import MIGRATIONS
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet.stored_json import StoredWord
from launcher.launch import bring_up_to_date
from standins.openai.server import FakeOpenAI
from standins.speechmatics.server import FakeSpeechmatics, JobPlan, paid_submissions, read_log
from tests import meetings
from tests.old_data.unpacking import OldData, unpacked
from tests.worker.jobs import delete_leftovers
from tests.worker.providers.speechmatics_recordings import client
from tests.worker.test_pipeline import Recogniser
from tests.worker.test_written_view import make_due
from tests.worker.transcribed import llm
from worker.kinds.meeting import advance as advance_meeting
from worker.kinds.written_view import advance as advance_written_view
from worker.providers.extractive import ExtractiveSummarizer
from worker.toolbox import Backoff, Toolbox

SETTLED = (MeetingStatus.COMPLETED, MeetingStatus.FAILED)
UNTOUCHED = ("corrected", "two_versions", "written_half", "written_done", "sound_removed")
WITHOUT_PROVIDER = ("recognised_half", "written_half")
GOES_ON = ("recognised_half", "leased_by_the_dead", "at_provider", "lost_submission", "uploaded")


@dataclass
class Opened:
    """Old data under the code of today, with both stand-ins at hand."""

    data: OldData
    store: Database
    tools: Toolbox
    endpoint: FakeOpenAI

    def meeting(self, name: str) -> Meeting:
        return self.store.meetings.get(self.data.ids[name])

    def run(self, name: str) -> Meeting:
        """To its end; what a step raises after it committed the failure is the queue's business."""
        for _ in range(200):
            meeting = self.meeting(name)
            if meeting.status in SETTLED:
                return meeting
            self.step(meeting.id)
        raise AssertionError(f"{name} is still {meeting.status} {meeting.stage}")

    def step(self, meeting_id: str) -> None:
        self.store.pipeline.due_now(meeting_id)
        with suppress(CantoMeetError):
            advance_meeting(self.tools, meeting_id)


@pytest.fixture(params=["sqlite", "postgresql"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> OldData:
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgresql" else ""
    return unpacked(request.param, url, tmp_path)


@pytest.fixture
def old(data: OldData) -> Iterator[Opened]:
    engine = connect(data.url)
    migrate(engine)
    store = Database(engine)
    # The jobs of the archive do not expire, however old it is.
    plan = JobPlan(job_seconds=0.0, expiry_seconds=1e10)
    with (
        FakeSpeechmatics(plan, state=data.provider_log) as provider,
        client(provider.url) as remote,
        FakeOpenAI() as endpoint,
    ):
        tools = Toolbox(
            store=store,
            recordings=FolderStorage(data.folder / "recordings", max_bytes=10**9, min_free_bytes=0),
            locals={"whisper": Recogniser()},
            remotes={"speechmatics": remote},
            summarizer=ExtractiveSummarizer(),
            rewriter=llm(endpoint),
            transcriber="speechmatics",
            language="zh-Hant-HK",
            publish=lambda _id, _version: None,
            wake=lambda _meeting, _delay: True,
            backoff=Backoff(first=0.0, cap=0.0, tries=3),
        )
        yield Opened(data, store, tools, endpoint)
    engine.dispose()


def test_what_people_did_is_still_there(old: Opened) -> None:
    meeting = old.meeting("corrected")
    transcript = old.store.transcripts.shown(meeting.id)
    assert transcript.segments[0].text == "陳大文：改正咗嘅第一句，十二月十五日推出。"
    assert transcript.segments[0].edited
    assert "陳大文" in {speaker.name for speaker in transcript.speakers.values()}
    summary = old.store.summaries.find(meeting.id)
    assert summary is not None
    ticked = summary.items[-1]
    assert (ticked.done, ticked.owner, ticked.due_date) == (True, "陳大文", date(2026, 12, 15))
    assert old.store.meetings.find_by_idempotency_key("key-of-corrected") is not None
    assert old.store.meetings.find_by_upload("u" * 32) is not None
    assert old.meeting("two_versions").shown_summary == 1
    assert [summary.version for summary in old.store.summaries.versions(old.data.ids["two_versions"])] == [2, 1]
    assert [template.name for template in old.store.templates.all()] == ["管理層週會"]
    assert [term.content for term in old.store.glossary.terms()] == ["陳大文", "Kubernetes"]


def test_everything_goes_on_and_nothing_is_paid_for_again(old: Opened) -> None:
    for name in UNTOUCHED:
        assert old.meeting(name).status == MeetingStatus.COMPLETED, name
    assert old.meeting("waits_for_names").waits_for_names
    old.store.meetings.summarize(old.data.ids["waits_for_names"])
    for name in ("waits_for_names", *GOES_ON):
        assert old.run(name).status == MeetingStatus.COMPLETED, name
    assert {old.run(name).error_code for name in ("rejected", "cancelled")} == {"provider_rejected", "cancelled"}
    for name in ("deleted", "deleted_while_lost"):
        old.step(old.data.ids[name])
        with pytest.raises(NotFound):
            old.meeting(name)
    paid = paid_submissions(old.data.provider_log)
    assert set(paid.values()) == {1}
    assert len(paid) == len(old.data.ids) - len(WITHOUT_PROVIDER)


def test_copies_that_are_left_at_the_provider_are_deleted(old: Opened) -> None:
    for name in ("deleted", "deleted_while_lost"):
        old.step(old.data.ids[name])
    with old.store.engine.connect() as connection:
        waiting = set(connection.execute(text("SELECT submit_key FROM providerleftover")).scalars())
    assert len(waiting) == 9
    delete_leftovers(old.tools)
    accepted = {
        line["id"]: line["reference"] for line in read_log(old.data.provider_log) if line["event"] == "accepted"
    }
    deleted = {accepted[line["id"]] for line in read_log(old.data.provider_log) if line["event"] == "deleted"}
    assert waiting <= deleted


def test_a_written_view_that_was_half_made_pays_only_for_what_is_missing(old: Opened) -> None:
    meeting_id = old.data.ids["written_half"]
    for _ in range(20):
        found = old.store.written_views.find(meeting_id)
        assert found is not None
        if found.view.state != "working":
            break
        make_due(old.store, meeting_id)
        advance_written_view(old.tools, meeting_id)
    assert found.view.state == "done"
    assert {found.state_of(line) for line in old.store.transcripts.shown(meeting_id).segments} == {"written"}
    assert found.view.usage is not None
    assert found.view.usage["repeats"] == 0
    assert len(old.endpoint.log) == found.view.usage["requests"] - 1


def test_every_meeting_has_a_job_that_says_what_it_waits_for(old: Opened) -> None:
    ended = (*UNTOUCHED, "rejected", "cancelled")
    states, written = (states_of(old.store, kind) for kind in (JobKind.MEETING, JobKind.WRITTEN_VIEW))
    names = {meeting_id: name for name, meeting_id in old.data.ids.items()}
    expected = {name: JobState.ENDED if name in ended else JobState.SCHEDULED for name in names.values()}
    expected["waits_for_names"] = JobState.WAITING_FOR_NAMES
    assert {names[meeting_id]: state for meeting_id, state in states.items()} == expected
    told = {names[meeting_id]: state for meeting_id, state in written.items()}
    assert told == {"written_half": JobState.SCHEDULED, "written_done": JobState.ENDED}


def states_of(store: Database, kind: JobKind) -> dict[str, str]:
    with store.engine.connect() as connection:
        rows = connection.execute(select(col(Job.subject), col(Job.state)).where(col(Job.kind) == kind)).all()
    return {row.subject: row.state for row in rows}


def test_a_worker_that_had_died_is_noticed_by_the_next(old: Opened) -> None:
    meetings.set_job(old.store, old.data.ids["leased_by_the_dead"], lease_until=old.store.now())
    taken = old.store.pipeline.take_lease(old.data.ids["leased_by_the_dead"], 60)
    assert taken is not None
    assert (taken.job.worker_died, taken.job.deaths) == (True, 1)


def test_a_check_that_was_asked_is_answered_and_all_goes_back_one_release(old: Opened) -> None:
    """The 13th and the newest revision hold the same."""
    asked = Check("asked", old.store.now())
    old.store.key_values.put(remembered_as("whisper"), dumps(asked))
    known = {name: (old.meeting(name).job.run, old.meeting(name).submission) for name in GOES_ON}
    assert known["lost_submission"][1] is not None
    for revision in ("0013", "head"):
        _move_to(old.store.engine, revision)
    job = old.store.jobs.find(JobKind.CHECK, "whisper")
    assert job is not None
    assert (job.state, job.due_at) == (JobState.SCHEDULED, asked.at)
    assert {name: (old.meeting(name).job.run, old.meeting(name).submission) for name in GOES_ON} == known
    assert old.meeting("waits_for_names").waits_for_names


def test_words_keep_their_times_up_and_down(data: OldData) -> None:
    engine = connect(data.url)
    as_stored = select(column("id"), column("words", JSON)).select_from(table("segment"))
    with engine.connect() as connection:
        before = {row.id: row.words for row in connection.execute(as_stored)}
    assert sum(map(len, before.values())) > 100
    migrate(engine)
    for _ in range(2):
        with engine.connect() as connection:
            lines = connection.execute(select(col(Segment.id), col(Segment.packed_words), col(Segment.original_text)))
            assert {line.id: unpack(line.packed_words, line.original_text) for line in lines} == before
        _move_to(engine, "0013")
        with engine.connect() as connection:
            assert {row.id: row.words for row in connection.execute(as_stored)} == before
        _move_to(engine, "head")
    engine.dispose()


def test_a_conversion_that_is_broken_off_leaves_the_words_as_they_were(
    data: OldData, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(data.url)
    as_stored = select(column("id"), column("words", JSON)).select_from(table("segment"))
    with engine.connect() as connection:
        before = connection.execute(as_stored).all()
    done: list[bytes | None] = []

    def break_off(words: list[StoredWord], original_text: str) -> bytes | None:
        if len(done) == len(before) // 2:
            raise KeyboardInterrupt
        done.append(pack(words, original_text))
        return done[-1]

    monkeypatch.setattr(packed_words, "pack", break_off)
    with pytest.raises(KeyboardInterrupt):
        migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(as_stored).all() == before
    monkeypatch.undo()
    migrate(engine)
    engine.dispose()


def test_a_disk_that_fills_up_during_the_conversion_leaves_the_old_data_as_it_was(tmp_path: Path) -> None:
    data = unpacked("sqlite", "", tmp_path)
    engine = connect(data.url)
    _move_to(engine, "0017")  # what comes next converts the words
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    engine.dispose()
    file = data.folder / "cantomeet.db"
    before = file.read_bytes()

    def fill(dbapi: sqlite3.Connection, _: object) -> None:
        dbapi.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(engine, "connect", fill)
    with pytest.raises(StorageFull, match="is as it was"):
        migrate(engine)
    assert file.read_bytes() == before
    assert not (data.folder / "cantomeet.db-wal").exists(), "the room that the attempt took is free again"
    event.remove(engine, "connect", fill)
    engine.dispose()
    migrate(engine)
    engine.dispose()
    assert file.read_bytes() != before


def test_a_start_tells_whether_it_will_convert_the_database(data: OldData, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(_env_file=None, CANTOMEET_DATA_DIR=str(data.folder), DATABASE_URL=data.url)
    assert is_of_earlier_release(settings)
    bring_up_to_date(settings)
    assert "converting the database" in capsys.readouterr().out
    assert not is_of_earlier_release(settings)
    bring_up_to_date(settings)
    assert capsys.readouterr().out == ""


def _move_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if revision == "0013" else command.upgrade)(config, revision)
