"""Values by name that outlive a process."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.models import KeyValue
from cantomeet.store.connections import Aggregate, execute


class KeyValues(Aggregate):
    """A text under each name."""

    def find(self, name: str) -> str | None:
        """The value under `name`, or None."""
        with self._db.read() as connection:
            return connection.execute(
                select(col(KeyValue.value)).where(col(KeyValue.name) == name)
            ).scalar_one_or_none()

    def put(self, name: str, value: str) -> None:
        """Save `value` under `name`, replacing an earlier one."""
        replace = update(KeyValue).where(col(KeyValue.name) == name).values(value=value)
        with self._db.write() as connection:
            if execute(connection, replace).rowcount:
                return
            try:
                with connection.begin_nested():
                    connection.execute(insert(KeyValue).values(name=name, value=value))
            except IntegrityError:  # another transaction was first
                connection.execute(replace)
