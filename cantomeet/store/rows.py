"""Makes models of rows from the database at once, where `Model(**row)` would check and set each value by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Result
from sqlalchemy.orm.attributes import manager_of_class
from sqlmodel import SQLModel

Table = TypeVar("Table", bound=SQLModel)


def made(table: type[Table], names: Sequence[str], values: Sequence[Any]) -> Table:
    """The row with `values` in the columns `names`. Columns that were not read are None."""
    new, blank, fields, private = _prepared(table)
    row: Table = new()
    row.__dict__.update(blank)
    row.__dict__.update(zip(names, values, strict=True))
    object.__setattr__(row, "__pydantic_fields_set__", fields.copy())
    object.__setattr__(row, "__pydantic_extra__", None)
    object.__setattr__(row, "__pydantic_private__", dict.fromkeys(private) if private else None)
    return row


def all_made(table: type[Table], result: Result[Any]) -> list[Table]:
    """The rows of a result that has columns of `table` alone."""
    names = tuple(result.keys())
    return [made(table, names, row) for row in result]


def first_made(table: type[Table], result: Result[Any]) -> Table | None:
    """The first row of such a result; None for none."""
    row = result.first()
    return None if row is None else made(table, tuple(result.keys()), row)


@cache
def _prepared(table: type[SQLModel]) -> tuple[Callable[[], Any], dict[str, None], set[str], tuple[str, ...]]:
    names = set(table.model_fields)
    return manager_of_class(table).new_instance, dict.fromkeys(names), names, tuple(table.__private_attributes__)
