"""The filters of the list of meetings, and the chips that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cantomeet.i18n import text
from cantomeet.lifecycle import MeetingStatus
from cantomeet_ui import routes
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.statuses import status_label

NAMES = ("status", "q", "from", "to", "sort")
"""Query parameters of the list's page. A cursor is not among them, so a link always begins at the top."""
DEFAULT_SORT = "-created_at"
SORTS = {
    DEFAULT_SORT: "meetings.sort.newest",
    "created_at": "meetings.sort.oldest",
    "-meeting_date": "meetings.sort.date",
    "title": "meetings.sort.title",
}


@dataclass(frozen=True)
class Chip:
    label: str
    count: int
    href: str
    chosen: bool
    status: str
    """Empty for the chip of all meetings."""


def meetings_href(query: Mapping[str, str], **values: str) -> str:
    """The list's address with some parameters changed; an empty value removes one.

    `from_` stands for the parameter "from", which is a keyword of Python.
    """
    return routes.meetings(filters_of({**query, **{name.rstrip("_"): value for name, value in values.items()}}, NAMES))


def chips(query: Mapping[str, str], counts: Mapping[MeetingStatus, int], language: str) -> list[Chip]:
    """One chip for all meetings and one for each status. A status without meetings appears only if it is chosen."""
    chosen = query.get("status", "")
    whole = Chip(text(language, "status.all"), sum(counts.values()), meetings_href(query, status=""), not chosen, "")
    each = [
        Chip(
            status_label(status, language),
            counts.get(status, 0),
            meetings_href(query, status=status.value),
            chosen == status.value,
            status.value,
        )
        for status in MeetingStatus
    ]
    return [whole, *(chip for chip in each if chip.count or chip.chosen)]


def sort_choices(language: str) -> list[Choice]:
    return [Choice(value, text(language, key)) for value, key in SORTS.items()]
