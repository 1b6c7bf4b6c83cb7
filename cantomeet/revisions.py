"""The newest revision of the schema, told without SQLAlchemy, whose import would delay each start."""

from __future__ import annotations

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


def newest_revision() -> str:
    """Of this version of the program: the revisions are numbered, in their files' names too."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
