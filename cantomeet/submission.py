"""A recording's submission to a provider: the key that it goes with, and the search for one that may be lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict


@dataclass(frozen=True)
class Submission:
    """Saved before anything is sent, so that a crash in between is followed by a look for the job with this key."""

    key: str
    """Ours; the provider's job carries it."""
    looks: int = 0
    """How often it was looked for in vain since it was sent."""
    missed_at: datetime | None = None
    """When the first of those looks ended."""
    searched: datetime | None = None
    """How far back in time, by the provider's clock, the look under way has come."""
    losses: int = 0
    """How often it was sent without an answer that says what became of it."""

    def begun_again(self) -> Submission:
        """A look that was under way begins again, and so does the count of sendings that were lost."""
        return replace(self, searched=None, losses=0)

    def moved_back(self, by: timedelta) -> Submission:
        """The database's clock was put back; the provider's was not."""
        return self if self.missed_at is None else replace(self, missed_at=self.missed_at - by)


class SubmissionJson(TypedDict):
    """As the table keeps it."""

    key: str
    looks: int
    missed_at: str | None
    searched: str | None
    losses: int


def to_json(submission: Submission) -> SubmissionJson:
    return {
        "key": submission.key,
        "looks": submission.looks,
        "missed_at": submission.missed_at.isoformat() if submission.missed_at else None,
        "searched": submission.searched.isoformat() if submission.searched else None,
        "losses": submission.losses,
    }


def from_json(value: SubmissionJson) -> Submission:
    return Submission(
        key=value["key"],
        looks=value["looks"],
        missed_at=_instant(value["missed_at"]),
        searched=_instant(value["searched"]),
        losses=value["losses"],
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
