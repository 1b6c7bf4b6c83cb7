"""The tables. Access to them is in `cantomeet.store`; nothing else writes them.

Instants are UTC with a time zone; times within a recording are seconds (float); ids are UUID texts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

from pydantic import PrivateAttr
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.packed_words import confidences, unpack
from cantomeet.stored_json import Params, Proof, StoredCoverage, StoredSection, StoredUsage, StoredWord, WarningDetails
from cantomeet.submission import Submission, SubmissionJson, from_json, to_json


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, read as UTC. SQLite has no time zones and gets naive UTC; PostgreSQL answers in its session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class StoredSubmission(TypeDecorator[Submission]):
    """A submission as JSON, or NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Submission | None, dialect: Dialect) -> SubmissionJson | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: SubmissionJson | None, dialect: Dialect) -> Submission | None:
        return None if value is None else from_json(value)


def new_id() -> str:
    return str(uuid4())


def _meeting_id(*, index: bool = True) -> Column[str]:
    return Column("meeting_id", String(36), ForeignKey("meeting.id", ondelete="CASCADE"), nullable=False, index=index)


class Job(SQLModel, table=True):
    """Background jobs: what is due, when, and which worker has it. One row for each subject of each kind."""

    __table_args__ = (Index("ix_job_due", "kind", "due_at"),)

    kind: JobKind = Field(sa_type=String(16), primary_key=True)
    subject: str = Field(primary_key=True, max_length=64)
    state: JobState = Field(default=JobState.SCHEDULED, sa_type=String(32))
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the next step is due; None unless one is scheduled."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until then a worker has the lease; each heartbeat extends it. None: the last lease was ended."""
    run: int = 0
    """The fencing number, raised by a lease, a retry, a cancel or a deletion, and by nothing else."""
    tries: int = 0
    """Consecutive failed tries of the current step."""
    deaths: int = 0
    """Leases of the current step that ran out because their worker died or hung."""
    worker_died: bool = False
    """The previous lease was never ended: its worker died or hung."""
    woken_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until then a job in RQ is expected to start it, and the rescuer leaves it alone."""
    wake_count: int = 0
    """Wake-ups by the rescuer since the last lease."""
    turn: str | None = Field(default=None, max_length=64)
    """The rate limit of which `due_at` is a reserved turn (`cantomeet.pacing`)."""
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Meeting(SQLModel, table=True):
    __table_args__ = (
        # Two for the same order. PostgreSQL does not see that all rows without a `deleted_at` are equal in it and needs
        # the second. SQLite without the first would take `ix_meeting_counted` and sort: twelve times as slow.
        Index("ix_meeting_listed", "deleted_at", "created_at", "id"),
        Index("ix_meeting_newest", "created_at", "id"),
        Index("ix_meeting_counted", "deleted_at", "owner_id", "status"),
        # Holds all that `Stamps` reads, so that no meeting itself is read for it.
        Index("ix_meeting_stamp", "version", "updated_at"),
        Unique("idempotency_key"),
        Unique("upload_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    owner_id: str | None = Field(default=None, max_length=36)
    """None is the local owner; accounts come later."""
    title: str = Field(sa_type=Text)
    description: str = Field(default="", sa_type=Text)
    meeting_date: date | None = None
    language: str = Field(default="yue", max_length=16)
    """The spoken language."""
    summary_language: str = Field(default="zh-Hant-HK", max_length=16)
    template: str = Field(default="general", max_length=64)
    """Id of the summary's template: a built-in one, or a `SummaryTemplate`."""
    name_speakers_first: bool = False
    """The next summary waits until a person has named the speakers; then this is switched off."""
    summary_round: int = 1
    """Raised when a person requests another summary of the same transcript: paid answers are reused within a round."""
    shown_summary: int | None = None
    """The version of the summary that a person chose; None: the newest."""
    priority: str = Field(default="default", max_length=16)
    """"default" or "high"."""

    status: MeetingStatus = Field(default=MeetingStatus.UPLOADED, sa_type=String(16))
    stage: Stage = Field(default=Stage.STORED, sa_type=String(16))
    progress: int | None = None
    """0-100 within the status; None when unknown."""
    status_reason: str | None = Field(default=None, sa_type=Text)
    """In the installation's language; pages translate it from code and parameters."""
    error_code: str | None = Field(default=None, max_length=32)
    error_params: Params = Field(default_factory=dict, sa_type=JSON)
    warnings: list[str] = Field(default_factory=list, sa_type=JSON)
    """Codes of `cantomeet.i18n.warnings`."""
    warning_details: dict[str, WarningDetails] = Field(default_factory=dict, sa_type=JSON)
    """Parameters of the warnings' texts by code: seconds and places."""

    filename: str = Field(default="", sa_type=Text)
    """The file name as sent, for display only."""
    recording_key: str = Field(max_length=64)
    recording_bytes: int = Field(default=0, sa_type=BigInteger)
    recording_sha256: str = Field(default="", max_length=64)
    media_format: str = Field(default="", max_length=32)
    """As `cantomeet.media.Probe.format`."""
    audio_removed: bool = False
    """The recording was deleted by the retention setting; transcript and summary stay."""
    has_playback_copy: bool = False
    """There is a copy for playback, because browsers cannot play the recording, or only at other times."""
    duration_seconds: float | None = None
    """As stated by the header until the recording was decoded; then the real one."""
    idempotency_key: str | None = Field(default=None, max_length=255)
    """The sender's key, separate for each owner (`cantomeet.store.upload_keys.key_of`)."""
    upload_fingerprint: str | None = Field(default=None, max_length=64)
    """A hash of what was sent with that key; None if an earlier release took the upload."""
    upload_id: str | None = Field(default=None, max_length=64)

    transcriber: str = Field(default="", max_length=64)
    """The transcriber ("speechmatics" or "whisper"), set when the work starts."""
    transcriber_name: str = Field(default="", sa_type=Text)
    summarizer_name: str = Field(default="", sa_type=Text)
    recognised_seconds: float = 0.0
    """Up to where the local recogniser has saved pieces."""
    revision: int = 1
    """The revision of the transcript that is being made; raised when the recording is transcribed again."""
    shown_revision: int = 1
    submission: Submission | None = Field(default=None, sa_type=StoredSubmission)
    """The submission to the provider; None while nothing was sent that may become a job."""
    provider_job_id: str | None = Field(default=None, max_length=128)

    version: int = 1
    """Raised by every visible change."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    stage_since: datetime = Field(sa_type=UtcDateTime)
    """When the stage last changed; it distinguishes stuck from slow."""
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    _job: Job | None = PrivateAttr(default=None)

    def with_job(self, job: Job) -> Meeting:
        """This meeting, with the job that the store read with it."""
        self._job = job
        return self

    @property
    def job(self) -> Job:
        """Its job of kind `MEETING`: when its next step is due, and which worker has it. The store reads it with the
        meeting.
        """
        assert self._job is not None, "a meeting that the store did not read"
        return self._job

    @property
    def waits_for_names(self) -> bool:
        """The summary waits until a person has named the speakers (`Meetings.summarize`)."""
        return self.job.state == JobState.WAITING_FOR_NAMES


class Speaker(SQLModel, table=True):
    __table_args__ = (Unique("meeting_id", "revision", "label"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    meeting_id: str = Field(sa_column=_meeting_id())
    revision: int = 1
    label: str = Field(max_length=64)
    """The recogniser's label ("S1")."""
    name: str | None = Field(default=None, sa_type=Text)
    """The name that a person gave."""
    version: int = 1
    """Guards edits by people."""


class Segment(SQLModel, table=True):
    __table_args__ = (
        Unique("meeting_id", "revision", "position"),
        # An open page asks for them with each part of the transcript.
        Index(
            "ix_segment_edited",
            "meeting_id",
            "revision",
            # Without it SQLite takes the unique index, to have the order.
            "position",
            sqlite_where=sql_text("edited IS 1"),
            postgresql_where=sql_text("edited IS TRUE"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    # The unique constraint's index begins with it.
    meeting_id: str = Field(sa_column=_meeting_id(index=False))
    revision: int = 1
    position: int
    start: float
    end: float
    speaker_id: str | None = Field(default=None, foreign_key="speaker.id", max_length=36)
    original_text: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    packed_words: bytes | None = Field(default=None, sa_type=LargeBinary)
    """`words` as packed by `cantomeet.packed_words`, which are only unpacked where they are read; None without any."""
    edited: bool = False
    """A person corrected `text` or the speaker."""
    unclear: bool = False
    """The line is unclear: `text` is empty until a person corrects it (`cantomeet.unclear`)."""
    version: int = 1

    @property
    def words(self) -> list[StoredWord]:
        """The recogniser's, whatever a person corrected."""
        return unpack(self.packed_words, self.original_text)

    @property
    def confidences(self) -> list[float]:
        """Of those words that have one; much cheaper than `words`."""
        return confidences(self.packed_words)


class Summary(SQLModel, table=True):
    __table_args__ = (Unique("meeting_id", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    meeting_id: str = Field(sa_column=_meeting_id())
    version: int
    """1, 2, ... within the meeting; `Meeting.shown_summary` says which is shown."""
    method: str = Field(max_length=16)
    """"llm", "extractive" or "none"."""
    language: str = Field(max_length=16)
    template: str = Field(default="general", max_length=64)
    """The template's id. Name and sections are copied, because a template may be changed or deleted later."""
    template_name: str = Field(default="", sa_type=Text)
    sections: list[StoredSection] = Field(default_factory=list, sa_type=JSON)
    """The template's headings for the items, in order."""
    title: str | None = Field(default=None, sa_type=Text)
    title_other: str | None = Field(default=None, sa_type=Text)
    """The title in the second language of a bilingual summary."""
    name: str = Field(default="", sa_type=Text)
    """The summarizer's name, as shown."""
    usage: StoredUsage | None = Field(default=None, sa_type=JSON)
    """None if no language model was asked."""
    coverage: StoredCoverage | None = Field(default=None, sa_type=JSON)
    warnings: list[str] = Field(default_factory=list, sa_type=JSON)
    """Codes of `cantomeet.i18n.warnings` that hold for this version; the shown one's are in `Meeting.warnings`."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class SummaryItem(SQLModel, table=True):
    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    summary_id: str = Field(
        sa_column=Column(
            "summary_id", String(36), ForeignKey("summary.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    position: int
    kind: str = Field(max_length=16)
    text: str = Field(sa_type=Text)
    original_text: str | None = Field(default=None, sa_type=Text)
    """The original text, once a person has corrected it."""
    version: int = 1
    """Guards edits by people."""
    evidence: list[Proof] = Field(default_factory=list, sa_type=JSON)
    """See `cantomeet.quotes`."""
    text_other: str | None = Field(default=None, sa_type=Text)
    section: str | None = Field(default=None, sa_type=Text)
    """The template's section, for notes."""
    owner: str | None = Field(default=None, sa_type=Text)
    due_text: str | None = Field(default=None, sa_type=Text)
    due_date: date | None = None
    start: float | None = None
    end: float | None = None
    done: bool = False
    edited: bool = False
    stale: bool = False
    """A line or speaker of its evidence was edited after it was written."""


class SearchedMeeting(SQLModel, table=True):
    """Gives a meeting its number in the search index: what was taken up later has a higher one."""

    number: int | None = Field(
        default=None, sa_column=Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    # No foreign key: PostgreSQL would lock the meeting for it, which a deletion locks before the job of the index.
    meeting_id: str = Field(sa_column=Column("meeting_id", String(36), nullable=False, unique=True))


class SearchEntry(SQLModel, table=True):
    """A text that the search finds, folded (`cantomeet.cantonese.searching`).

    SQLite has the tokens in a table beside this one, `searchindex` (FTS5, without content of its own).
    """

    __table_args__ = (Index("ix_searchentry_tokens", "tokens", postgresql_using="gin").ddl_if(dialect="postgresql"),)

    id: int = Field(
        sa_column=Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
    )
    """Meeting's number and place in it (`cantomeet.store.search_rows`): the descending order is that of the hits."""
    source: str = Field(max_length=16)
    """"title", "description", "item", "line", or "meeting" for the entry with the tokens of a meeting's others."""
    source_id: str | None = Field(default=None, max_length=36)
    """Of the item or segment."""
    literal: str = Field(sa_type=Text)
    valued: str | None = Field(default=None, sa_type=Text)
    tokens: str | None = Field(default=None, sa_type=Text().with_variant(TSVECTOR, "postgresql"))
    """On PostgreSQL alone."""


class SummaryTemplate(SQLModel, table=True):
    """A template that a person wrote; `cantomeet.templates` has the built-in ones."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    name: str = Field(sa_type=Text)
    instructions: str = Field(default="", sa_type=Text)
    sections: list[StoredSection] = Field(default_factory=list, sa_type=JSON)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)


class WrittenLine(SQLModel, table=True):
    """A segment in written Chinese, for the labelled view next to the spoken text."""

    segment_id: str = Field(
        sa_column=Column(
            "segment_id", String(36), ForeignKey("segment.id", ondelete="CASCADE"), primary_key=True, nullable=False
        )
    )
    meeting_id: str = Field(sa_column=_meeting_id())
    segment_version: int
    """The version of the segment that was rewritten; if it differs, this line is out of date."""
    text: str = Field(sa_type=Text)
    method: str = Field(max_length=16)
    """Always "llm"."""


class WrittenView(SQLModel, table=True):
    """The written-Chinese view of a meeting, once requested, and its progress."""

    meeting_id: str = Field(
        sa_column=Column(
            "meeting_id", String(36), ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, nullable=False
        )
    )
    state: str = Field(max_length=16)
    """"working", "done" or "failed"."""
    round: int = 1
    """Raised when a person requests it again after it was done: paid answers are reused within a round."""
    progress: int | None = None
    name: str = Field(default="", sa_type=Text)
    """The language model's name, as shown."""
    usage: StoredUsage | None = Field(default=None, sa_type=JSON)
    """The usage of all ended rounds, as `Summary.usage`."""
    error_code: str | None = Field(default=None, max_length=32)
    error_params: Params = Field(default_factory=dict, sa_type=JSON)


class Attempt(SQLModel, table=True):
    """One try of one step: the meeting's timeline."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    meeting_id: str = Field(sa_column=_meeting_id())
    run: int
    step: str = Field(max_length=32)
    outcome: str = Field(max_length=16)
    """"done", "retry" or "failed"."""
    error_code: str | None = Field(default=None, max_length=32)
    error_params: Params = Field(default_factory=dict, sa_type=JSON)
    detail: str = Field(default="", sa_type=Text)
    """For the operator; never contains a key."""
    provider_job_id: str | None = Field(default=None, max_length=128)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime = Field(sa_type=UtcDateTime)
    next_run_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RawTranscript(SQLModel, table=True):
    """A provider's raw answer, saved so that a better parser can be run without paying again."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    meeting_id: str = Field(sa_column=_meeting_id())
    revision: int
    provider: str = Field(max_length=32)
    provider_job_id: str = Field(max_length=128)
    body: bytes = Field(sa_type=LargeBinary)
    """gzip of the answer."""
    received_at: datetime = Field(sa_type=UtcDateTime)


class ProviderLeftover(SQLModel, table=True):
    """A provider's copy that is to be deleted."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    provider: str = Field(max_length=32)
    provider_job_id: str | None = Field(default=None, max_length=128)
    submit_key: str | None = Field(default=None, max_length=64)
    """Finds the job if it was abandoned before its id was known."""
    sent_after: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The job with that key is not older than this."""
    looks: int = 0
    """The number of searches that found nothing."""
    searched: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """How far back the current search has come, by the provider's clock."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class PaidAnswer(SQLModel, table=True):
    """A language model's answer to one request of a summary, saved so that it is not paid for again."""

    meeting_id: str = Field(
        sa_column=Column(
            "meeting_id", String(36), ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, nullable=False
        )
    )
    key: str = Field(primary_key=True, max_length=128)
    value: str = Field(sa_type=Text)


class KeyValue(SQLModel, table=True):
    """A value that outlives a process, such as what a language model's endpoint supports."""

    name: str = Field(primary_key=True, max_length=255)
    value: str = Field(sa_type=Text)


class GlossaryTerm(SQLModel, table=True):
    """A name or term of the glossary, which is sent to the transcriber."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    position: int
    content: str = Field(sa_type=Text)
    sounds_like: list[str] = Field(default_factory=list, sa_type=JSON)


class Switch(SQLModel, table=True):
    """A switch of the operator by name; without a row it is off."""

    name: str = Field(primary_key=True, max_length=32)
    since: datetime = Field(sa_type=UtcDateTime)


class Turn(SQLModel, table=True):
    """The use of a rate limit (`cantomeet.pacing.Turns`)."""

    name: str = Field(primary_key=True, max_length=64)
    reserved_until: float = 0.0
    recent: list[float] = Field(default_factory=list, sa_type=JSON)
