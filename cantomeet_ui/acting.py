"""What a person does to a meeting: committed first, then told to the queue and to open pages, which may be away."""

from __future__ import annotations

from datetime import date

from cantomeet.errors import VersionConflict
from cantomeet.models import Meeting
from cantomeet_ui.api.deps import Deps


def retry(deps: Deps, meeting_id: str, start: str = "failed", *, confirm_cost: bool = False) -> Meeting:
    """Set it going again. Raises `NotFound`, `Conflict`."""
    return _told(deps, deps.store.retry(meeting_id, start, confirm_cost=confirm_cost), wake=True)


def cancel(deps: Deps, meeting_id: str) -> Meeting:
    """Stop what is being done. Raises `NotFound`, `Conflict`."""
    return _told(deps, deps.store.cancel(meeting_id, deps.settings.language))


def delete(deps: Deps, meeting_id: str) -> Meeting:
    """Hidden from now on; the worker deletes what belongs to it. Raises `NotFound`."""
    return _told(deps, deps.store.mark_deleted(meeting_id), wake=True)


def rename(deps: Deps, meeting: Meeting, seen_title: str, title: str, day: date | None) -> Meeting:
    """Change title and date, as long as the title is the one that the person saw. Raises `VersionConflict`.

    Progress raises the version every second, so another version alone is no sign of a conflict.
    """
    while meeting.title == seen_title:
        try:
            return _told(deps, deps.store.edit(meeting.id, meeting.version, title=title, meeting_date=day))
        except VersionConflict:
            meeting = deps.store.get(meeting.id)
    raise VersionConflict("the title was changed meanwhile")


def _told(deps: Deps, meeting: Meeting, *, wake: bool = False) -> Meeting:
    deps.publish(meeting.id, meeting.version)
    if wake:
        deps.wake(meeting)
    return meeting
