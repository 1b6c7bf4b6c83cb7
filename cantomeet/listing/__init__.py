"""The list of meetings: filters, sorting, paging by key and counts. Reads only.

A cursor names the sort key and id of the last meeting shown. A meeting that arrives or goes between two pages
therefore never makes another one repeat or disappear. Meetings without a date come last in both directions. Titles
sort by code point with ASCII letters folded, the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from cantomeet.listing.filters import (
    MAX_LIMIT,
    MAX_QUERY,
    SORTS,
    TRANSCRIBERS,
    FailureCause,
    MeetingFilter,
    Sort,
    parse_filter,
)
from cantomeet.listing.query import (
    ListedMeeting,
    ListedMeetings,
    Match,
    count_by_cause,
    count_by_error_code,
    count_by_status,
    find_meetings,
    fitting_ids,
    list_meetings,
    newest_by_cause,
)

__all__ = [
    "MAX_LIMIT",
    "MAX_QUERY",
    "SORTS",
    "TRANSCRIBERS",
    "FailureCause",
    "ListedMeeting",
    "ListedMeetings",
    "Match",
    "MeetingFilter",
    "Sort",
    "count_by_cause",
    "count_by_error_code",
    "count_by_status",
    "find_meetings",
    "fitting_ids",
    "list_meetings",
    "newest_by_cause",
    "parse_filter",
]
