"""The pages' addresses, and builders for those that carry something."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

UPLOAD = "/"
MEETINGS = "/meetings"
MEETING = "/meetings/[meeting_id]"
ADMIN = "/admin"
GLOSSARY = "/glossary"

DOWNLOADS = ("docx", "md", "txt", "srt", "vtt", "json")
"""Forms in which a transcript leaves, the most wanted first."""


def meeting(meeting_id: str, at: float | None = None) -> str:
    """A meeting's page, opened at a time in its recording (seconds) where given."""
    return f"{MEETINGS}/{meeting_id}" + ("" if at is None else f"?t={at:.1f}")


def meetings(query: Mapping[str, str]) -> str:
    """The list with these query parameters; empty ones are left out."""
    given = {name: value for name, value in query.items() if value}
    return f"{MEETINGS}?{urlencode(given)}" if given else MEETINGS


def audio(meeting_id: str) -> str:
    return f"/api/meetings/{meeting_id}/audio"


def download(meeting_id: str, form: str) -> str:
    return f"/api/meetings/{meeting_id}/transcript?format={form}"
