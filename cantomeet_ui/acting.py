"""What a person does to a meeting: committed first, then told to the queue and to open pages, which may be away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cantomeet import corrections
from cantomeet.errors import Conflict, ErrorCode, VersionConflict
from cantomeet.models import Meeting, Segment, Speaker, SummaryItem, WrittenView
from cantomeet_ui.api.deps import Deps


def retry(deps: Deps, meeting_id: str, start: str = "failed", **options: Any) -> Meeting:
    """Set it going again; `options` as `MeetingStore.retry` takes them. Raises `NotFound`, `Conflict`,
    `InvalidRequest`.
    """
    return _told(deps, deps.store.retry(meeting_id, start, **options), wake=True)


def summarize(deps: Deps, meeting_id: str) -> Meeting:
    """The speakers are named: write the summary that waits for that. Raises `NotFound`, `Conflict`."""
    return _told(deps, deps.store.summarize(meeting_id), wake=True)


def show_summary(deps: Deps, meeting_id: str, version: int) -> Meeting:
    """Show this version of the summary. Raises `NotFound`."""
    return _told(deps, deps.store.show_summary(meeting_id, version))


def cancel(deps: Deps, meeting_id: str, *, confirm_cost: bool) -> Meeting:
    """Stop what is being done; without `confirm_cost` only what costs nothing to stop.

    Raises `NotFound`, `Conflict`.
    """
    return _told(deps, deps.store.cancel(meeting_id, deps.settings.language, confirm_cost=confirm_cost))


def delete(deps: Deps, meeting_id: str, *, confirm_cost: bool) -> Meeting:
    """Hidden from now on; the worker deletes what belongs to it. Raises `NotFound`, and without `confirm_cost`
    `Conflict` where a transcription under way is paid for.
    """
    return _told(deps, deps.store.mark_deleted(meeting_id, confirm_cost=confirm_cost), wake=True)


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


def edit_item(deps: Deps, meeting_id: str, item_id: str, version: int | None, given: Mapping[str, Any]) -> SummaryItem:
    """Correct an item of a summary. Raises `NotFound`, `InvalidRequest`, `VersionConflict`."""
    columns = corrections.item_columns(deps.store.item(meeting_id, item_id), given)
    meeting, item = deps.store.edit_item(meeting_id, item_id, version, **columns)
    _told(deps, meeting)
    return item


def delete_item(deps: Deps, meeting_id: str, item_id: str, version: int | None) -> Meeting:
    """Take an item out of its summary. Raises `NotFound`, `VersionConflict`."""
    return _told(deps, deps.store.delete_item(meeting_id, item_id, version))


def confirm_items(deps: Deps, meeting_id: str, summary_version: int) -> Meeting:
    """All stale items of a summary still hold. Raises `NotFound`."""
    return _told(deps, deps.store.confirm_items(meeting_id, summary_version))


def edit_segment(
    deps: Deps, meeting_id: str, segment_id: str, version: int | None, given: Mapping[str, Any]
) -> Segment:
    """Correct a line: its text, its speaker. Raises `NotFound`, `InvalidRequest`, `VersionConflict`."""
    columns = {**given, "text": corrections.line_text(given["text"])} if "text" in given else dict(given)
    meeting, segment = deps.store.edit_segment(meeting_id, segment_id, version, **columns)
    _told(deps, meeting)
    return segment


def rename_speaker(deps: Deps, meeting_id: str, speaker_id: str, version: int | None, name: str | None) -> Speaker:
    """Raises `NotFound`, `InvalidRequest`, `VersionConflict`."""
    meeting, speaker = deps.store.rename_speaker(meeting_id, speaker_id, version, corrections.speaker_name(name))
    _told(deps, meeting)
    return speaker


def ask_for_written(deps: Deps, meeting_id: str) -> WrittenView:
    """Have the transcript rewritten in written Chinese; `wake_written` is to follow.

    Raises `NotFound`, and `Conflict` without a transcript or (`written_unavailable`) a language model.
    """
    if deps.settings.chosen_summarizer != "llm":
        raise Conflict("no language model", code=ErrorCode.WRITTEN_UNAVAILABLE, setting="OPENAI_MODEL")
    return deps.store.ask_for_written(meeting_id)


def wake_written(deps: Deps, meeting_id: str) -> None:
    """Ask the queue for it and tell open pages."""
    deps.wake_written(meeting_id)
    version = deps.store.version(meeting_id)
    if version is not None:
        deps.publish(meeting_id, version)


def _told(deps: Deps, meeting: Meeting, *, wake: bool = False) -> Meeting:
    deps.publish(meeting.id, meeting.version)
    if wake:
        deps.wake(meeting)
    return meeting
