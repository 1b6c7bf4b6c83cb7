"""An unreachable database is reported in one line that names the setting and hides the password."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cantomeet import reachable
from cantomeet.errors import SettingsError
from cantomeet.reachable import check_database
from cantomeet.settings import Settings
from launcher import cli, launch
from tests.upload_server import free_port
from worker import __main__ as worker_command

USER = "postgresql+psycopg://minutes:s3cret"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A URL without a listener, and the expected message."""
    port = free_port()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANTOMEET_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", f"{USER}@127.0.0.1:{port}/meetings")
    return (
        f"cantomeet: DATABASE_URL: the database at postgresql+psycopg://***@127.0.0.1:{port}/meetings"
        " cannot be reached: connection refused"
    )


def test_the_launcher_reports_it_in_one_line_and_starts_nothing(
    closed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "Child", None)
    result = CliRunner().invoke(cli.app, ["up"])
    assert (result.exit_code, result.stderr.splitlines(), result.stdout) == (2, [closed], "")
    assert not (tmp_path / "data").exists()


def test_the_worker_reports_an_unreachable_database_too(
    closed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker_command, "Child", None)
    monkeypatch.setattr(sys, "argv", ["worker"])
    assert worker_command.main() == 2
    assert capsys.readouterr().err.splitlines() == [closed]


def test_a_database_that_answers_is_not_reported(empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_postgres_url)
    assert empty_postgres_url.startswith("postgresql+psycopg://")
    check_database(Settings())
    gone = empty_postgres_url.replace("/t", "/never-made-", 1)
    monkeypatch.setenv("DATABASE_URL", gone)
    with pytest.raises(SettingsError, match="does not exist"):
        check_database(Settings())


@pytest.mark.parametrize(
    "url",
    [
        f"{USER}@h/x",
        "postgresql+psycopg://me:half@s3cret@h/x",
        "postgresql+psycopg://me:h/s3cret@h/x",
        "postgresql+psycopg://me:h?s3cret@h/x",
        "postgresql+psycopg://h/x?user=me&password=s3cret",
        "postgresql+psycopg://h/x?password=half@s3cret",
        "postgresql+psycopg://h/x?PASSWORD=s3cret&sslmode=require",
    ],
)
def test_no_part_of_a_password_is_shown_however_it_was_written(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    def echoes(address: str, **_: object) -> None:
        raise psycopg.OperationalError(f"failed to resolve host in {address}")

    monkeypatch.setattr(psycopg, "connect", echoes)
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsError) as told:
        check_database(Settings())
    assert "DATABASE_URL" in str(told.value)
    assert "s3cret" not in str(told.value)
    assert "half" not in str(told.value)


def test_neither_the_start_nor_its_look_at_a_database_waits_for_sqlalchemy(tmp_path: Path) -> None:
    look = "import sys, launcher.launch, cantomeet.reachable, psycopg; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", look], cwd=Path(reachable.__file__).parent.parent, env=os.environ, check=True)
