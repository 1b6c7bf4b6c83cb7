"""Data folders of earlier releases, unpacked as if they had been left a moment ago.

`release_0_1_0.tar.xz` was written by the store and the pipeline of that release, against the stand-ins; the script that
did it lies in the archive as `made_by.py`. For each database it holds `data/recordings`, the database (`cantomeet.db`,
or `dump.sql` of PostgreSQL), the provider's log (`speechmatics.jsonl`) and `facts.json` with each meeting's id by name.
"""

from __future__ import annotations

import json
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine

ARCHIVE = Path(__file__).parent / "release_0_1_0.tar.xz"
_UNENDED = '"run_seconds": 3600.0'


@dataclass(frozen=True)
class OldData:
    url: str
    """Of its database."""
    folder: Path
    """The data folder."""
    provider_log: Path
    """A stand-in that starts with it knows the same jobs."""
    ids: dict[str, str]
    """Meetings by what became of them."""


def unpacked(kind: str, url: str, into: Path) -> OldData:
    """The data of `kind` ("sqlite" or "postgresql"); PostgreSQL's goes into the empty database at `url`."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(into, filter="data")
    here = into / kind
    if kind == "sqlite":
        (here / "cantomeet.db").rename(here / "data" / "cantomeet.db")
        url = f"sqlite:///{here / 'data' / 'cantomeet.db'}"
        _let_leftovers_be_new(here / "data" / "cantomeet.db")
    else:
        _restore(url, here / "dump.sql")
    log = here / "speechmatics.jsonl"
    # What ran when the folder was left is done by now.
    log.write_text(log.read_text().replace(_UNENDED, '"run_seconds": 0.0'))
    return OldData(url, here / "data", log, json.loads((here / "facts.json").read_text())["ids"])


def _let_leftovers_be_new(path: Path) -> None:
    """Else they would be given up as gone at the provider, once the archive is older than a week."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE providerleftover SET created_at = datetime('now')")


def _restore(url: str, dump: Path) -> None:
    # Lines with a backslash are for psql alone; the search path that the dump empties stays the connection's.
    lines = [line for line in dump.read_text().splitlines() if not line.startswith("\\") and "search_path" not in line]
    engine = create_engine(url)
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("\n".join(lines))
        cursor.execute("UPDATE providerleftover SET created_at = now()")
    engine.dispose()
