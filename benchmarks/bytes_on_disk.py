"""Measures the bytes on disk of transcripts, and the conversion of an earlier release's database.

    python -m benchmarks.bytes_on_disk [--lines 200000] [--index] [--migrate]

Writes meetings of 1,000 lines of 10 to 15 words into a new SQLite file and prints the bytes a line of the file, of its
largest parts and of the words alone. `--index` takes them into the search index. `--migrate` goes back to the revision
of release 0.1.0 and forth again, as the next start of an old data folder does. It prints the file's size, the seconds,
the process's peak of memory, and the most room that the files took meanwhile beside the file as it was.
"""

from __future__ import annotations

import argparse
import random
import resource
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from cantomeet.database import connect, migrate
from cantomeet.revisions import MIGRATIONS
from cantomeet.storage import FolderStorage
from cantomeet.store import Database, NewSegment
from cantomeet.stored_json import StoredWord
from tests.e2e.seed import Seed

_EARLIER = "0013"
"""Of release 0.1.0."""
_OF_A_MEETING = 1000
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
    seed = Seed(store, FolderStorage(folder / "recordings", max_bytes=10**9, min_free_bytes=0), seconds=1)
    chance = random.Random(1)
    for first in range(0, lines, _OF_A_MEETING):
        meeting = seed.transcribing(seed.waiting(f"{first} ..."))
        seed.piece(meeting, [spoken(number, chance) for number in range(min(_OF_A_MEETING, lines - first))], 50)


@contextmanager
def room() -> Iterator[list[int]]:
    """Yields a list that afterwards has the most bytes of the files that this process had open, deleted ones too."""
    ended, most = threading.Event(), [0]

    def look() -> None:
        while not ended.wait(0.1):
            held = {}
            for entry in Path("/proc/self/fd").iterdir():
                with suppress(OSError):
                    found = entry.stat()
                    if stat.S_ISREG(found.st_mode):
                        held[found.st_ino] = found.st_size
            most[0] = max(most[0], sum(held.values()))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield most
    finally:
        ended.set()
        watching.join()


@dataclass(frozen=True)
class Shown:
    """What is printed of each stage."""

    store: Database
    path: Path
    lines: int

    def stage(self, name: str, work: Callable[[], object]) -> None:
        before, began = self.path.stat().st_size, time.monotonic()
        with room() as most:
            work()
        seconds = time.monotonic() - began
        self.store.empty_log()
        size, peak = self.path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name:24} {size / 1e6:8.1f} MB {size / self.lines:7.1f} B a line {seconds:7.1f} s"
            f"  memory {peak:.0f} MiB  files {(most[0] - before) / 1e6:+.0f} MB",
            flush=True,
        )

    def words(self, column: str) -> None:
        """The bytes of the words, and of the largest tables and indexes."""
        largest = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 5"
        with self.store.connection() as connection:
            of_words = f"SELECT 'the words alone', sum(length(CAST({column} AS BLOB))) FROM segment"
            for name, size in [*connection.execute(text(of_words)), *connection.execute(text(largest))]:
                print(f"  {name:40} {size / self.lines:7.1f} B a line", flush=True)


def go_back(store: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, _EARLIER)
    with closing(store.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM")  # as that release would have written it


def index(store: Database) -> None:
    while store.search.update_some(20):
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--index", action="store_true")
    parser.add_argument("--migrate", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cantomeet.db"
        store = Database(connect(f"sqlite:///{path}"))
        migrate(store.engine)
        shown = Shown(store, path, asked.lines)
        shown.stage("written", lambda: write(store, Path(folder), asked.lines))
        shown.words("packed_words")
        if asked.index:
            shown.stage("with the search index", lambda: index(store))
        if asked.migrate:
            shown.stage("as release 0.1.0 had it", lambda: go_back(store))
            shown.words("words")
            shown.stage("converted", lambda: migrate(store.engine))
        store.engine.dispose()


if __name__ == "__main__":
    main()
