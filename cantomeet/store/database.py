"""The store's front: `Database`, its transactions, and the aggregates of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine

from cantomeet.database import database_now
from cantomeet.store import erasing
from cantomeet.store.clock import Clock
from cantomeet.store.connections import Connections, OneTransaction, OwnTransactions
from cantomeet.store.erasing import Erasing
from cantomeet.store.glossary import Glossary
from cantomeet.store.jobs import Jobs
from cantomeet.store.key_values import KeyValues
from cantomeet.store.leftovers import Leftovers
from cantomeet.store.meetings import Meetings
from cantomeet.store.pipeline import Pipeline
from cantomeet.store.provider_answers import ProviderAnswers
from cantomeet.store.retention import Retention
from cantomeet.store.search import Search
from cantomeet.store.stamps import Stamps
from cantomeet.store.summaries import Summaries
from cantomeet.store.switches import Switches
from cantomeet.store.templates import Templates
from cantomeet.store.transcripts import Transcripts
from cantomeet.store.turns import ProviderTurns
from cantomeet.store.written_views import WrittenViews


class Store:
    """Every aggregate, on the same connections: a `Database`, or a `Transaction` under way."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.clock = Clock(connections)
        self.erasing = Erasing(connections)
        self.glossary = Glossary(connections)
        self.jobs = Jobs(connections)
        self.key_values = KeyValues(connections)
        self.leftovers = Leftovers(connections)
        self.meetings = Meetings(connections)
        self.pipeline = Pipeline(connections)
        self.provider_answers = ProviderAnswers(connections)
        self.retention = Retention(connections)
        self.search = Search(connections)
        self.stamps = Stamps(connections)
        self.summaries = Summaries(connections)
        self.switches = Switches(connections)
        self.templates = Templates(connections)
        self.transcripts = Transcripts(connections)
        self.turns = ProviderTurns(connections)
        self.written_views = WrittenViews(connections)

    def now(self) -> datetime:
        """The database's clock (UTC)."""
        with self.connection() as connection:
            return self._connections.now(connection)

    def connection(self) -> AbstractContextManager[Connection]:
        """For a statement that only reads: that of the transaction under way, or of one that ends with the block."""
        return self._connections.read()


class Transaction(Store):
    """What `Database.read` and `Database.write` give. Reads after its end are transactions of their own."""


class Database(Store):
    """The tables of `engine`, which are written here and nowhere else. Outside a block each call is one transaction.

    `clock` replaces the database's clock in tests.
    """

    def __init__(self, engine: Engine, clock: Callable[[Connection], datetime] = database_now) -> None:
        self._own = OwnTransactions(engine, clock)
        super().__init__(self._own)
        self.engine = engine

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One snapshot for all reads of the block. It never waits for a writer."""
        with self._own.snapshot() as connection:
            yield Transaction(OneTransaction(self._own, connection, writes=False))

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction for all reads and writes of the block: committed at its end, rolled back where it raises.

        What a call inside raises has to leave the block: the call may have written before it raised.
        """
        with self._own.write() as connection:
            connections = OneTransaction(self._own, connection, writes=True)
            yield Transaction(connections)
            assert not connections.half_done, "a call raised, and the block went on"

    def empty_log(self) -> bool:
        """Write SQLite's log into the database file and cut it off: it holds pages as they were before a deletion.

        False where somebody reads or writes just now. Freed space in the file itself is overwritten at once
        (`secure_delete`). PostgreSQL does this by itself, in its own time.
        """
        return erasing.empty_log(self.engine)
