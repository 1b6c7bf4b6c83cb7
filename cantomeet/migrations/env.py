"""Alembic's entry point; `cantomeet.database.migrate` hands it the connection and its transaction."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from cantomeet import models

__all__ = ["models"]

connection = context.config.attributes.get("connection")
if connection is None:
    from cantomeet.database import connect
    from cantomeet.settings import load_settings

    connection = connect(load_settings().effective_database_url).connect()

context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
# The caller's transaction (which holds the lock) is the one that commits.
context.run_migrations()
if context.config.attributes.get("connection") is None:
    connection.commit()
    connection.close()
