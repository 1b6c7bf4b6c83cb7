"""Reads labelled meetings: requests for a summarizer and what it should find."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cantomeet.errors import SettingsError
from worker.providers import ItemKind, SummaryRequest, TranscriptLine

PARTS = ("dev", "held_back", "spoken", "held_back_2")
KINDS: dict[str, ItemKind] = {
    "decisions": "decision",
    "action_items": "action_item",
    "questions": "question",
    "risks": "risk",
}
SHIPPED = Path(__file__).parents[2] / "benchmarks" / "data"
"""The labelled set of a clone; an installation without a clone has none."""


@dataclass(frozen=True)
class Label:
    kind: ItemKind
    segments: frozenset[str]
    owners: frozenset[str] = frozenset()
    """Accepted names of the owner; empty if nobody is named."""
    due_date: date | None = None
    open: bool = False
    """A question without an answer in the meeting."""

    def owner_is(self, owner: str | None) -> bool:
        return owner in self.owners if self.owners else owner is None


@dataclass(frozen=True)
class LabelledMeeting:
    name: str
    request: SummaryRequest
    labels: tuple[Label, ...]


def folder_of(part: str, shipped: Path = SHIPPED) -> Path:
    """Return the folder of a part of the shipped set, or any other folder.

    Raises `SettingsError` if it has no labelled meeting.
    """
    named = shipped / part
    folder = named if part in PARTS and named.is_dir() else Path(part)
    if not any(folder.glob("*.json")):
        raise SettingsError(
            f"{part}: no labelled meeting there; name a folder, or in a clone one of {', '.join(PARTS)}"
        )
    return folder


def read_meetings(folder: Path) -> list[LabelledMeeting]:
    """Read every labelled meeting of `folder`, by name. Raises `SettingsError` that names an invalid file."""
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> LabelledMeeting:
    try:
        return _meeting(path.stem, json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path}: is no labelled meeting ({type(error).__name__}: {error})") from error


def _meeting(name: str, raw: dict[str, Any]) -> LabelledMeeting:
    request = SummaryRequest(
        lines=[TranscriptLine(**line) for line in raw["lines"]],
        language="zh-Hant-HK",
        meeting_date=date.fromisoformat(raw["meeting_date"]),
        title=raw["title"],
    )
    labels = (_label(KINDS[kind], label) for kind in KINDS for label in raw["labels"][kind])
    return LabelledMeeting(name, request, tuple(labels))


def _label(kind: ItemKind, raw: dict[str, Any]) -> Label:
    due = raw.get("due_date")
    return Label(
        kind,
        frozenset(raw["segments"]),
        frozenset(raw.get("owners", ())),
        date.fromisoformat(due) if due else None,
        raw.get("open", False),
    )
