"""Predictions from a provider's last turnarounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.turnarounds import REMEMBERED, Turnaround, dumps, loads, usual

TIMES = st.floats(0, 100_000)
RECENT = st.lists(st.builds(Turnaround, TIMES, TIMES), max_size=REMEMBERED)


def test_the_thirds_of_similar_recordings_are_usual() -> None:
    hours = [Turnaround(3600.0 + n, took) for n, took in enumerate([400.0, 300.0, 200.0, 100.0])]
    minutes = [Turnaround(90.0, 20.0)] * 5
    assert usual([*minutes, *hours], 3000.0) == (200.0, 300.0, 400.0)
    assert usual([*minutes, *hours], 100.0) == (20.0, 20.0, 20.0)


def test_too_few_similar_recordings_give_no_prediction() -> None:
    assert usual([], 60.0) == ()
    assert usual([Turnaround(3600.0, 300.0)] * 3, 3600.0) == ()
    assert usual([Turnaround(3600.0, 300.0)] * 60, 600.0) == ()


def test_the_shortest_recordings_are_alike() -> None:
    assert usual([Turnaround(float(n), 30.0) for n in range(4)], 55.0) == (30.0,) * 3


@given(RECENT, TIMES)
def test_it_rises_to_the_longest_that_was_seen(recent: list[Turnaround], recording: float) -> None:
    found = usual(recent, recording)
    assert list(found) == pytest.approx(sorted(found))
    assert not found or found[-1] in [one.took for one in recent]


@given(RECENT)
def test_the_last_ones_are_kept(recent: list[Turnaround]) -> None:
    kept = loads(dumps(recent * 3))
    assert len(kept) == min(len(recent) * 3, REMEMBERED)
    assert [one.took for one in kept] == pytest.approx([one.took for one in (recent * 3)[-REMEMBERED:]], abs=0.051)


@pytest.mark.parametrize("text", [None, "", "null", "[", "7", "[[1]]", '[["a", 2]]', '{"a": 1}', "[null]"])
def test_text_of_another_version_is_ignored(text: str | None) -> None:
    assert loads(text) == []
