"""What every page says while the queue is paused and what it shows waits for that."""

from __future__ import annotations

from datetime import datetime

from cantomeet.i18n import text
from cantomeet_ui.presenters import times


def paused_words(since: datetime | None, now: datetime, language: str) -> str:
    """`since`: None where nothing waits; then empty."""
    return "" if since is None else text(language, "paused", time=times.time_of_day(since, now, language))
