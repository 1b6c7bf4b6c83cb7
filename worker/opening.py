"""Opens the store. Not in `worker.runtime`, whose providers take seconds to import."""

from __future__ import annotations

from cantomeet.database import connect, migrate
from cantomeet.settings import Settings
from cantomeet.store import Database


def open_store(settings: Settings) -> Database:
    """Connect to the database of these settings and migrate its schema."""
    engine = connect(settings.effective_database_url)
    migrate(engine)
    return Database(engine)
