"""A toolbox with invented providers, and a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cantomeet.store import Database
from launcher.redis_server import EmbeddedRedis
from tests.worker.test_pipeline import House


@pytest.fixture
def house(sqlite_store: Database, tmp_path: Path) -> House:
    return House(sqlite_store, tmp_path / "recordings")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    running = EmbeddedRedis.start(tmp_path)
    yield running
    running.stop()
