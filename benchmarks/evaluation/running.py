"""Having a summarizer write up every labelled meeting of a folder, and what that takes."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.evaluation.labelled import LabelledMeeting
from benchmarks.evaluation.scoring import Score, add_draft
from cantomeet.errors import PermanentError, StepError, TransientError
from worker.providers import Summarizer, SummaryDraft, Usage
from worker.providers.llm import LlmSummarizer
from worker.providers.llm.costs import add
from worker.providers.llm.records import NoCache

TRIES = 4
"""Of one meeting, before it counts as failed; what was paid for is not paid for again."""
LONGEST_WAIT = 60.0
"""Seconds between two tries, whatever the endpoint asks for."""
HERE = "localhost"


@dataclass(frozen=True)
class Forecast:
    """What is about to be sent to whom."""

    provider: str
    meetings: int
    characters: int
    usage: Usage
    """At the most, without repairs and second tries."""

    @property
    def free(self) -> bool:
        """An endpoint on this machine whose tokens have no price."""
        return _is_here(self.provider) and not self.usage.cost


@dataclass
class Run:
    """What came of one part of the set."""

    part: str
    meetings: int = 0
    score: Score = field(default_factory=Score)
    usage: Usage | None = None
    """None where no language model was asked."""
    fell_back: list[str] = field(default_factory=list)
    """Meetings for which the model gave nothing usable. Scored as if nothing had been found."""
    failed: dict[str, str] = field(default_factory=dict)
    """Meetings that the endpoint never answered for, with why. Scored as if nothing had been found."""
    seconds: float = 0.0


def forecast(summarizer: Summarizer, meetings: Sequence[LabelledMeeting]) -> Forecast | None:
    """None where nothing leaves this process. Raises `PermanentError` where one meeting is over the budget."""
    if not isinstance(summarizer, LlmSummarizer):
        return None
    usages = [summarizer.forecast(meeting.request) for meeting in meetings]
    characters = sum(len(line.text) for meeting in meetings for line in meeting.request.lines)
    return Forecast(summarizer.provider, len(meetings), characters, total(usages) or Usage())


def run(
    part: str,
    meetings: Iterable[LabelledMeeting],
    summarizer: Summarizer,
    on_meeting: Callable[[str], None] = lambda name: None,
    wait: Callable[[float], None] = time.sleep,
) -> Run:
    """Summarize and score each meeting. Raises `PermanentError` only where no meeting has gone well before."""
    done = Run(part)
    started = time.monotonic()
    for meeting in meetings:
        on_meeting(meeting.name)
        spent = _Spent()
        draft = _scored_as_nothing(meeting)
        try:
            draft = _tried(summarizer, meeting, spent, wait)
        except StepError as error:
            if isinstance(error, PermanentError) and done.meetings == len(done.failed):
                raise
            done.failed[meeting.name] = str(error)
        if "summary_fell_back" in draft.warnings:
            done.fell_back.append(meeting.name)
            draft = _scored_as_nothing(meeting)
        done.meetings += 1
        done.usage = total([usage for usage in (done.usage, spent.usage) if usage])
        add_draft(done.score, meeting, draft)
    done.seconds = time.monotonic() - started
    return done


def total(usages: Sequence[Usage]) -> Usage | None:
    """All together, with their costs; None of none."""
    if not usages:
        return None
    together = Usage()
    for usage in usages:
        together = add(together, usage)
    costs = [usage.cost for usage in usages if usage.cost is not None]
    return replace(together, cost=sum(costs) if costs else None)


class _Spent(NoCache):
    """One meeting's paid answers, kept over its tries, and what they took."""

    def __init__(self) -> None:
        super().__init__()
        self.usage: Usage | None = None

    def put(self, key: str, value: str, usage: Usage) -> None:
        super().put(key, value, usage)
        self.usage = total([self.usage, usage] if self.usage else [usage])


def _tried(
    summarizer: Summarizer, meeting: LabelledMeeting, spent: _Spent, wait: Callable[[float], None]
) -> SummaryDraft:
    for attempt in range(TRIES):
        try:
            return summarizer.summarize(replace(meeting.request, cache=spent), lambda _done: None)
        except TransientError as error:
            if attempt == TRIES - 1:
                raise
            wait(min(LONGEST_WAIT, max(2.0**attempt, error.retry_after or 0.0)))
    raise AssertionError("the last try returns or raises")


def _scored_as_nothing(meeting: LabelledMeeting) -> SummaryDraft:
    return SummaryDraft("none", meeting.request.language)


def _is_here(provider: str) -> bool:
    host = provider.rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return host == HERE or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
