"""What the list and the upload page show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cantomeet.errors import InvalidRequest, NotFound
from cantomeet.i18n import text
from cantomeet.listing import ListedMeeting, MeetingFilter, count_by_status, list_meetings, parse_filter
from cantomeet.store import MeetingStore
from cantomeet_ui.presenters.filters import Chip, chips
from cantomeet_ui.presenters.paused import paused_words
from cantomeet_ui.presenters.rows import MeetingRow, meeting_row, plain_row

PAGE = 50


@dataclass(frozen=True)
class ShownList:
    stamp: Any
    rows: list[MeetingRow]
    chips: list[Chip]
    more: bool
    notice: str
    paused: str
    """That nothing goes on for now; empty where it does, or nothing waits."""


def read_list(store: MeetingStore, query: Mapping[str, str], pages: int, language: str) -> ShownList:
    """The first `pages` pages of the list that the address asks for; a filter that makes no sense is left aside."""
    stamp = store.stamp()
    wanted, notice = _wanted(query, language)
    found, more = _pages(store, wanted, pages)
    now = store.now()
    counts = count_by_status(store, wanted)
    rows = [meeting_row(listed, now, language, wanted.q) for listed in found]
    return ShownList(stamp, rows, chips(query, counts, language), more, notice, read_paused(store, language))


def read_paused(store: MeetingStore, language: str) -> str:
    """What is to be said where the pause keeps meetings waiting."""
    return paused_words(store.kept_waiting_since(), store.now(), language)


def _wanted(query: Mapping[str, str], language: str) -> tuple[MeetingFilter, str]:
    try:
        return parse_filter({**query, "cursor": None, "limit": None}, limit=PAGE), ""
    except InvalidRequest as error:
        return MeetingFilter(limit=PAGE), text(language, "meetings.bad_filter", field=error.field)


def _pages(store: MeetingStore, wanted: MeetingFilter, pages: int) -> tuple[Sequence[ListedMeeting], bool]:
    found: list[ListedMeeting] = []
    for _ in range(pages):
        page = list_meetings(store, wanted)
        found += page.items
        if page.next_cursor is None:
            return found, False
        wanted = replace(wanted, cursor=page.next_cursor)
    return found, True


def read_some(store: MeetingStore, ids: Sequence[str], language: str) -> list[MeetingRow]:
    """These meetings in this order; those that are gone are left out."""
    now = store.now()
    rows = []
    for meeting_id in ids:
        try:
            rows.append(plain_row(store.get(meeting_id), now, language))
        except NotFound:
            continue
    return rows
