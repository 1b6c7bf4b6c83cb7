"""What was learned and outlives a process, by name."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cantomeet.models import KeyValue
from cantomeet.store.connections import Aggregate, execute


class KeyValues(Aggregate):
    """A text under each name."""

    def find(self, name: str) -> str | None:
        """None where nothing was put under the name."""
        with self._db.read() as connection:
            return connection.execute(
                select(col(KeyValue.value)).where(col(KeyValue.name) == name)
            ).scalar_one_or_none()

    def put(self, name: str, value: str) -> None:
        """Keep `value` under `name`, in place of an earlier one."""
        replace = update(KeyValue).where(col(KeyValue.name) == name).values(value=value)
        with self._db.write() as connection:
            if execute(connection, replace).rowcount:
                return
            try:
                with connection.begin_nested():
                    connection.execute(insert(KeyValue).values(name=name, value=value))
            except IntegrityError:  # somebody else was first
                connection.execute(replace)
