"""What the kinds of background work need. `worker.runtime` builds it once a process."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.media import LONGEST_SECONDS
from cantomeet.models import Job, Meeting
from cantomeet.pacing import FIRST_PAUSE
from cantomeet.storage import Storage
from cantomeet.store import Database
from worker.providers import LocalTranscriber, RemoteTranscriber, Rewriter, Summarizer

_OWN_FAULTS = frozenset({ErrorCode.INTERNAL, ErrorCode.STEP_TIMED_OUT})
_OUTAGES = frozenset(
    {ErrorCode.PROVIDER_BUSY, ErrorCode.PROVIDER_UNREACHABLE, ErrorCode.DATABASE_BUSY, ErrorCode.DISK_FULL}
)
_MOST_DOUBLINGS = 64
"""A deletion is retried for ever, and a float overflows after about a thousand doublings."""


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff: `first * 2**n` seconds before retry n, at most `cap`, with jitter.

    After `tries` consecutive failures the step has failed.
    """

    first: float = 2.0
    cap: float = 300.0
    tries: int = 8
    outage_tries: int | None = None
    """Tries for an outage: a provider that is busy or down, a locked database, a full disk. None means `tries`."""

    def tries_of(self, code: ErrorCode) -> int:
        """How many consecutive failures end the job. Errors that are likely to be our own bugs get at most three."""
        if code in _OWN_FAULTS:
            return min(3, self.tries)
        return self.outage_tries or self.tries if code in _OUTAGES else self.tries

    def delay(self, attempt: int, retry_after: float | None) -> float:
        """Seconds until the next try, at least `retry_after`. `attempt` counts from 0."""
        doubled = 2.0 ** min(attempt, _MOST_DOUBLINGS)
        wait = min(self.cap, self.first * doubled) * random.uniform(0.5, 1.0)
        return max(wait, retry_after or 0.0)


@dataclass(frozen=True)
class Toolbox:
    """The store, files, providers and settings that steps use."""

    store: Database
    recordings: Storage
    locals: Mapping[str, LocalTranscriber]
    remotes: Mapping[str, RemoteTranscriber]
    summarizer: Summarizer
    transcriber: str
    """Key in `locals` or `remotes` of the transcriber for new meetings."""
    language: str
    """The language of stored reasons."""
    publish: Callable[[str, int], None]
    wake: Callable[[Meeting, float], bool]
    wake_job: Callable[[Job, float], bool] = lambda job, delay: True
    """Like `wake`, for a job of another kind than a meeting's own."""
    longest_seconds: float = LONGEST_SECONDS
    """Limit on the sound of one recording, in seconds."""
    rewriter: Rewriter | None = None
    """Makes the written view. None if no language model is configured."""
    erase_jobs: Callable[[Callable[[Collection[str]], set[str]]], bool] = lambda gone: True
    """Removes what the queue still holds about deleted meetings. Its argument returns those of the given ids that are
    deleted. False if something is left."""
    delete_at_provider: bool = True
    """Whether to delete the provider's copy once the transcript is saved."""
    provider_lag: float = 90.0
    """Seconds by which a provider's list of jobs may lag. A lost submission is searched for that long."""
    first_look: float = FIRST_PAUSE
    """Seconds until a job at the provider is first polled."""
    keep_audio_days: int | None = None
    keep_meetings_days: int | None = None
    stopping: Callable[[], bool] = lambda: False
    """Whether this process was asked to stop."""
    on_busy: Callable[[float | None], None] = lambda retry_after: None
    """Called where a provider refused a step as one too many, with the seconds that it asked to wait."""
    timeouts: tuple[type[Exception], ...] = ()
    """Exceptions that the queue raises in a job that takes too long."""
    checks: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    """The provider checks that the admin page offers, by name. Each raises what any call to the provider raises."""
    backoff: Backoff = field(default_factory=Backoff)

    def name_of(self, transcriber: str) -> str:
        """The transcriber's display name. Raises `PermanentError` if it is not configured (any more)."""
        return self.local(transcriber).name if transcriber in self.locals else self.remote(transcriber).name

    def local(self, transcriber: str) -> LocalTranscriber:
        """The transcriber on this machine with this key."""
        return self.locals[transcriber]

    def remote(self, transcriber: str) -> RemoteTranscriber:
        """The provider with this key. Raises `PermanentError` if its API key was removed since the meeting started."""
        try:
            return self.remotes[transcriber]
        except KeyError:
            raise PermanentError(
                f"{transcriber} is not set up",
                code=ErrorCode.PROVIDER_KEY_REFUSED,
                provider=transcriber.capitalize(),
                setting=f"{transcriber.upper()}_API_KEY",
            ) from None
