"""A short chaos run. `make soak` runs it on both databases, and a thousand meetings."""

from __future__ import annotations

import os

import pytest

from tests.faults import chaos

SOAK = os.environ.get("CANTOMEET_SOAK") == "1"
SHORT = chaos.Size(6, job_seconds=1.0, workers=2, lag=2.0, first_look=0.5, limit=200.0)
THOUSAND = chaos.Size(1000, job_seconds=5.0, every=10.0, workers=2, pause=0.8)


@pytest.mark.in_turn("database")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_chaos_loses_no_meeting_and_pays_for_none_twice(database: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("own_postgres_url") if database == "postgresql" else None
    result = chaos.run(SHORT, seed=20261123, database_url=url, each_once=True)
    print(result.table())
    assert result.good, result.table()


@pytest.mark.skipif(not SOAK, reason="a thousand meetings: make soak")
@pytest.mark.timeout(4000)
def test_a_thousand_meetings_of_chaos_lose_none_and_pay_for_none_twice() -> None:
    result = chaos.run(THOUSAND, seed=20261124)
    print(result.table())
    assert result.good, result.table()
