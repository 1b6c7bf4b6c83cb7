"""A recording's submission to a provider: its key, and the search for a submission that may be lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict


@dataclass(frozen=True)
class Submission:
    """Saved before anything is sent, so that after a crash the job with this key can be searched for."""

    key: str
    """Our key, which the provider's job carries."""
    looks: int = 0
    """The number of searches since it was sent that found nothing."""
    missed_at: datetime | None = None
    """When the first of those searches ended."""
    searched: datetime | None = None
    """How far back the current search has come, by the provider's clock."""
    losses: int = 0
    """The number of sendings without an answer that tells their outcome."""

    def begun_again(self) -> Submission:
        """The same, with a new search and without lost sendings."""
        return replace(self, searched=None, losses=0)

    def moved_back(self, by: timedelta) -> Submission:
        """The same after the database's clock was put back; the provider's clock was not."""
        return self if self.missed_at is None else replace(self, missed_at=self.missed_at - by)


class SubmissionJson(TypedDict):
    """As it is stored in the table."""

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
