"""Erases the traces of deleted meetings from the search index, Redis, its file, and SQLite's write-ahead log.

The transaction that deletes a meeting's row also notes that traces are left. The note is removed once all are erased.
"""

from __future__ import annotations

from worker.toolbox import Toolbox


def erase_traces(tools: Toolbox) -> None:
    """Erase traces if meetings were deleted since the last time. What fails is tried again at the next run."""
    traces = tools.store.erasing.traces()
    # A list, not `and`: the second runs even if the first fails.
    if traces is None:
        return
    tools.store.search.rewrite()
    if all([tools.erase_jobs(tools.store.erasing.gone), tools.store.empty_log()]):
        tools.store.erasing.traces_erased(traces)
