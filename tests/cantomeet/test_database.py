"""Databases are brought up to date; one that is already is not looked at twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

import cantomeet
from cantomeet.database import migrate, newest_revision


def test_the_revision_that_is_taken_for_the_newest_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(cantomeet.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == newest_revision()


def test_an_up_to_date_database_needs_no_alembic(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "alembic.command", None)
    monkeypatch.setattr(command, "upgrade", None)
    migrate(engine)


@pytest.mark.own_database
def test_a_database_of_an_older_version_is_brought_up_to_date(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(command, "upgrade", lambda config, to: asked.append(to))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    migrate(engine)
    assert asked == ["head"]
