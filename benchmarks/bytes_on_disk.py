"""Measures the bytes on disk of a long transcript, and the migration that packed its words.

`python -m benchmarks.bytes_on_disk [--lines 200000] [--migrate]` writes lines of 10 to 15 words into a new SQLite file
and prints the bytes a line of the file and of its largest parts. With `--migrate` it goes back to the revision before
the packing and forth again, and prints the file's size and the seconds of each, and the memory that the process held.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from cantomeet import database
from cantomeet.database import connect, migrate
from cantomeet.storage import FolderStorage
from cantomeet.store import Database, NewSegment
from cantomeet.stored_json import StoredWord
from tests.e2e.seed import Seed

_BEFORE_PACKING = "0017"
_AT_ONCE = 5000
_CHARACTERS = "我哋今日要傾預算下星期三之前交畀陳生睇過先再決定係咪開工嘅話就要搵人幫手做個計劃書出嚟"


def spoken(number: int, chance: random.Random) -> NewSegment:
    """A line as Speechmatics recognises it: a character a word, times and confidences in hundredths."""
    words, ended = [], number * 3.0 + chance.randint(0, 50) / 100
    for _ in range(chance.randint(10, 15)):
        start = round(ended + chance.choice([0, 0, 0, 0, 0.02, 0.1]), 2)
        ended = round(start + chance.randint(8, 45) / 100, 2)
        certain = round(min(1.0, chance.betavariate(6, 1)), 2)
        words.append(StoredWord(text=chance.choice(_CHARACTERS), start=start, end=ended, confidence=certain))
    said = "".join(word["text"] for word in words) + "。"
    return NewSegment(words[0]["start"], ended, said, said, words, f"S{number % 4}")


def write(store: Database, folder: Path, lines: int) -> None:
    seed = Seed(store, FolderStorage(folder / "recordings", max_bytes=10**9, min_free_bytes=0))
    meeting, chance = seed.transcribing(seed.waiting("long")), random.Random(1)
    for first in range(0, lines, _AT_ONCE):
        piece = [spoken(number, chance) for number in range(first, min(first + _AT_ONCE, lines))]
        meeting = seed.piece(meeting, piece, 50)


def show(name: str, path: Path, store: Database, lines: int, seconds: float) -> None:
    store.empty_log()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size
    print(f"{name:28} {size / 1e6:8.1f} MB  {size / lines:7.1f} B a line  {seconds:7.1f} s  peak {peak:.0f} MiB")


def go_back(store: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, _BEFORE_PACKING)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--migrate", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cantomeet.db"
        store = Database(connect(f"sqlite:///{path}"))
        migrate(store.engine)
        began = time.monotonic()
        write(store, Path(folder), asked.lines)
        show("written", path, store, asked.lines, time.monotonic() - began)
        largest = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 4"
        with store.connection() as connection:
            for name, size in connection.execute(text(largest)):
                print(f"  {name:40} {size / asked.lines:7.1f} B a line")
        if asked.migrate:
            began = time.monotonic()
            go_back(store)
            show("words as JSON", path, store, asked.lines, time.monotonic() - began)
            began = time.monotonic()
            migrate(store.engine)
            show("packed again", path, store, asked.lines, time.monotonic() - began)
        store.engine.dispose()


if __name__ == "__main__":
    main()
