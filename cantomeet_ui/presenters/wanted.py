"""What a page's address asks for, as a filter, and what is said where it makes no sense."""

from __future__ import annotations

from collections.abc import Mapping

from cantomeet.actions import ActionFilter, parse_action_filter
from cantomeet.cantonese import search_query
from cantomeet.errors import InvalidRequest
from cantomeet.i18n import text
from cantomeet.listing import MAX_QUERY, MeetingFilter, parse_filter
from cantomeet.listing.search import SearchFilter, parse_search
from cantomeet.queries.admin import PAGE as ADMIN_PAGE

LIST_PAGE = 50
SEARCH_PAGE = 20
"""Meetings."""


def wanted_in_list(query: Mapping[str, str], language: str) -> tuple[MeetingFilter, str]:
    """Of the list; all meetings where the filter makes no sense, and what is to be said of that."""
    try:
        return parse_filter({**query, "cursor": None, "limit": None}, limit=LIST_PAGE), ""
    except InvalidRequest as error:
        return MeetingFilter(limit=LIST_PAGE), _bad(error, language)


def wanted_of(query: Mapping[str, str], next_transcriber: str) -> MeetingFilter:
    """Of the admin page; `next_transcriber` is the one that new work gets. Raises `InvalidRequest`."""
    given = {**query, "cursor": None, "limit": None, "sort": None}
    return parse_filter(given, limit=ADMIN_PAGE, next_transcriber=next_transcriber)


def wanted_in_admin(query: Mapping[str, str], next_transcriber: str, language: str) -> tuple[MeetingFilter, str]:
    """The same; all meetings where the filter makes no sense, and what is to be said of that."""
    try:
        return wanted_of(query, next_transcriber), ""
    except InvalidRequest as error:
        return MeetingFilter(limit=ADMIN_PAGE), _bad(error, language)


def wanted_actions(query: Mapping[str, str], language: str) -> tuple[ActionFilter, str]:
    """Of the action items; the open ones where the filter makes no sense, and what is to be said of that."""
    try:
        return parse_action_filter(query), ""
    except InvalidRequest as error:
        return ActionFilter(), _bad(error, language)


def wanted_in_search(query: Mapping[str, str], cursor: str, language: str) -> tuple[SearchFilter | None, str]:
    """Of the search, without the filters where these make no sense; None where nothing can be looked for. And what is
    to be said of that.
    """
    page = {"limit": str(SEARCH_PAGE), "cursor": cursor}
    try:
        wanted, notice = parse_search({"q": query.get("q", ""), **page}), ""
    except InvalidRequest:
        return None, text(language, "search.too_long", most=MAX_QUERY)
    try:
        wanted = parse_search({**query, **page})
    except InvalidRequest as error:
        notice = _bad(error, language)
    if search_query(wanted.q).empty:
        return None, text(language, "search.signs")
    return wanted, notice


def _bad(error: InvalidRequest, language: str) -> str:
    return text(language, "meetings.bad_filter", field=error.field)
