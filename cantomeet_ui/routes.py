"""The addresses of pages and downloads, and builders for those with parameters."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from cantomeet.models import SummaryItem

UPLOAD = "/"
MEETINGS = "/meetings"
MEETING = "/meetings/[meeting_id]"
SEARCH = "/search"
ACTIONS = "/actions"
TEMPLATES = "/templates"
ADMIN = "/admin"
GLOSSARY = "/glossary"

DOWNLOADS = ("docx", "md", "txt", "srt", "vtt", "json")
"""The formats of a transcript's download, the most wanted first."""


def meeting(meeting_id: str, at: float | None = None, find: Mapping[str, str] | None = None) -> str:
    """A meeting's page, opened `at` a time in its recording (seconds), with what it has of a search (`q`, `by`)."""
    wanted = {"t": "" if at is None else f"{at:.1f}", "find": "", "by": ""}
    if find is not None:
        wanted |= {"find": find.get("q", ""), "by": find.get("by", "")}
    return _with(f"{MEETINGS}/{meeting_id}", wanted)


def action_place(meeting_id: str, item: SummaryItem) -> str:
    """The meeting's page at the earliest evidence of an action item."""
    starts = [float(proof["start"]) for proof in item.evidence]
    return meeting(meeting_id, at=min(starts) if starts else None)


def actions(query: Mapping[str, str]) -> str:
    """The page of action items with these query parameters; empty ones are left out."""
    return _with(ACTIONS, query)


def calendar(query: Mapping[str, str]) -> str:
    """The download of the same items as a calendar."""
    return _with("/api/actions.ics", query)


def meetings(query: Mapping[str, str]) -> str:
    """The list with these query parameters; empty ones are left out."""
    return _with(MEETINGS, query)


def search(query: Mapping[str, str]) -> str:
    """The page of the search with these query parameters; empty ones are left out."""
    return _with(SEARCH, query)


def _with(path: str, query: Mapping[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given, errors='replace')}" if given else path


def admin(query: Mapping[str, str]) -> str:
    """The admin page with these filters; empty ones are left out."""
    return _with(ADMIN, query)


def audio(meeting_id: str) -> str:
    return f"/api/meetings/{meeting_id}/audio"


def download(meeting_id: str, form: str, *, written: bool = False) -> str:
    """The download of a transcript in the format `form`. With `written` it is in written Chinese."""
    return f"/api/meetings/{meeting_id}/transcript?format={form}" + ("&view=written" if written else "")
