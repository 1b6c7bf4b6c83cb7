"""Measures how long lists, their counts and transcripts take to read at many meetings, on either database.

    python -m benchmarks.lists [--meetings 10000] [--lines 5000] [--rounds 40] [--url postgresql+psycopg://...]

Fills an empty database (without --url SQLite in a temporary folder) with meetings in every status, each with a summary
and three lines, and one of many lines. Prints median and 95th percentile of the API, in a granian process of its own,
with the processor time of that process, and the same of the reads behind an open list. The aims are a 95th percentile
of 20 ms for each filter, 40 ms for the whole long transcript and 10 ms for its first 200 lines.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil
from sqlalchemy import insert
from sqlmodel import SQLModel

from benchmarks.reads import NOW, seconds_of, serving
from cantomeet.database import connect, migrate
from cantomeet.errors import ErrorCode
from cantomeet.jobs import JobKind, JobState
from cantomeet.lifecycle import ACTIVE, MeetingStatus
from cantomeet.listing import MeetingFilter, count_by_cause, count_by_status
from cantomeet.models import Job, Meeting, Segment, Speaker, Summary, SummaryItem, new_id
from cantomeet.packed_words import pack
from cantomeet.store import Database
from cantomeet.stored_json import StoredWord
from tests.running import ROOT

AIM = 20.0
"""Milliseconds for each filter."""
FILTERS = {
    "the newest": "",
    "one status": "status=COMPLETED",
    "a rare status": "status=SUMMARIZING",
    "two statuses": "status=UPLOADED,FAILED",
    "from a day": "from=2026-06-01",
    "a day": "from=2026-06-01&to=2026-06-01",
    "a status from a day": "status=FAILED&from=2026-06-01",
    "an error code": "error_code=provider_busy",
    "a transcriber": "transcriber=speechmatics",
    "older than a week": "age=7d",
    "waiting for names": "waiting_for=names",
    "by title": "sort=title",
    "by date": "sort=-meeting_date",
    "a status by title": "status=FAILED&sort=-title",
    "a common word": "q=budget",
    "a word of no meeting": "q=鸚鵡螺",
    "a word, failed": "q=budget&status=FAILED",
}
_STATUSES = (MeetingStatus.COMPLETED,) * 16 + (MeetingStatus.FAILED,) * 3 + (MeetingStatus.UPLOADED,)
_CODES = (ErrorCode.PROVIDER_BUSY, ErrorCode.DISK_FULL, ErrorCode.RECORDING_UNREADABLE, ErrorCode.CANCELLED)
_AT_ONCE = 500


def fill(store: Database, count: int, lines: int) -> str:
    """The id of the meeting with many lines, which is the oldest."""
    chosen, long_one = random.Random(1), ""
    for first in range(0, count, _AT_ONCE):
        rows: dict[type[SQLModel], list[dict[str, Any]]] = {}
        for number in range(first, min(count, first + _AT_ONCE)):
            for row in _meeting(store, number, count - number, chosen, 3 if number else lines):
                rows.setdefault(type(row), []).append(row.model_dump())
                long_one = long_one or getattr(row, "meeting_id", "")
        with store.engine.begin() as connection:
            for table in (Job, Meeting, Speaker, Segment, Summary, SummaryItem):
                connection.execute(insert(table), rows[table])
    store.search.schedule_all()
    while store.search.update_some(_AT_ONCE):
        pass
    return long_one


def _meeting(store: Database, number: int, newer: int, chosen: random.Random, lines: int) -> Iterator[SQLModel]:
    """The rows of one. One in a thousand is being summarized, as at any moment a few are."""
    status = MeetingStatus.SUMMARIZING if number % 1000 == 7 else chosen.choice(_STATUSES)
    when = store.now() - timedelta(minutes=30 * newer)
    code = chosen.choice(_CODES).value if status == MeetingStatus.FAILED else None
    meeting = Meeting(
        title=f"{chosen.choice('例週管營人')}會 {number}",
        description="budget" if number % 5 == 0 else "",
        meeting_date=date(2026, 1, 1) + timedelta(days=number % 365) if number % 3 else None,
        status=status,
        error_code=code,
        error_params={"provider": "Speechmatics"} if code == ErrorCode.PROVIDER_BUSY else {},
        transcriber=chosen.choice(("whisper", "speechmatics")),
        recording_key=new_id(),
        duration_seconds=3600.0,
        created_at=when,
        updated_at=when,
        stage_since=when,
    )
    state = JobState.SCHEDULED if status in ACTIVE else JobState.ENDED
    due = store.now() + timedelta(days=1) if status in ACTIVE else None
    yield Job(kind=JobKind.MEETING, subject=meeting.id, state=state, due_at=due, updated_at=when)
    yield meeting
    speakers = [Speaker(meeting_id=meeting.id, label=f"S{n}") for n in range(3)]
    yield from speakers
    for place in range(lines):
        text = f"第{place}句，預算下星期三之前交。"
        start = 3.0 * place
        words: list[StoredWord] = [
            {"text": one, "start": start + n / 5, "end": start + (n + 1) / 5, "confidence": 0.9}
            for n, one in enumerate(text)
        ]
        yield Segment(
            meeting_id=meeting.id,
            position=place,
            start=start,
            end=start + 2.9,
            speaker_id=speakers[place % 3].id,
            original_text=text,
            text=text,
            packed_words=pack(words, text),
        )
    summary = Summary(meeting_id=meeting.id, version=1, method="extractive", language="yue", created_at=when)
    yield summary
    for place in range(3):
        yield SummaryItem(summary_id=summary.id, position=place, kind="action_item", text="交 budget", done=place > 0)


def show(name: str, ask: Callable[[], object], rounds: int, aim: float | None = None) -> None:
    """Ask so many times, and print milliseconds. One round before it fills caches."""
    ask()
    found, spent = [], processor()
    for _ in range(rounds):
        started = time.perf_counter()
        ask()
        found.append((time.perf_counter() - started) * 1000)
    spent = (processor() - spent) * 1000 / rounds
    p95 = quantiles(found, n=20)[-1]
    judged = "" if aim is None else f"   aim {aim:g} {'met' if p95 <= aim else 'MISSED'}"
    print(f"{name:32} {median(found):7.1f} / {p95:6.1f}   {spent:6.1f}{judged}", flush=True)


def processor() -> float:
    """The seconds that the web process has used, or this process where there is none."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return float(sum(spent.user + spent.system for spent in times or [psutil.Process().cpu_times()]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--url", help="of an empty database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.url or f"sqlite:///{Path(folder) / 'cantomeet.db'}"
        engine = connect(url)
        migrate(engine)
        store = Database(engine)
        long_one = fill(store, asked.meetings, asked.lines)
        if engine.dialect.name == "postgresql":
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")  # autovacuum does so within a minute
        print(f"{asked.meetings} meetings, {engine.dialect.name:12}  median / p95 and processor, in ms")
        with serving(NOW, ROOT, Path(folder), DATABASE_URL=url) as client:
            paths = {name: f"/api/meetings?{query}" for name, query in FILTERS.items()}
            for name, path in paths.items():
                show(name, partial(seconds_of, client, path), asked.rounds, AIM)
            whole, first = f"/api/meetings/{long_one}", f"/api/meetings/{long_one}/segments?limit=200"
            show(f"{asked.lines} lines", partial(seconds_of, client, whole), asked.rounds, 40.0)
            show("the first 200 of them", partial(seconds_of, client, first), asked.rounds, 10.0)
        show("stamp, read alone", store.stamps.of_all, asked.rounds)
        show("counts, read alone", lambda: count_by_status(store, MeetingFilter()), asked.rounds)
        show("failures by cause, read alone", lambda: count_by_cause(store), asked.rounds)
        engine.dispose()


if __name__ == "__main__":
    main()
