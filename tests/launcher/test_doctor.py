"""Findings of `cantomeet doctor`."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cantomeet.database import connect, migrate
from cantomeet.settings import Settings
from launcher import cli, doctor
from launcher.doctor import Finding
from tests.upload_server import free_port


def settings(folder: Path, **given: Any) -> Settings:
    return Settings(_env_file=None, **{"CANTOMEET_DATA_DIR": str(folder / "data"), **given})


def bad(finding: Finding) -> bool:
    """Tell whether the finding is not ok and has a remedy."""
    assert finding.ok or finding.remedy
    return not finding.ok


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_fresh_machine_is_ok_and_is_not_changed(tmp_path: Path) -> None:
    fresh = settings(tmp_path, CANTOMEET_PORT=free_port())
    findings = list(doctor.examine(fresh))
    assert [finding for finding in findings if bad(finding)] == []
    assert not fresh.data_dir.exists()


def test_the_command_prints_settings_and_findings_and_exits_with_0(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CANTOMEET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CANTOMEET_PORT", str(free_port()))
    result = CliRunner().invoke(cli.app, ["doctor"])
    assert result.exit_code == 0, result.output
    assert "CANTOMEET_MAX_UPLOAD_MB          2048" in result.stdout
    assert "CANTOMEET_MAX_HOURS              24.0" in result.stdout
    assert "ok    data folder" in result.stdout


def test_the_command_exits_with_1_and_a_remedy_if_something_is_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CANTOMEET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CANTOMEET_PORT", str(free_port()))
    monkeypatch.setenv("REDIS_URL", f"redis://localhost:{free_port()}/0")
    result = CliRunner().invoke(cli.app, ["doctor"])
    assert result.exit_code == 1
    assert "BAD   redis" in result.stdout
    assert "-> start it, mend REDIS_URL" in result.stdout


def test_no_secret_or_password_is_ever_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "sesame-0123"
    for name, value in {
        "CANTOMEET_DATA_DIR": str(tmp_path),
        "CANTOMEET_PORT": str(free_port()),
        "CANTOMEET_WEBHOOK_SECRET": secret,
        "SPEECHMATICS_API_KEY": secret,
        "OPENAI_API_KEY": secret,
        "OPENAI_MODEL": "m",
        "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
        "REDIS_URL": f"redis://:{secret}@127.0.0.1:{free_port()}/0",
        "DATABASE_URL": f"postgresql+psycopg://u:{secret}@127.0.0.1:{free_port()}/x",
    }.items():
        monkeypatch.setenv(name, value)
    output = CliRunner().invoke(cli.app, ["doctor"]).output
    assert secret not in output
    assert output.count("(set, hidden)") == 3
    assert "redis://***@127.0.0.1" in output
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://user:{secret}@127.0.0.1:1/v1")
    refused = CliRunner().invoke(cli.app, ["doctor"])
    assert refused.exit_code == 2
    assert "OPENAI_BASE_URL" in refused.output
    assert secret not in refused.output


def test_every_setting_is_printed(tmp_path: Path) -> None:
    names = [name for name, _ in doctor.settings_in_force(settings(tmp_path))]
    assert len(names) == len(Settings.model_fields)
    assert {"CANTOMEET_DATA_DIR", "REDIS_URL", "OPENAI_MODEL"} <= set(names)


# ---- data folder -------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_an_unwritable_data_folder_is_bad(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    assert bad(doctor.data_folder(settings(tmp_path)))


def test_a_data_folder_that_is_a_file_is_bad(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert bad(doctor.data_folder(settings(tmp_path)))


def test_a_full_disk_is_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("launcher.doctor.MIN_FREE_BYTES", 10**18)
    finding = doctor.data_folder(settings(tmp_path))
    assert bad(finding)
    assert "make room" in finding.remedy


# ---- database ----------------------------------------------------------------------------------------------


def test_a_database_of_this_version_is_ok(tmp_path: Path) -> None:
    with _database(settings(tmp_path)):
        finding = doctor.database(settings(tmp_path))
    assert finding.ok
    assert "brought up" not in finding.detail


def test_a_database_before_its_first_migration_is_migrated_later(tmp_path: Path) -> None:
    made = settings(tmp_path)
    connect(made.effective_database_url).connect().close()
    finding = doctor.database(made)
    assert finding.ok
    assert "brought up" in finding.detail


def test_a_database_of_a_newer_version_is_bad(tmp_path: Path) -> None:
    with _database(settings(tmp_path)) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert bad(doctor.database(settings(tmp_path)))


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:sesame@127.0.0.1:{port}/x", "mysql://u:sesame@localhost/x"])
def test_an_unreachable_database_is_bad_and_its_password_stays_hidden(tmp_path: Path, url: str) -> None:
    finding = doctor.database(settings(tmp_path, DATABASE_URL=url.format(port=free_port())))
    assert bad(finding)
    assert "sesame" not in finding.detail


def test_a_file_that_is_no_database_is_bad(tmp_path: Path) -> None:
    made = settings(tmp_path)
    made.data_dir.mkdir()
    (made.data_dir / "cantomeet.db").write_text("not a database " * 100)
    assert bad(doctor.database(made))


@contextmanager
def _database(of: Settings) -> Iterator[Any]:
    engine = connect(of.effective_database_url)
    migrate(engine)
    yield engine
    engine.dispose()


# ---- recogniser, tools, server -----------------------------------------------------------------------------


def test_missing_weights_are_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_PACKAGED_WEIGHTS", ("no_such_weights",))
    finding = doctor.transcriber(settings(tmp_path))
    assert bad(finding)
    assert "no_such_weights" in finding.detail
    assert doctor.transcriber(settings(tmp_path, SPEECHMATICS_API_KEY="k")).ok


def test_a_folder_of_weights_must_hold_a_model(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    assert bad(doctor.transcriber(settings(tmp_path, CANTOMEET_WHISPER_MODEL=str(folder))))
    folder.mkdir()
    assert bad(doctor.transcriber(settings(tmp_path, CANTOMEET_WHISPER_MODEL=str(folder))))
    (folder / "model.bin").touch()
    assert doctor.transcriber(settings(tmp_path, CANTOMEET_WHISPER_MODEL=str(folder))).ok


def test_an_unknown_region_is_bad_and_the_regions_are_named(tmp_path: Path) -> None:
    wrong = settings(tmp_path, SPEECHMATICS_API_KEY="k", SPEECHMATICS_BASE_URL="https://hk1.asr.api.speechmatics.com")
    finding = doctor.transcriber(wrong)
    assert bad(finding)
    assert "hk1.asr.api.speechmatics.com" in finding.detail
    assert "SPEECHMATICS_BASE_URL" in finding.remedy
    assert "https://au1.asr.api.speechmatics.com" in finding.remedy
    for right in ("https://us1.asr.api.speechmatics.com", "http://127.0.0.1:9105"):
        assert doctor.transcriber(settings(tmp_path, SPEECHMATICS_API_KEY="k", SPEECHMATICS_BASE_URL=right)).ok


def test_the_findings_say_what_leaves_this_machine(tmp_path: Path) -> None:
    away = settings(tmp_path, SPEECHMATICS_API_KEY="k", OPENAI_API_KEY="k", OPENAI_MODEL="m")
    assert "leave this machine" in doctor.transcriber(away).detail
    assert "leave this machine" in doctor.summarizer(away).detail
    here = settings(tmp_path)
    assert "on this machine" in doctor.transcriber(here).detail
    assert "on this machine" in doctor.summarizer(here).detail


def test_the_summarizer_says_how_many_meetings_wait_for_a_language_model(tmp_path: Path) -> None:
    away = settings(tmp_path, OPENAI_API_KEY="k", OPENAI_MODEL="m")
    assert ", 10 at once;" in doctor.summarizer(away).detail
    here = settings(tmp_path, OPENAI_BASE_URL="http://localhost:11434/v1", OPENAI_MODEL="m")
    assert ", 1 at once;" in doctor.summarizer(here).detail
    more = settings(tmp_path, OPENAI_BASE_URL="http://localhost:8000/v1", OPENAI_MODEL="m", CANTOMEET_LLM_AT_ONCE="4")
    assert ", 4 at once;" in doctor.summarizer(more).detail


def test_the_workers_are_told_by_their_work(tmp_path: Path) -> None:
    told = doctor.workers(settings(tmp_path, CANTOMEET_WORKERS="3"))
    assert (told.ok, told.detail) == (True, "3 for short steps, 1 that recognises one recording at a time")
    chosen = doctor.workers(settings(tmp_path, OPENAI_API_KEY="k", OPENAI_MODEL="m")).detail
    assert "for short steps (auto)" in chosen
    assert chosen.endswith("1 that waits for the language model")


def test_without_bun_no_page_can_be_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("launcher.doctor.shutil.which", lambda name, path: None)
    assert bad(doctor.bun(settings(tmp_path)))


@pytest.mark.parametrize(
    ("health", "ok"),
    [
        ({"status": "ok", "database": "ok", "redis": "ok", "workers": 2}, True),
        ({"status": "degraded", "database": "ok", "redis": "ok", "workers": 0}, False),
    ],
)
def test_the_health_of_a_running_server_is_reported(tmp_path: Path, health: dict[str, Any], ok: bool) -> None:
    with _answering(health) as port:
        finding = doctor.server(settings(tmp_path, CANTOMEET_PORT=port))
    assert bad(finding) is not ok
    assert health["status"] in finding.detail


def test_another_server_at_our_port_is_bad(tmp_path: Path) -> None:
    with _answering("<p>another program</p>") as port:
        finding = doctor.server(settings(tmp_path, CANTOMEET_PORT=port))
    assert bad(finding)
    assert "not CantoMeet" in finding.detail


@contextmanager
def _answering(body: Any) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Tests print nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()
