"""The list of meetings as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cantomeet.queries.lists import MeetingList
from cantomeet.queries.stamps import Stamp
from cantomeet_ui.presenters.filters import Chip, chips
from cantomeet_ui.presenters.paused import paused_words
from cantomeet_ui.presenters.rows import MeetingRow, meeting_row


@dataclass(frozen=True)
class ShownList:
    stamp: Stamp
    rows: list[MeetingRow]
    chips: list[Chip]
    more: bool
    notice: str
    paused: str
    """That nothing goes on for now; empty where it does, or nothing waits."""


def shown_list(found: MeetingList, query: Mapping[str, str], notice: str, language: str) -> ShownList:
    """`query`: of the address; `notice`: what is to be said of the filter."""
    return ShownList(
        stamp=found.stamp,
        rows=[meeting_row(listed, found.now, language) for listed in found.items],
        chips=chips(query, found.counts, language),
        more=found.more,
        notice=notice,
        paused=paused_words(found.kept_waiting_since, found.now, language),
    )
