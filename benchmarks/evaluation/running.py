"""Runs a summarizer over every labelled meeting of a folder, and counts its cost."""

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
"""Attempts at one meeting before it counts as failed; paid answers are not paid for again."""
LONGEST_WAIT = 60.0
"""Most seconds between two attempts, whatever the endpoint requests."""
HERE = "localhost"


@dataclass(frozen=True)
class Forecast:
    """What will be sent, and to whom."""

    provider: str
    meetings: int
    characters: int
    usage: Usage
    """The highest usage, without repairs and further attempts."""

    @property
    def free(self) -> bool:
        """True for an endpoint on this machine whose tokens have no price."""
        return _is_on_this_machine(self.provider) and not self.usage.cost


@dataclass
class Run:
    """The result of one part of the set."""

    part: str
    meetings: int = 0
    score: Score = field(default_factory=Score)
    usage: Usage | None = None
    """None if no language model was asked."""
    fell_back: list[str] = field(default_factory=list)
    """Meetings for which the model returned nothing usable. They score as if nothing had been found."""
    failed: dict[str, str] = field(default_factory=dict)
    """Meetings that the endpoint never answered, with the reason. They score as if nothing had been found."""
    seconds: float = 0.0


def forecast(summarizer: Summarizer, meetings: Sequence[LabelledMeeting]) -> Forecast | None:
    """Return None if nothing leaves this process. Raises `PermanentError` if one meeting exceeds the budget."""
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
    """Summarize and score each meeting. Raises `PermanentError` only if no meeting succeeded before."""
    done = Run(part)
    started = time.monotonic()
    for meeting in meetings:
        on_meeting(meeting.name)
        spent = _UsageCountingCache()
        draft = _empty_draft(meeting)
        try:
            draft = _summarize_with_retries(summarizer, meeting, spent, wait)
        except StepError as error:
            if isinstance(error, PermanentError) and done.meetings == len(done.failed):
                raise
            done.failed[meeting.name] = str(error)
        if "summary_fell_back" in draft.warnings:
            done.fell_back.append(meeting.name)
            draft = _empty_draft(meeting)
        done.meetings += 1
        done.usage = total([usage for usage in (done.usage, spent.usage) if usage])
        add_draft(done.score, meeting, draft)
    done.seconds = time.monotonic() - started
    return done


def total(usages: Sequence[Usage]) -> Usage | None:
    """Add all usages with their costs; None for an empty list."""
    if not usages:
        return None
    together = Usage()
    for usage in usages:
        together = add(together, usage)
    costs = [usage.cost for usage in usages if usage.cost is not None]
    return replace(together, cost=sum(costs) if costs else None)


class _UsageCountingCache(NoCache):
    """One meeting's paid answers, kept over its attempts, and their usage."""

    def __init__(self) -> None:
        super().__init__()
        self.usage: Usage | None = None

    def put(self, key: str, value: str, usage: Usage) -> None:
        super().put(key, value, usage)
        self.usage = total([self.usage, usage] if self.usage else [usage])


def _summarize_with_retries(
    summarizer: Summarizer, meeting: LabelledMeeting, spent: _UsageCountingCache, wait: Callable[[float], None]
) -> SummaryDraft:
    for attempt in range(TRIES):
        try:
            return summarizer.summarize(replace(meeting.request, cache=spent), lambda _done: None)
        except TransientError as error:
            if attempt == TRIES - 1:
                raise
            wait(min(LONGEST_WAIT, max(2.0**attempt, error.retry_after or 0.0)))
    raise AssertionError("the last try returns or raises")


def _empty_draft(meeting: LabelledMeeting) -> SummaryDraft:
    return SummaryDraft("none", meeting.request.language)


def _is_on_this_machine(provider: str) -> bool:
    host = provider.rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return host == HERE or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
