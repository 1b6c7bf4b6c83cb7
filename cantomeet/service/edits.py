"""The input of commands that edit. An omitted field stays unchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from typing import Final, cast, overload

from cantomeet.corrections import ItemChanges, LineChanges
from cantomeet.errors import VersionConflict
from cantomeet.store import MeetingChanges


class Unchanged(Enum):
    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True)
class MeetingEdit:
    """The last three fields apply to the next summary."""

    title: str | Unchanged = UNCHANGED
    description: str | Unchanged = UNCHANGED
    meeting_date: date | Unchanged | None = UNCHANGED
    summary_language: str | Unchanged = UNCHANGED
    template: str | Unchanged = UNCHANGED
    name_speakers_first: bool | Unchanged = UNCHANGED


@dataclass(frozen=True)
class ItemEdit:
    """Only action items have owner, due date and `done`. An empty owner or due text removes it."""

    text: str | Unchanged = UNCHANGED
    text_other: str | Unchanged = UNCHANGED
    owner: str | Unchanged | None = UNCHANGED
    due_text: str | Unchanged | None = UNCHANGED
    due_date: date | Unchanged | None = UNCHANGED
    done: bool | Unchanged = UNCHANGED
    stale: bool | Unchanged = UNCHANGED
    """Only False: confirms that the item still holds."""


@dataclass(frozen=True)
class SegmentEdit:
    text: str | Unchanged = UNCHANGED
    speaker_id: str | Unchanged | None = UNCHANGED
    """One of the meeting's speakers. None means unknown."""


@dataclass(frozen=True)
class SummaryWishes:
    """Wishes for the next summary. None leaves a field unchanged."""

    template: str | None = None
    summary_language: str | None = None
    name_speakers_first: bool | None = None


@dataclass(frozen=True)
class SectionDraft:
    title: str
    kind: str = "note"


@dataclass(frozen=True)
class TemplateDraft:
    """A template as a person wrote it, not validated yet."""

    name: str
    instructions: str
    sections: tuple[SectionDraft, ...]


@overload
def given(edit: MeetingEdit) -> MeetingChanges: ...
@overload
def given(edit: ItemEdit) -> ItemChanges: ...
@overload
def given(edit: SegmentEdit) -> LineChanges: ...
def given(edit: MeetingEdit | ItemEdit | SegmentEdit) -> MeetingChanges | ItemChanges | LineChanges:
    """The fields that are not omitted, by name."""
    values = {field.name: getattr(edit, field.name) for field in fields(edit)}
    changes = {name: value for name, value in values.items() if not isinstance(value, Unchanged)}
    return cast(MeetingChanges | ItemChanges | LineChanges, changes)


Precondition = Callable[[int], None]
"""Called with the stored version in the edit's transaction. It raises if the edit was made against another version."""


def any_version(stored: int) -> None:
    """A precondition that accepts any version."""


def made_against(version: int | None) -> Precondition:
    """A precondition that accepts only this version, or any if it is None. It raises `VersionConflict`."""

    def check(stored: int) -> None:
        if version not in (None, stored):
            raise VersionConflict("it was changed meanwhile")

    return check
