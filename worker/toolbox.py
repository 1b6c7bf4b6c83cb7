"""What the kinds of background work need; `worker.runtime` wires it once a process."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.media import LONGEST_SECONDS
from cantomeet.models import Job, Meeting
from cantomeet.pacing import FIRST_PAUSE
from cantomeet.storage import Storage
from cantomeet.store import MeetingStore
from worker.providers import LocalTranscriber, RemoteTranscriber, Rewriter, Summarizer

_OWN_FAULTS = frozenset({ErrorCode.INTERNAL, ErrorCode.STEP_TIMED_OUT})
_OUTAGES = frozenset(
    {ErrorCode.PROVIDER_BUSY, ErrorCode.PROVIDER_UNREACHABLE, ErrorCode.DATABASE_BUSY, ErrorCode.DISK_FULL}
)
_MOST_DOUBLINGS = 64
"""A deletion is tried for ever, and a float holds a thousand doublings."""


@dataclass(frozen=True)
class Backoff:
    """Seconds before try n: `first * 2**n` up to `cap`, with jitter; after `tries` the step has failed."""

    first: float = 2.0
    cap: float = 300.0
    tries: int = 8
    outage_tries: int | None = None
    """Of what is away or busy outside, which may last; None: as many as of all else."""

    def tries_of(self, code: ErrorCode) -> int:
        """How many failures in a row are the end; what is likely to be our own fault gets few."""
        if code in _OWN_FAULTS:
            return min(3, self.tries)
        return self.outage_tries or self.tries if code in _OUTAGES else self.tries

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """At least what the other side asked for."""
        doubled = 2.0 ** min(attempt, _MOST_DOUBLINGS)
        wait = min(self.cap, self.first * doubled) * random.uniform(0.5, 1.0)
        return max(wait, retry_after or 0.0)


@dataclass(frozen=True)
class Toolbox:
    """All that a step works with, wired in `worker.runtime`."""

    store: MeetingStore
    recordings: Storage
    locals: Mapping[str, LocalTranscriber]
    remotes: Mapping[str, RemoteTranscriber]
    summarizer: Summarizer
    transcriber: str
    """The name in `locals` or `remotes` that new meetings get."""
    language: str
    """Of stored reasons."""
    publish: Callable[[str, int], None]
    wake: Callable[[Meeting, float], bool]
    wake_job: Callable[[Job, float], bool] = lambda job, delay: True
    """As `wake`, for a job that is no meeting's own."""
    longest_seconds: float = LONGEST_SECONDS
    """Of sound in one recording."""
    rewriter: Rewriter | None = None
    """Makes the written view; None where no language model is set up."""
    erase_jobs: Callable[[Callable[[Collection[str]], set[str]]], bool] = lambda gone: True
    """Removes what the queue still knows of meetings that are gone, given which of some are; False: not all of it."""
    delete_at_provider: bool = True
    """Have the provider's copy deleted once the transcript is saved."""
    provider_lag: float = 90.0
    """Seconds by which a provider's list of jobs may be behind; so long a lost submission is looked for."""
    first_look: float = FIRST_PAUSE
    """Seconds until a job at the provider is first looked at."""
    keep_audio_days: int | None = None
    keep_meetings_days: int | None = None
    stopping: Callable[[], bool] = lambda: False
    """Whether this process was asked to stop."""
    timeouts: tuple[type[Exception], ...] = ()
    """What the queue raises in a job that takes too long."""
    checks: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    """What the page may have tested, by name: each raises what any call would raise."""
    backoff: Backoff = field(default_factory=Backoff)

    def name_of(self, transcriber: str) -> str:
        """As people know it. Raises `PermanentError` where it is not set up (any more)."""
        return self.local(transcriber).name if transcriber in self.locals else self.remote(transcriber).name

    def local(self, transcriber: str) -> LocalTranscriber:
        """The recogniser on this machine."""
        return self.locals[transcriber]

    def remote(self, transcriber: str) -> RemoteTranscriber:
        """The provider. Raises `PermanentError` where a meeting was begun with one whose key has since gone."""
        try:
            return self.remotes[transcriber]
        except KeyError:
            raise PermanentError(
                f"{transcriber} is not set up",
                code=ErrorCode.PROVIDER_KEY_REFUSED,
                provider=transcriber.capitalize(),
                setting=f"{transcriber.upper()}_API_KEY",
            ) from None
