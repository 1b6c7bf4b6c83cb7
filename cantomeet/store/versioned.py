"""Rows that people edit, each guarded by its own `version`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, update
from sqlmodel import col

from cantomeet.errors import VersionConflict
from cantomeet.models import Segment, Speaker, SummaryItem
from cantomeet.store.connections import execute

Versioned = type[SummaryItem] | type[Segment] | type[Speaker]


def is_row(table: Versioned, row_id: str, version: int | None) -> list[ColumnElement[bool]]:
    """A condition: the row, if its version is `version`; None accepts any."""
    row = [col(table.id) == row_id]
    return row if version is None else [*row, col(table.version) == version]


def change(connection: Connection, table: Versioned, row_id: str, version: int | None, values: dict[str, Any]) -> None:
    """Write `values` and the row's next version. Raises `VersionConflict` if `version` is not the stored one."""
    statement = update(table).where(*is_row(table, row_id, version)).values(version=col(table.version) + 1, **values)
    if not execute(connection, statement).rowcount:
        raise VersionConflict("it was changed meanwhile")
