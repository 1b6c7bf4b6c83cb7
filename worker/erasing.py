"""Nothing is left of a deleted meeting: in Redis, in its append-only file, in SQLite's log.

The row goes first, and with it a note is made that traces are to be erased; the note goes when all of them are.
"""

from __future__ import annotations

from worker.toolbox import Toolbox


def erase_traces(tools: Toolbox) -> None:
    """Once after meetings were deleted; what cannot be erased now is tried again the next time."""
    traces = tools.store.traces()
    # Both are tried, whichever of them fails.
    if traces is not None and all([tools.erase_jobs(tools.store.gone), tools.store.empty_log()]):
        tools.store.traces_erased(traces)
