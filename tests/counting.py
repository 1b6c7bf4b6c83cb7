"""How often the database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, event


@dataclass
class Counted:
    transactions: int = 0
    statements: int = 0


@contextmanager
def counted(engine: Engine) -> Iterator[Counted]:
    """Transactions that begin and statements that are sent while the block runs; BEGIN and COMMIT are none."""
    found = Counted()

    def begun(_connection: object) -> None:
        found.transactions += 1

    def sent(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            found.statements += 1

    event.listen(engine, "begin", begun)
    event.listen(engine, "before_cursor_execute", sent)
    try:
        yield found
    finally:
        event.remove(engine, "begin", begun)
        event.remove(engine, "before_cursor_execute", sent)
