"""The line that says that the queue is paused."""

from __future__ import annotations

from datetime import datetime

from cantomeet.i18n import text
from cantomeet_ui.presenters import times


def paused_words(since: datetime | None, now: datetime, language: str) -> str:
    """The line, or an empty text if `since` is None: nothing that the page shows waits for the queue."""
    return "" if since is None else text(language, "paused", time=times.time_of_day(since, now, language))
