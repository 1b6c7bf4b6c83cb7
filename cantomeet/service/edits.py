"""What a person may change: a field that is left out stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from typing import Final

from cantomeet.errors import VersionConflict

Value = str | bool | date | None


class Unchanged(Enum):
    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True)
class MeetingEdit:
    """The last three are for the next summary."""

    title: str | Unchanged = UNCHANGED
    description: str | Unchanged = UNCHANGED
    meeting_date: date | Unchanged | None = UNCHANGED
    summary_language: str | Unchanged = UNCHANGED
    template: str | Unchanged = UNCHANGED
    name_speakers_first: bool | Unchanged = UNCHANGED


@dataclass(frozen=True)
class ItemEdit:
    """Owner, due date and `done` only of action items. An empty owner or due text is none."""

    text: str | Unchanged = UNCHANGED
    text_other: str | Unchanged = UNCHANGED
    owner: str | Unchanged | None = UNCHANGED
    due_text: str | Unchanged | None = UNCHANGED
    due_date: date | Unchanged | None = UNCHANGED
    done: bool | Unchanged = UNCHANGED
    stale: bool | Unchanged = UNCHANGED
    """Only False: somebody has looked, and it still holds."""


@dataclass(frozen=True)
class SegmentEdit:
    text: str | Unchanged = UNCHANGED
    speaker_id: str | Unchanged | None = UNCHANGED
    """One of the meeting's speakers; None: nobody known."""


@dataclass(frozen=True)
class SummaryWishes:
    """What the next summary is to be; None leaves it as it was."""

    template: str | None = None
    summary_language: str | None = None
    name_speakers_first: bool | None = None


@dataclass(frozen=True)
class SectionDraft:
    title: str
    kind: str = "note"


@dataclass(frozen=True)
class TemplateDraft:
    """A template as somebody has written it, not checked yet."""

    name: str
    instructions: str
    sections: tuple[SectionDraft, ...]


def given(edit: MeetingEdit | ItemEdit | SegmentEdit) -> dict[str, Value]:
    """The fields that were given, by name."""
    values = {field.name: getattr(edit, field.name) for field in fields(edit)}
    return {name: value for name, value in values.items() if not isinstance(value, Unchanged)}


Precondition = Callable[[int], None]
"""Is told the stored version, in the edit's own transaction; raises where the edit was made against another one."""


def any_version(stored: int) -> None:
    """The edit holds whatever was changed since."""


def made_against(version: int | None) -> Precondition:
    """The edit was made against this version; None: any. Raises `VersionConflict`."""

    def check(stored: int) -> None:
        if version not in (None, stored):
            raise VersionConflict("it was changed meanwhile")

    return check
