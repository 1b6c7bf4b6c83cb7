"""Checks of what people write into a transcript and its summary (pure).

Every function raises `InvalidRequest` that names the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypedDict, cast

from cantomeet.errors import InvalidRequest
from cantomeet.models import SummaryItem
from cantomeet.wording import one_line

LONGEST_ITEM = 2000
LONGEST_LINE = 20_000
LONGEST_NAME = 80
"""The most characters of an owner, of a due date in words, and of a speaker's name."""
_YEARS = range(1900, 2200)


class ItemChanges(TypedDict, total=False):
    """The fields of a summary's item that people may change; missing ones stay unchanged."""

    text: str
    text_other: str | None
    owner: str | None
    due_text: str | None
    due_date: date | None
    done: bool
    stale: bool
    """Only False: confirms that the item still holds."""


class LineChanges(TypedDict, total=False):
    """The fields of a transcript line that people may change; missing ones stay unchanged."""

    text: str
    speaker_id: str | None


def item_changes(item: SummaryItem, given: Mapping[str, object]) -> ItemChanges:
    """The checked changes to `item`. An empty owner or due text becomes None."""
    if item.kind != "action_item":
        for field in ("owner", "due_text", "due_date", "done"):
            if field in given:
                raise InvalidRequest("only action items have it", field=field)
    if "text_other" in given and item.text_other is None:
        raise InvalidRequest("the summary is in one language", field="text_other")
    if given.get("stale") not in (None, False):
        raise InvalidRequest("only false: it still holds", field="stale")
    return cast(ItemChanges, {field: _CHECKS[field](given[field], field) for field in given})


def line_text(text: object) -> str:
    """The text of a transcript line: one line that is not empty."""
    return _words(text, "text", LONGEST_LINE)


def speaker_name(name: object) -> str | None:
    """A person's name; None for an empty one."""
    return _words_or_none(name, "name")


def _words(text: object, field: str, longest: int) -> str:
    # Pasted text may have line breaks; they become spaces.
    return one_line(" ".join(str(text or "").split()), field, longest)


def _item_words(text: object, field: str) -> str:
    return _words(text, field, LONGEST_ITEM)


def _words_or_none(text: object, field: str) -> str | None:
    return _words(text, field, LONGEST_NAME) if str(text or "").strip() else None


def _day(day: object, field: str) -> date | None:
    if day is None or (isinstance(day, date) and day.year in _YEARS):
        return day
    raise InvalidRequest(f"a date of the years {_YEARS[0]} to {_YEARS[-1]}", field=field)


def _switch(value: object, field: str) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidRequest("true or false", field=field)


_CHECKS: Mapping[str, Callable[[object, str], object]] = {
    "text": _item_words,
    "text_other": _item_words,
    "owner": _words_or_none,
    "due_text": _words_or_none,
    "due_date": _day,
    "done": _switch,
    "stale": _switch,
}
