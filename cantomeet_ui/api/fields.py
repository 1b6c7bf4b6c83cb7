"""Types of fields that several routes take."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator


def _written(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise ValueError("a date is written as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_written)]
"""YYYY-MM-DD; a number, which Pydantic would take for seconds, is refused."""
