"""Stamps, which an open page compares to detect changes. They are cheap to read and hold no content."""

from __future__ import annotations

from datetime import datetime

from cantomeet.service import Services

Stamp = tuple[int, int, datetime | None, datetime | None]
MeetingStamp = tuple[int | None, datetime | None]


def stamp(services: Services) -> Stamp:
    """The stamp of all meetings together."""
    return services.store.stamps.of_all()


def stamp_of(services: Services, meeting_id: str) -> MeetingStamp:
    """The stamp of one meeting. Its version is None if the meeting was deleted."""
    return services.store.stamps.of_one(meeting_id)
