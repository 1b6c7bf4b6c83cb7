"""A worker process that is killed at a chosen moment: before or after the n-th call to the store or the provider."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from cantomeet.database import connect
from cantomeet.lifecycle import MeetingStatus
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from tests.faults.forked import forked
from worker.kinds.meeting import advance as advance_meeting
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.speechmatics.transcriber import TIMEOUTS, SpeechmaticsTranscriber
from worker.toolbox import Backoff, Toolbox

_ENDED = (MeetingStatus.COMPLETED, MeetingStatus.FAILED)
_STEPS = 40
_PATIENCE = 120.0


class Counting:
    """A proxy that counts the calls into an object, renewals of a lease left out. `moment` is called around each."""

    def __init__(self, inner: Any, moment: Callable[[str], None]) -> None:
        self._inner, self._moment = inner, moment

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._inner, name)
        if type(attribute).__module__.startswith("cantomeet.store."):
            return Counting(attribute, self._moment)  # an aggregate of the store
        if not callable(attribute):
            return attribute

        if name.startswith("renew"):
            return attribute  # by the clock, so a busy machine would have more of them in one run than in another

        def called(*args: Any, **kwargs: Any) -> Any:
            self._moment(f"before {name}")
            result = attribute(*args, **kwargs)
            self._moment(f"after {name}")
            return result

        return called


@contextmanager
def tools(
    database_url: str,
    recordings: Path,
    provider_url: str,
    moment: Callable[[str], None] = lambda _name: None,
    timeouts: httpx.Timeout = TIMEOUTS,
    **chosen: Any,
) -> Iterator[Toolbox]:
    """A worker's toolbox that calls `moment` at every external call. `chosen` sets more of its fields."""
    engine = connect(database_url)
    with SpeechmaticsTranscriber("key", provider_url, timeouts=timeouts) as provider:
        yield Toolbox(
            store=Counting(Database(engine), moment),  # type: ignore[arg-type]  # stands before one
            recordings=FolderStorage(recordings, max_bytes=10**9, min_free_bytes=0),
            locals={},
            remotes={"speechmatics": Counting(provider, moment)},  # type: ignore[dict-item]  # stands before one
            summarizer=ExtractiveSummarizer(),
            transcriber="speechmatics",
            language="en",
            publish=lambda _id, _version: None,
            wake=lambda _meeting, _delay: True,
            backoff=Backoff(first=0.0, cap=0.0),
            # The stand-in's list never lags unless a test makes it.
            **{"provider_lag": 0.0, **chosen},
        )
    engine.dispose()


def run_to_the_end(worker: Toolbox, meeting_id: str) -> None:
    """Advance the meeting until it has ended, whether or not its next step is due."""
    for _ in range(_STEPS):
        if worker.store.meetings.get(meeting_id).status in _ENDED:
            return
        worker.store.pipeline.due_now(meeting_id)
        advance_meeting(worker, meeting_id)


def in_a_process_of_its_own(
    database_url: str, recordings: Path, provider_url: str, meeting_id: str, number: int
) -> int:
    """Run the meeting in a process that is killed at its `number`-th call. Returns the exit status (-9: killed)."""
    process = forked().Process(target=_run_until, args=(number, database_url, recordings, provider_url, meeting_id))
    process.start()
    process.join(_PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise AssertionError(f"{meeting_id} was not through after {_PATIENCE:.0f} s")
    return process.exitcode


def _run_until(number: int, database_url: str, recordings: Path, provider_url: str, meeting_id: str) -> None:
    with tools(database_url, recordings, provider_url, killed_at(number)) as doomed:
        run_to_the_end(doomed, meeting_id)


def killed_at(number: int) -> Callable[[str], None]:
    """A `moment` that kills this process with SIGKILL at its `number`-th call."""
    count = 0

    def moment(_name: str) -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return moment
