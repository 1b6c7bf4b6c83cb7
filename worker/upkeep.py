"""Periodic tasks. Each is idempotent and safe when run twice at once; a table says when each is due next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.toolbox import Toolbox

_ABANDONED_SECONDS = 24 * 60 * 60.0


def sweep_recordings(tools: Toolbox) -> None:
    """Remove uploads that nobody finished for a day, and files whose meeting is gone."""
    tools.recordings.sweep(_ABANDONED_SECONDS, keep=tools.store.recording_keys())


@dataclass(frozen=True)
class PeriodicTask:
    every: float
    """Seconds between runs."""
    run: Callable[[Toolbox], None]


TASKS = {"sweep_recordings": PeriodicTask(60 * 60.0, sweep_recordings)}


def run(tools: Toolbox, name: str) -> None:
    """One run of the task. Raises `KeyError` for a name that this version of the program does not have."""
    TASKS[name].run(tools)
