"""Field types that several routes share."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator


def _require_string(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise ValueError("a date is written as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_require_string)]
"""A date as YYYY-MM-DD. Numbers, which Pydantic would read as seconds, are refused."""
