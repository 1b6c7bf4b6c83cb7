"""Measures how long one of several writers waits for SQLite while the others write without a break.

    python -m benchmarks.writers [--writers 6] [--seconds 15]

Each writer is a thread with a connection of its own that commits small transactions as fast as it can: on an engine of
`cantomeet.database.connect`, then on a plain engine with SQLite's own waiting. The longest wait matters: beyond the
timeout of 5 s it is an error "database is locked".
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text

from cantomeet.database import connect

_PATIENCE = 60.0


def plain(url: str) -> Engine:
    """An engine whose writers wait as SQLite lets them."""
    engine = create_engine(url, connect_args={"timeout": _PATIENCE})

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: sqlite3.Connection, _: object) -> None:
        dbapi.isolation_level = None
        dbapi.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def waits(engine: Engine, writers: int, seconds: float) -> tuple[float, int]:
    """The longest wait for a transaction to begin, in seconds, and the number of transactions of all writers."""
    longest, counts = [0.0] * writers, [0] * writers
    until = time.monotonic() + seconds

    def write(writer: int) -> None:
        while (asked := time.monotonic()) < until:
            with engine.begin() as connection:
                longest[writer] = max(longest[writer], time.monotonic() - asked)
                for _ in range(8):
                    connection.execute(text("UPDATE written SET text = :text"), {"text": str(asked) * 20})
            counts[writer] += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    return max(longest), sum(counts)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--writers", type=int, default=6)
    arguments.add_argument("--seconds", type=float, default=15.0)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'meetings.db'}"
        ours = connect(url, busy_timeout=_PATIENCE)
        with ours.begin() as connection:
            connection.execute(text("CREATE TABLE written (text TEXT)"))
            connection.execute(text("INSERT INTO written VALUES ('')"))
        found = {
            "cantomeet": waits(ours, asked.writers, asked.seconds),
            "SQLite's own": waits(plain(url), asked.writers, asked.seconds),
        }
    for name, (longest, count) in found.items():
        print(f"{name:14} longest wait {longest:6.3f} s   {count / asked.seconds:8.0f} transactions a second")
    ratio = found["cantomeet"][0] / found["SQLite's own"][0]
    print(f"ratio of the longest waits: {ratio:.3f}")


if __name__ == "__main__":
    main()
