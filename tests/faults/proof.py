"""Judges the result of a chaos run by the database, the clients' responses, and the provider's log."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting, Summary
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from standins.openai.server import FakeOpenAI
from standins.speechmatics.server import FakeSpeechmatics
from tests.faults.uploader import Uploader
from tests.meetings import key_of
from tests.running import ENDED


@dataclass
class Result:
    seed: int
    meetings: int
    database: str = "sqlite"
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    harm: Counter[str] = field(default_factory=Counter)
    uploads_tried: int = 0
    requests: int = 0
    llm_requests: int = 0
    llm_repeats: int = 0
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    unpaid: list[str] = field(default_factory=list)
    llm_paid_twice: list[str] = field(default_factory=list)

    @property
    def wrongs(self) -> dict[str, list[str]]:
        return {
            "uploads refused for no reason": self.refused,
            "accepted and lost": self.lost,
            "accepted once, stored twice": self.doubled,
            "stuck": self.stuck,
            "failed without a true reason": self.untrue,
            "completed without a payment": self.unpaid,
            "paid for twice": self.paid_twice,
            "summaries paid for twice": self.llm_paid_twice,
        }

    @property
    def good(self) -> bool:
        return not any(self.wrongs.values())

    def table(self) -> str:
        rows = [
            ("seed", self.seed),
            ("database", self.database),
            ("meetings", self.meetings),
            ("seconds", round(self.seconds)),
            *((f"ended {outcome}", number) for outcome, number in sorted(self.outcomes.items())),
            *sorted(self.harm.items()),
            ("uploads tried", self.uploads_tried),
            ("requests to the provider", self.requests),
            ("requests to the language model", self.llm_requests),
            ("of these sent again after a kill", self.llm_repeats),
            *((name, len(found)) for name, found in self.wrongs.items()),
        ]
        lines = [f"{name:40}{number:>12}" for name, number in rows]
        return "\n".join([*lines, *(f"  {name}: {one}" for name, found in self.wrongs.items() for one in found)])


def judge(result: Result, store: Database, recordings: FolderStorage, client: Uploader, fake: FakeSpeechmatics) -> None:
    """Fill in the result of the run."""
    with store.engine.connect() as connection:
        meetings = [Meeting(**row) for row in connection.execute(select(Meeting)).mappings()]
    result.uploads_tried, result.refused = client.tries, client.refused
    result.requests = len(fake.requests())
    _judge_uploads(result, meetings, recordings, client)
    _judge_ends(result, store, meetings, fake)


def judge_language_model(result: Result, store: Database, llm: FakeOpenAI, most_lost: int) -> None:
    """`most_lost`: answers that killed processes may have waited for."""
    with store.connection() as connection:
        usages = [usage for usage in connection.execute(select(col(Summary.usage))).scalars() if usage is not None]
    asked = llm.asked()
    result.llm_requests, result.llm_repeats = len(asked), sum(usage["repeats"] for usage in usages)
    paid, refused = sum(line["paid"] for line in asked), sum(line["outcome"] == 429 for line in asked)
    told = sum(usage["requests"] for usage in usages) - refused
    if paid > told:
        result.llm_paid_twice.append(f"{paid} answers were paid for, and the summaries tell of {told}")
    if result.llm_repeats > most_lost:
        result.llm_paid_twice.append(f"{result.llm_repeats} requests were sent again, at most {most_lost} were lost")


def _judge_uploads(result: Result, meetings: list[Meeting], recordings: FolderStorage, client: Uploader) -> None:
    stored = {meeting.id: meeting for meeting in meetings}
    for promise in client.accepted:
        meeting = stored.get(promise.meeting_id)
        if meeting is None or _sha256(recordings, meeting) != promise.sha256:
            result.lost.append(promise.key)
    promised = {promise.meeting_id for promise in client.accepted}
    result.doubled += [f"{meeting.id} {meeting.filename}" for meeting in meetings if meeting.id not in promised]


def _sha256(recordings: FolderStorage, meeting: Meeting) -> str | None:
    path = recordings.path(meeting.recording_key)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _judge_ends(result: Result, store: Database, meetings: list[Meeting], fake: FakeSpeechmatics) -> None:
    paid = fake.paid
    rejected = {
        line["reference"] for line in fake.log if line["event"] == "accepted" and line["fate"]["becomes"] == "rejected"
    }
    for meeting in meetings:
        result.outcomes[f"{meeting.status} {meeting.error_code or ''}".strip()] += 1
        reference = key_of(meeting)
        what = _described(store, meeting)
        if meeting.status not in ENDED:
            result.stuck.append(what)
        elif meeting.status == MeetingStatus.FAILED and not (
            meeting.error_code == "provider_rejected" and reference in rejected
        ):
            result.untrue.append(what)
        if paid[reference] > 1:
            result.paid_twice.append(what)
        if meeting.status == MeetingStatus.COMPLETED and paid[reference] != 1:
            result.unpaid.append(what)
    known = {key_of(meeting) for meeting in meetings}
    result.paid_twice += [f"{key}: paid for, and known to no meeting" for key in paid if key not in known]


def _described(store: Database, meeting: Meeting) -> str:
    tries = " ".join(f"{a.step}/{a.outcome}/{a.error_code}" for a in store.meetings.attempts(meeting.id)[-10:])
    return f"{meeting.id} {meeting.status} {meeting.stage} {meeting.error_code} key={key_of(meeting)} [{tries}]"
