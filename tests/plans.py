"""How a database does the statements that are sent to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlmodel import SQLModel

from cantomeet.store import Database

SMALL = {
    "glossaryterm": "a glossary has a thousand terms at most",
    "keyvalue": "what was learned of an endpoint, and the newest check of each provider",
    "summarytemplate": "people write these by hand",
    "switch": "one for each switch of the operator",
    "turn": "one for each limit of a provider",
}
"""Tables that may be read whole, and why."""
GROWING = {table.name for table in SQLModel.metadata.sorted_tables} - SMALL.keys()
_READ_WHOLE = {"sqlite": r"\bSCAN (\w+)", "postgresql": r"\bSeq Scan on (\w+)"}


def plans(store: Database, read: Callable[[], object]) -> list[str]:
    """The plan of each statement that `read` sends, on PostgreSQL as if the tables were large."""
    asked: list[tuple[str, Any]] = []
    listen = ("before_cursor_execute", lambda _c, _k, statement, given, _x, _m: asked.append((statement, given)))
    event.listen(store.engine, *listen)
    try:
        read()
    finally:
        event.remove(store.engine, *listen)
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[store.engine.dialect.name]
    found = []
    with store.engine.connect() as connection:
        if explain == "EXPLAIN":
            # A table of a test is small, and then reading it whole is right.
            for way in ("enable_seqscan", "enable_sort"):
                connection.exec_driver_sql(f"SET LOCAL {way} = off")
        for statement, given in asked:
            if re.match(r"SELECT\b.*\bFROM\b|UPDATE\b|DELETE\b", statement, re.DOTALL):
                steps = connection.exec_driver_sql(f"{explain} {statement}", given)
                found.append("\n".join(str(step[-1]) for step in steps))
    return found


def read_whole(store: Database, read: Callable[[], object]) -> dict[str, str]:
    """The tables that grow which a statement of `read` reads from end to end, each with the plan. `read` must send one.

    What is read from end to end in an index alone counts too, on SQLite.
    """
    shown = plans(store, read)
    assert shown
    return {
        name: plan
        for plan in shown
        for name in re.findall(_READ_WHOLE[store.engine.dialect.name], plan)
        # SQLAlchemy numbers the further names of a table.
        if re.sub(r"_\d+$", "", name) in GROWING
    }
