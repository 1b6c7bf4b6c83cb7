"""Measures the search across meetings and the list's text filter beside LIKE, and how long their index takes to build.

    python -m benchmarks.search [--meetings 10000] [--rounds 20] [--seconds 10] [--data FOLDER] [--url URL]

Fills a database with meetings of 100 lines, which are those of the labelled meetings, and one of 5,000, and builds the
index, while another process writes and looks how long it waits: SQLite in FOLDER, or a PostgreSQL
(`postgresql+psycopg://...`), which has to be empty. A later run finds both as they were left. Prints the 95th
percentiles of the first 26 hits, of the list's first page and of its counts, and how many searches a second eight at
once get done. The aims at 10,000 meetings are 30 s for the index, 50 ms for any word, 5 ms where nothing is found,
20 ms for the list, and with eight at once 50 times the searches by LIKE.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import cycle, islice
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy import func as sql
from sqlmodel import col

from benchmarks.evaluation.labelled import PARTS, folder_of, read_meetings
from cantomeet.database import connect, migrate
from cantomeet.jobs import JobKind, JobState
from cantomeet.listing import MeetingFilter, count_by_status, list_meetings
from cantomeet.listing.search import MOST_COUNTED, USUAL_LIMIT, SearchFilter, find_texts
from cantomeet.models import Job, Meeting, Segment
from cantomeet.store import Database

WORDS = ("係", "我哋", "唔係", "預算", "budget", "e", "十二", "12萬", "我哋而家", "聽唔聽到", "鸚鵡螺", "我哋鸚鵡螺")
"""Frequent and rare ones; the last two are said nowhere."""
_LINES, _MOST_LINES = 100, 5_000
_AT_ONCE = 8
_MEETINGS_AT_ONCE = 50
_SPAWN = multiprocessing.get_context("spawn")
Ask = Callable[[Database, str], int]


def fill(store: Database, meetings: int) -> None:
    """Meetings as after their transcription. A line is one of the labelled ones and the beginning of another."""
    now = store.now()
    heads = [
        Meeting(
            id=f"{number:08x}-0000-4000-8000-000000000000",
            title=f"例會 {number}",
            recording_key=f"{number:032x}",
            created_at=now,
            updated_at=now,
            stage_since=now,
        )
        for number in range(meetings + 1)
    ]
    jobs = [Job(kind=JobKind.MEETING, subject=head.id, state=JobState.ENDED, updated_at=now) for head in heads]
    with store.engine.begin() as connection:
        connection.execute(insert(Job), [job.model_dump() for job in jobs])
        connection.execute(insert(Meeting), [head.model_dump() for head in heads])
        _add_lines(connection, heads)


def _add_lines(connection: Connection, heads: list[Meeting]) -> None:
    """In the order of their ids, and not by SQLAlchemy, as there are a million."""
    said = [line.text for part in PARTS for meeting in read_meetings(folder_of(part)) for line in meeting.request.lines]
    chosen = random.Random(1)
    usual = Segment(id="", meeting_id="", position=0, start=0.0, end=0.0, text="", original_text="").model_dump()
    names = ", ".join(f'"{name}"' for name in usual)

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, head in enumerate(heads):
            for position in range(_LINES if number else _MOST_LINES):
                text = chosen.choice(said) + chosen.choice(said)[:10]
                own = {"id": f"{number:08x}-0000-4000-8000-{position:012x}", "meeting_id": head.id}
                times = {"position": position, "start": 2.0 * position, "end": 2.0 * position + 2}
                yield tuple({**usual, **own, **times, "text": text, "original_text": text}.values())

    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        cursor.executemany(f"INSERT INTO segment ({names}) VALUES ({', '.join('?' * len(usual))})", rows())
    else:
        with cursor.copy(f"COPY segment ({names}) FROM STDIN") as copy:
            for row in rows():
                copy.write_row(row)


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


def by_list(store: Database, q: str) -> int:
    with store.read() as tx:
        return len(list_meetings(tx, MeetingFilter(q=q)).items)


def by_counts(store: Database, q: str) -> int:
    with store.read() as tx:
        return sum(count_by_status(tx, MeetingFilter(q=q)).values())


def p95(ask: Ask, store: Database, q: str, rounds: int) -> tuple[float, int]:
    """Milliseconds, and what was found."""
    took, found = [], 0
    for _ in range(rounds):
        started = time.perf_counter()
        found = ask(store, q)
        took.append((time.perf_counter() - started) * 1000)
    return quantiles(took, n=20)[-1] if len(took) > 1 else took[0], found


def build(store: Database) -> None:
    store.search.schedule_all()
    while store.search.update_some(_MEETINGS_AT_ONCE):
        pass


@contextmanager
def waiting_writer(url: str) -> Iterator[list[float]]:
    """The longest that another process waited for a small write, in seconds, once the block has ended."""
    ended, answers = _SPAWN.Event(), _SPAWN.SimpleQueue()
    writer = _SPAWN.Process(target=_write_on, args=(url, ended, answers))
    longest: list[float] = []
    writer.start()
    answers.get()
    try:
        yield longest
    finally:
        ended.set()
        longest.append(answers.get())
        writer.join()


def _write_on(url: str, ended: Event, answers: Any) -> None:
    store, longest = Database(connect(url)), 0.0
    answers.put(longest)  # it is there
    while not ended.wait(0.02):
        started = time.perf_counter()
        store.key_values.put("benchmark", "1")
        longest = max(longest, time.perf_counter() - started)
    answers.put(longest)


@cache
def _store(url: str) -> Database:
    """One for each process."""
    return Database(connect(url))


def _searches(url: str, ask: Ask, first: int, until: float) -> int:
    """How many searches one person gets done."""
    done = 0
    for q in islice(cycle(WORDS), first, None):
        if time.time() >= until:
            break
        ask(_store(url), q)
        done += 1
    return done


def a_second(people: Executor, url: str, ask: Ask, seconds: float) -> float:
    """Searches that several at once get done."""
    # Everybody is there first.
    list(people.map(partial(_searches, url, by_index, until=0.0), range(_AT_ONCE)))
    started = time.time()
    done = sum(people.map(partial(_searches, url, ask, until=started + seconds), range(_AT_ONCE)))
    return done / (time.time() - started)


def _build_beside_a_writer(url: str, store: Database, meetings: int) -> None:
    with waiting_writer(url) as longest:
        started, worked = time.perf_counter(), time.process_time()
        build(store)
        took, worked = time.perf_counter() - started, time.process_time() - worked
    print(f"the index of {meetings * _LINES + _MOST_LINES:,} lines: {took:.1f} s, of this process {worked:.1f}")
    print(f"longest that another process waited for a write meanwhile: {longest[0] * 1000:.0f} ms")
    if store.engine.dialect.name == "postgresql":
        with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")  # autovacuum does so within a minute


def measure(url: str, meetings: int, rounds: int, seconds: float) -> None:
    store = _store(url)
    migrate(store.engine)
    with store.connection() as connection:
        there = connection.execute(select(sql.count()).select_from(Meeting)).scalar_one()
    if there == 0:
        fill(store, meetings)
        _build_beside_a_writer(url, store, meetings)
    elif there != meetings + 1:
        raise SystemExit(f"the database has {there} meetings already")
    print(f"{'p95 in ms':12} {'hits':>6} {'search':>8} {'LIKE':>8}   ratio {'list':>8} {'counts':>8}")
    for q in WORDS:
        found, total = p95(by_index, store, q, rounds)
        like, _ = p95(by_like, store, q, max(1, rounds // 10))
        rows, _ = p95(by_list, store, q, rounds)
        counts, _ = p95(by_counts, store, q, rounds)
        print(f"{q:12} {total:>6} {found:>8.1f} {like:>8.1f}   {found / like:.3f} {rows:>8.1f} {counts:>8.1f}")
    with ProcessPoolExecutor(_AT_ONCE, _SPAWN) as processes, ThreadPoolExecutor(_AT_ONCE) as threads:
        for name, people in (("processes", processes), ("threads of one process", threads)):
            ways = [a_second(people, url, ask, seconds) for ask in (by_index, by_like)]
            print(f"searches a second of {_AT_ONCE} {name}: {ways[0]:.1f}, by LIKE {ways[1]:.2f}")
    store.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0, help="of eight at once, each way")
    parser.add_argument("--data", type=Path, help="folder that keeps SQLite's database")
    parser.add_argument("--url", help="of a PostgreSQL")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = asked.data or Path(folder)
        data.mkdir(parents=True, exist_ok=True)
        url = asked.url or f"sqlite:///{data / f'search-{asked.meetings}.db'}"
        measure(url, asked.meetings, asked.rounds, asked.seconds)


if __name__ == "__main__":
    main()
