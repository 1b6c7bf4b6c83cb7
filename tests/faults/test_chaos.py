"""A short run of the chaos in every test run; `make soak` runs a thousand meetings."""

from __future__ import annotations

import os

import pytest

from tests.faults import chaos

MEETINGS = 1000 if os.environ.get("CANTOMEET_SOAK") else 8


@pytest.mark.timeout(4000)
def test_chaos_loses_no_meeting_and_pays_for_none_twice() -> None:
    result = chaos.run(MEETINGS, seed=20261123)
    print(result.table())
    assert result.good, result.table()
