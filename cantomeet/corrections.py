"""Checks of what people write into a transcript and its summary (pure).

Every function raises `InvalidRequest` that names the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from cantomeet.errors import InvalidRequest
from cantomeet.models import SummaryItem
from cantomeet.wording import one_line

LONGEST_ITEM = 2000
LONGEST_LINE = 20_000
LONGEST_NAME = 80
"""The most characters of an owner, of a due date in words, and of a speaker's name."""
_YEARS = range(1900, 2200)


def item_columns(item: SummaryItem, given: Mapping[str, object]) -> dict[str, str | bool | date | None]:
    """Columns for `MeetingStore.edit_item` from the fields given for `item`.

    The fields are text, text_other, owner, due_text, due_date, done and stale. An empty owner or due text becomes None.
    """
    if item.kind != "action_item":
        for field in ("owner", "due_text", "due_date", "done"):
            if field in given:
                raise InvalidRequest("only action items have it", field=field)
    if "text_other" in given and item.text_other is None:
        raise InvalidRequest("the summary is in one language", field="text_other")
    if given.get("stale") not in (None, False):
        raise InvalidRequest("only false: it still holds", field="stale")
    return {field: _COLUMNS[field](given[field], field) for field in given}


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


_COLUMNS: dict[str, Callable[[object, str], str | bool | date | None]] = {
    "text": _item_words,
    "text_other": _item_words,
    "owner": _words_or_none,
    "due_text": _words_or_none,
    "due_date": _day,
    "done": _switch,
    "stale": _switch,
}
