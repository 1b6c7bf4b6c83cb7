"""Measures the search across meetings beside a search by LIKE, and how long its index takes to build.

    python -m benchmarks.search [--meetings 10000] [--lines 100] [--rounds 20] [--url postgresql+psycopg://...]

Fills an empty database (without --url SQLite in a temporary folder) with meetings whose lines are those of the labelled
meetings. Prints the 95th percentiles of the first 26 hits with their number, of both ways, and their ratio. The aims
are 50 ms for any word, 5 ms where nothing is found, and 30 s for the index.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from sqlalchemy import func as sql
from sqlalchemy import insert, select
from sqlmodel import col

from benchmarks.evaluation.labelled import PARTS, folder_of, read_meetings
from cantomeet.database import connect, migrate
from cantomeet.jobs import JobKind, JobState
from cantomeet.listing.search import MOST_COUNTED, USUAL_LIMIT, SearchFilter, find_texts
from cantomeet.models import Job, Meeting, Segment, new_id
from cantomeet.store import Database

WORDS = ("係", "我哋", "唔係", "預算", "budget", "e", "十二", "我哋而家", "聽唔聽到", "鸚鵡螺", "我哋鸚鵡螺")
"""Frequent and rare ones; the last two are said nowhere."""
_AT_ONCE = 50


def fill(store: Database, meetings: int, lines: int) -> None:
    """Meetings as after their transcription. A line is one of the labelled ones and the beginning of another."""
    said = [line.text for part in PARTS for meeting in read_meetings(folder_of(part)) for line in meeting.request.lines]
    chosen, now = random.Random(1), store.now()
    usual = Segment(meeting_id="", position=0, start=0.0, end=0.0, text="", original_text="").model_dump()
    for first in range(0, meetings, _AT_ONCE):
        heads, jobs, segments = [], [], []
        for number in range(first, min(meetings, first + _AT_ONCE)):
            meeting = Meeting(
                title=f"例會 {number}", recording_key=new_id(), created_at=now, updated_at=now, stage_since=now
            )
            job = Job(kind=JobKind.MEETING, subject=meeting.id, state=JobState.ENDED, updated_at=now)
            heads.append(meeting.model_dump())
            jobs.append(job.model_dump())
            for position in range(lines):
                text = chosen.choice(said) + chosen.choice(said)[:10]
                own = {"id": new_id(), "meeting_id": meeting.id, "position": position, "start": 2.0 * position}
                segments.append({**usual, **own, "text": text, "original_text": text})
        with store.engine.begin() as connection:
            connection.execute(insert(Job), jobs)
            connection.execute(insert(Meeting), heads)
            connection.execute(insert(Segment), segments)


def by_index(store: Database, q: str) -> int:
    with store.read() as tx:
        return find_texts(tx, SearchFilter(q)).total


def by_like(store: Database, q: str) -> int:
    """The same hits as far as LIKE finds them."""
    found = (
        select(col(Segment.id), col(Segment.start), col(Segment.text))
        .join(Meeting, col(Meeting.id) == col(Segment.meeting_id))
        .where(
            col(Segment.revision) == col(Meeting.shown_revision),
            col(Meeting.deleted_at).is_(None),
            col(Segment.text).icontains(q, autoescape=True),
        )
    )
    with store.connection() as connection:
        connection.execute(found.limit(USUAL_LIMIT)).all()
        counted = found.limit(MOST_COUNTED + 1).subquery()
        return connection.execute(select(sql.count()).select_from(counted)).scalar_one()


def p95(ask: Callable[[Database, str], int], store: Database, q: str, rounds: int) -> tuple[float, int]:
    """Milliseconds, and the number of hits."""
    took, total = [], 0
    for _ in range(rounds):
        started = time.perf_counter()
        total = ask(store, q)
        took.append((time.perf_counter() - started) * 1000)
    return quantiles(took, n=20)[-1], total


def build(store: Database) -> float:
    """Build the index; the seconds that it took."""
    started = time.perf_counter()
    store.search.schedule_all()
    while store.search.update_some(20):
        pass
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--url", help="of an empty database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(asked.url or f"sqlite:///{Path(folder) / 'cantomeet.db'}")
        migrate(engine)
        store = Database(engine)
        fill(store, asked.meetings, asked.lines)
        print(f"the index of {asked.meetings} meetings of {asked.lines} lines: {build(store):.1f} s")
        if engine.dialect.name == "postgresql":
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")  # autovacuum does so within a minute
        print(f"{'p95 in ms':12} {'hits':>6} {'index':>8} {'LIKE':>8}   ratio")
        for q in WORDS:
            index, total = p95(by_index, store, q, asked.rounds)
            like, _ = p95(by_like, store, q, max(3, asked.rounds // 5))
            print(f"{q:12} {total:>6} {index:>8.1f} {like:>8.1f}   {index / like:.3f}")
        engine.dispose()


if __name__ == "__main__":
    main()
