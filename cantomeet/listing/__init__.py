"""The list of meetings: filters, sorting, paging by key, counts. Reads only.

A cursor names the last meeting shown (its sort key and id), so that meetings that arrive or go while somebody pages
neither repeat nor hide another. Meetings without a date come after all others in both directions; titles sort by
code point with ASCII letters folded, the same on SQLite and PostgreSQL.
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
    Match,
    MeetingPage,
    count_by_cause,
    count_by_error_code,
    count_by_status,
    find_meetings,
    list_meetings,
    newest_by_cause,
    those_that_fit,
)

__all__ = [
    "MAX_LIMIT",
    "MAX_QUERY",
    "SORTS",
    "TRANSCRIBERS",
    "FailureCause",
    "ListedMeeting",
    "Match",
    "MeetingFilter",
    "MeetingPage",
    "Sort",
    "count_by_cause",
    "count_by_error_code",
    "count_by_status",
    "find_meetings",
    "list_meetings",
    "newest_by_cause",
    "parse_filter",
    "those_that_fit",
]
