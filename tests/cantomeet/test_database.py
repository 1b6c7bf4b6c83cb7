"""Databases are brought up to date; one that is already is not looked at twice."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from cantomeet.database import connect, migrate
from cantomeet.revisions import MIGRATIONS, newest_revision
from tests import databases
from tests.running import wait_for


def test_the_revision_that_is_taken_for_the_newest_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
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


def test_a_database_that_another_process_is_converting_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = databases.migrated_sqlite(tmp_path / "meetings.db")
    other, waiting = connect(url), connect(url, busy_timeout=0.01)
    monkeypatch.setattr(command, "upgrade", lambda config, to: None)  # the other one has done it by then
    revision = "UPDATE alembic_version SET version_num = :to"
    with other.begin() as connection:
        connection.execute(text(revision), {"to": "0017"})
    with other.begin() as connection:
        connection.execute(text(revision), {"to": newest_revision()})
        late = threading.Thread(target=migrate, args=(waiting,))
        late.start()
        wait_for(lambda: "waiting for it" in caplog.text, "the process that comes late", 30)
    late.join(30)
    assert not late.is_alive()
    for engine in (other, waiting):
        engine.dispose()
