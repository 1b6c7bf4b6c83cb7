"""Opening the store; apart from `worker.runtime`, whose providers take seconds to import."""

from __future__ import annotations

from cantomeet.database import connect, migrate
from cantomeet.settings import Settings
from cantomeet.store import MeetingStore


def open_store(settings: Settings) -> MeetingStore:
    """The store of these settings, its schema brought up to date."""
    engine = connect(settings.effective_database_url)
    migrate(engine)
    return MeetingStore(engine)
