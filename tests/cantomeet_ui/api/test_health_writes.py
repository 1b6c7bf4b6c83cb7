"""`/health` reports storage that is readable but not writable, and no refusal claims that anything was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event, text

from cantomeet.errors import ErrorCode
from cantomeet.i18n import EN, ZH
from cantomeet.i18n.reasons import REASONS
from cantomeet.queue import JobQueue
from cantomeet.reasons import reason_text
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet_ui.api import health
from cantomeet_ui.api.app import build_api
from launcher.redis_server import EmbeddedRedis
from tests import meetings
from tests.cantomeet.media.test_media import files_limited_to
from tests.cantomeet_ui.api.conftest import HERE
from tests.recordings_factory import make_recording

pytestmark = pytest.mark.own_database
Asking = Callable[[Services], TestClient]


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    """A client of an installation that caches no result, so that the next response shows each change."""
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)
    return lambda services: TestClient(
        build_api(services), base_url=HERE, headers={"Accept-Language": "en"}, raise_server_exceptions=False
    )


def make_read_only(engine: Engine) -> None:
    """Make the database read-only, like a PostgreSQL standby or a file without write permission."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            name = connection.execute(text("SELECT current_database()")).scalar_one()
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        engine.dispose()
        return

    @event.listens_for(engine, "begin")
    def _only_read(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA query_only = ON")


def test_a_database_that_may_only_be_read_is_down(services: Services, store: Database, asking: Asking) -> None:
    meeting = meetings.uploaded(store)
    client = asking(replace(services, store=store))
    assert client.get("/health").json()["status"] == "ok"
    make_read_only(store.engine)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "down", "read_only")
    assert client.get(f"/api/meetings/{meeting.id}").status_code == 200, "what can be read is still read"


def test_a_database_whose_disk_is_full_is_down(services: Services, asking: Asking) -> None:
    client = asking(services)
    assert client.get("/health").status_code == 200
    with files_limited_to(1):
        answer = client.get("/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "read_only")
    assert client.get("/health").status_code == 200


def test_a_locked_database_is_busy_and_not_down(
    services: Services, sqlite_engine: Engine, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "DATABASE_SECONDS", 0.2)
    client = asking(services)
    with sqlite_engine.begin():
        answer = client.get("/health")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["database"]) == ("degraded", "busy")


def test_a_full_disk_of_the_recordings_is_reported(
    services: Services, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = asking(services)
    monkeypatch.setattr(services.recordings, "_min_free", 2**60)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["storage"]) == ("degraded", "full")


def test_a_folder_of_recordings_that_accepts_no_file_is_reported(
    services: Services, asking: Asking, tmp_path: Path
) -> None:
    (tmp_path / "recordings").write_bytes(b"a file where the folder should be")
    assert asking(services).get("/health").json()["storage"] == "read_only"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[redis.Redis]:
    """A client of a real Redis."""
    running = EmbeddedRedis.start(tmp_path)
    with redis.Redis.from_url(running.url) as client:
        yield client
    running.stop()


def out_of_memory(server: redis.Redis) -> None:
    server.config_set("maxmemory", "1")


def a_replica(server: redis.Redis) -> None:
    server.execute_command("REPLICAOF", "127.0.0.1", "1")


def without_its_replicas(server: redis.Redis) -> None:
    server.config_set("min-replicas-to-write", "1")


def unable_to_save(server: redis.Redis) -> None:
    """MISCONF: saving a snapshot failed, here because its path is a folder."""
    folder = Path(server.config_get("dir")["dir"])
    (folder / "dump.rdb").mkdir()
    (folder / "dump.rdb" / "in the way").touch()
    server.config_set("appendonly", "no")
    server.config_set("save", "3600 1")
    server.bgsave()
    while server.info("persistence")["rdb_bgsave_in_progress"]:
        continue


@pytest.mark.parametrize("harm", [out_of_memory, a_replica, without_its_replicas, unable_to_save])
def test_a_redis_that_accepts_no_writes_is_reported(
    harm: Callable[[redis.Redis], None], server: redis.Redis, services: Services, asking: Asking, tmp_path: Path
) -> None:
    queue = JobQueue(f"unix://{server.connection_pool.connection_kwargs['path']}?db=0")
    client = asking(replace(services, queue=queue))
    assert client.get("/health").json()["redis"] == "ok"
    harm(server)
    answer = client.get("/health")
    assert answer.status_code == 200, "recordings are taken all the same"
    assert (answer.json()["status"], answer.json()["redis"]) == ("degraded", "read_only")
    queue.close()
    server.config_set("save", "")  # or it would refuse to stop without saving


def test_frequent_health_checks_write_rarely(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(services.store.key_values, "put", lambda name, value: written.append(name))
    client = TestClient(build_api(services), base_url=HERE)
    monkeypatch.setattr("cantomeet_ui.api.health.time.monotonic", lambda: 1000.0)
    for _ in range(20):
        assert client.get("/health").json()["database"] == "ok"
    assert len(written) == 1


@pytest.mark.parametrize("language", [EN, ZH])
def test_an_upload_to_a_database_that_accepts_no_writes_is_not_called_saved(
    language: str, services: Services, store: Database, asking: Asking, tmp_path: Path
) -> None:
    client = asking(replace(services, store=store))
    sound = make_recording(tmp_path / "a", "wav").read_bytes()
    make_read_only(store.engine)
    answer = client.post("/meetings/upload", files={"file": ("a.wav", sound)}, headers={"Accept-Language": language})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_read_only")
    assert claims(answer.json()["detail"]) == []


@pytest.mark.parametrize("path", ["/meetings/upload", "/api/uploads/"])
def test_an_upload_to_a_disk_that_accepts_no_writes_is_refused_with_a_reason(
    services: Services, asking: Asking, tmp_path: Path, path: str
) -> None:
    (tmp_path / "recordings").write_bytes(b"a file where the folder should be")
    sound = make_recording(tmp_path / "a.wav", "wav").read_bytes()
    if path == "/meetings/upload":
        answer = asking(services).post(path, files={"file": ("a.wav", sound)})
    else:
        answer = asking(services).post(path, headers={"Tus-Resumable": "1.0.0", "Upload-Length": "5"})
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert "takes no writes" in answer.json()["detail"]
    assert claims(answer.json()["detail"]) == []


def claims(told: str) -> list[str]:
    return [claim for claim in ("錄音已保存", "recording is safe", "recordings are safe") if claim in told]


def test_no_text_of_a_refused_request_says_that_the_recording_is_saved() -> None:
    variants = [key.split(".")[1:] for key in REASONS if key.endswith((".request", ".upload", ".unwritable"))]
    assert len(variants) == 4
    for code, variant in variants:
        for language in (EN, ZH):
            assert claims(reason_text(code, {variant: True}, language)) == []


@pytest.mark.parametrize("code", list(ErrorCode))
def test_no_reason_says_that_a_removed_recording_is_kept(code: str) -> None:
    for language in (EN, ZH):
        told = reason_text(code, {"found": "x", "times": 5}, language, audio_removed=True)
        assert claims(told) == []
