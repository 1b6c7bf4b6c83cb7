"""Names and terms that are sent to the transcriber."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import col

from cantomeet.errors import VersionConflict
from cantomeet.glossary import Term, digest
from cantomeet.models import GlossaryTerm, new_id
from cantomeet.store.connections import Aggregate


class Glossary(Aggregate):
    """One list for the whole installation, replaced as a whole."""

    def terms(self) -> list[Term]:
        """The terms in the order in which they were written."""
        with self._db.read() as connection:
            return _terms(connection)

    def replace(self, terms: Sequence[Term], seen: str | None = None) -> None:
        """Replace all terms, which were checked before. Raises `VersionConflict` if the digest is not `seen` (None:
        any).
        """
        with self._db.write() as connection:
            if connection.dialect.name == "postgresql":
                # Two concurrent edits must not both find the old terms. SQLite has one writer anyway.
                connection.exec_driver_sql("LOCK TABLE glossaryterm IN EXCLUSIVE MODE")
            if seen is not None and seen != digest(_terms(connection)):
                raise VersionConflict("the glossary was changed meanwhile")
            connection.execute(delete(GlossaryTerm))
            rows = [
                {"id": new_id(), "position": n, "content": term.content, "sounds_like": list(term.sounds_like)}
                for n, term in enumerate(terms)
            ]
            if rows:
                connection.execute(insert(GlossaryTerm), rows)


def _terms(connection: Connection) -> list[Term]:
    columns = (col(GlossaryTerm.content), col(GlossaryTerm.sounds_like))
    rows = connection.execute(select(*columns).order_by(col(GlossaryTerm.position)))
    return [Term(content, tuple(sounds)) for content, sounds in rows]
