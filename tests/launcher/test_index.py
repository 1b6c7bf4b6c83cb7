"""`cantomeet index` builds the search index of a data folder again."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cantomeet.database import connect, migrate
from cantomeet.settings import Settings
from cantomeet.store import Database
from launcher import cli
from tests import meetings
from tests.cantomeet.test_search import texts


def test_all_meetings_are_in_the_index_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANTOMEET_DATA_DIR", str(tmp_path))
    engine = connect(Settings(_env_file=None).effective_database_url)
    migrate(engine)
    store = Database(engine)
    meetings.uploaded(store, title="預算甲")
    meetings.index(store)
    meetings.uploaded(store, title="預算乙")
    for _ in range(2):
        result = CliRunner().invoke(cli.app, ["index"])
        assert (result.exit_code, result.stdout) == (0, "2 meetings are in the search index\n")
        assert store.search.is_complete()
        assert texts(store, "预算") == ["預算乙", "預算甲"]
    engine.dispose()
