"""What an open page compares to learn whether anything has changed: cheap, and of no meeting's contents."""

from __future__ import annotations

from datetime import datetime

from cantomeet.service import Services

Stamp = tuple[int, int, datetime | None, datetime | None]
MeetingStamp = tuple[int | None, datetime | None]


def stamp(services: Services) -> Stamp:
    """Of all meetings together."""
    return services.store.stamp()


def stamp_of(services: Services, meeting_id: str) -> MeetingStamp:
    """Of one meeting; it has no version where it is gone."""
    return services.store.stamp_of(meeting_id)
