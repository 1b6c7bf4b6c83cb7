"""The list of meetings: filters, sorting, keyset pagination, counts. Only reads.

A cursor names the last meeting shown (its sort key and id), so meetings that are added or deleted between two pages
neither repeat nor hide another one. Meetings without a date come last in both directions. Titles sort by code point
with ASCII letters folded, the same on SQLite and PostgreSQL.
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
    list_meetings,
    matching_ids,
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
    "list_meetings",
    "matching_ids",
    "newest_by_cause",
    "parse_filter",
]
