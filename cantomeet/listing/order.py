"""The order of a list, and the cursor of the next page."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, collate, or_
from sqlalchemy import func as sql
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col

from cantomeet.errors import InvalidRequest
from cantomeet.listing.filters import Sort
from cantomeet.models import Meeting
from cantomeet.storable import is_storable

_TITLE_CHARACTERS = 100
"""Only this many characters of a title count for the order, so that a cursor fits into a URL."""
_LONGEST_CURSOR = 2048
Key = str | date
"""What a list is sorted by: a title, or when the meeting was uploaded or is of."""


class Order:
    """A sort order: its key in SQL, its ORDER BY, and its cursors."""

    def __init__(self, sort: Sort, dialect: str) -> None:
        self._sort = sort
        self._name = sort.removeprefix("-")
        self._backwards = sort.startswith("-")
        self._undated = self._name == "meeting_date"
        self.key = _key(self._name, dialect)

    def columns(self) -> list[ColumnElement[Any]]:
        """The columns for ORDER BY."""
        columns: list[ColumnElement[Any]] = [
            column.desc() if self._backwards else column.asc() for column in (self.key, col(Meeting.id))
        ]
        # Spelled out because SQLite and PostgreSQL put NULL at different ends.
        return [self.key.is_(None), *columns] if self._undated else columns

    def cursor(self, key: Key | None, meeting_id: str) -> str:
        """The cursor to what follows the meeting with this sort key and id."""
        text = key.isoformat() if isinstance(key, date) else key
        packed = json.dumps([self._sort, text, meeting_id], ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def after(self, cursor: str) -> ColumnElement[bool]:
        """The WHERE condition for the rows after `cursor`. Raises `InvalidRequest` if it is no cursor of this sort."""
        key, meeting_id = self._decoded(cursor)
        later_id = self._beyond(col(Meeting.id), meeting_id)
        if key is None:
            return and_(self.key.is_(None), later_id)
        later = or_(self._beyond(self.key, key), and_(self.key == key, later_id))
        return or_(later, self.key.is_(None)) if self._undated else later

    def _beyond(self, column: SQLCoreOperations[Any], value: Key) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = column < value if self._backwards else column > value
        return beyond

    def _decoded(self, cursor: str) -> tuple[Key | None, str]:
        try:
            if len(cursor) > _LONGEST_CURSOR:
                raise ValueError("too long")
            packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            sort, key, meeting_id = json.loads(packed)
            if sort != self._sort:
                raise ValueError("of another sort")
            return self._parse_key(key), str(UUID(meeting_id))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise InvalidRequest("not a cursor of this list and sort", field="cursor") from error

    def _parse_key(self, key: object) -> Key | None:
        if self._name == "title":
            if not isinstance(key, str) or not is_storable(key):
                raise ValueError("not a title")
            return key
        if self._undated and key is None:
            return None
        if not isinstance(key, str):
            raise ValueError("not a date")
        if self._undated:
            return date.fromisoformat(key)
        moment = datetime.fromisoformat(key)
        if moment.tzinfo is None:
            raise ValueError("not an instant")
        return moment.astimezone(UTC)


def _key(name: str, dialect: str) -> Any:
    if name == "created_at":
        return col(Meeting.created_at)
    if name == "meeting_date":
        return col(Meeting.meeting_date)
    # SQLite compares bytes and folds ASCII only. PostgreSQL does the same with its "C" collation.
    title = collate(col(Meeting.title), "C") if dialect == "postgresql" else col(Meeting.title)
    return sql.lower(sql.substr(title, 1, _TITLE_CHARACTERS))
