"""Commands that correct a transcript and its summaries.

Every function raises `NotFound`, `NotAllowed`, and what its precondition raises.
"""

from __future__ import annotations

from cantomeet import corrections
from cantomeet.access import Action, Actor
from cantomeet.models import Meeting, Segment, Speaker, SummaryItem
from cantomeet.service.changing import changing_meeting
from cantomeet.service.edits import ItemEdit, Precondition, SegmentEdit, any_version, given
from cantomeet.service.services import Services


def edit_item(
    services: Services,
    actor: Actor,
    meeting_id: str,
    item_id: str,
    wanted: ItemEdit,
    precondition: Precondition = any_version,
) -> SummaryItem:
    """Correct an item of a summary, mark it as done, or confirm that it still holds. Raises `InvalidRequest`."""
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, _):
        item = change.tx.summaries.item(meeting_id, item_id)
        precondition(item.version)
        changes = corrections.item_changes(item, given(wanted))
        meeting, item = change.tx.summaries.edit_item(meeting_id, item_id, item.version, **changes)
        change.publish(meeting)
        return item


def delete_item(
    services: Services, actor: Actor, meeting_id: str, item_id: str, precondition: Precondition = any_version
) -> Meeting:
    """Delete an item from its summary."""
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, _):
        item = change.tx.summaries.item(meeting_id, item_id)
        precondition(item.version)
        return change.publish(change.tx.summaries.delete_item(meeting_id, item_id, item.version))


def confirm_items(services: Services, actor: Actor, meeting_id: str, summary_version: int) -> Meeting:
    """Confirm that all stale items of a summary still hold."""
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, _):
        return change.publish(change.tx.summaries.confirm_items(meeting_id, summary_version))


def edit_segment(
    services: Services,
    actor: Actor,
    meeting_id: str,
    segment_id: str,
    wanted: SegmentEdit,
    precondition: Precondition = any_version,
) -> tuple[Segment, Speaker | None]:
    """Correct a line. Returns the line and its speaker. Raises `InvalidRequest`."""
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, _):
        segment = change.tx.transcripts.segment(meeting_id, segment_id)
        precondition(segment.version)
        changes = given(wanted)
        if "text" in changes:
            changes["text"] = corrections.line_text(changes["text"])
        meeting, segment = change.tx.transcripts.edit_segment(meeting_id, segment_id, segment.version, **changes)
        speaker = change.tx.transcripts.speaker(meeting_id, segment.speaker_id) if segment.speaker_id else None
        change.publish(meeting)
        return segment, speaker


def rename_speaker(
    services: Services,
    actor: Actor,
    meeting_id: str,
    speaker_id: str,
    name: str | None,
    precondition: Precondition = any_version,
) -> Speaker:
    """Name a speaker. Without a name the recogniser's label is shown. Raises `InvalidRequest`."""
    with changing_meeting(services, actor, Action.EDIT, meeting_id) as (change, _):
        speaker = change.tx.transcripts.speaker(meeting_id, speaker_id)
        precondition(speaker.version)
        called = corrections.speaker_name(name)
        meeting, speaker = change.tx.transcripts.rename_speaker(meeting_id, speaker_id, speaker.version, called)
        change.publish(meeting)
        return speaker
