"""Which characters are read alike, by a package that tells the readings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cantomeet.cantonese import known_sounds, sound_query

READINGS = {
    "陳": ["can4", "zan6", "can2"],
    "塵": ["can4"],
    "陣": ["zan6"],
    "髮": ["faat3"],
    "發": ["faat3"],
    "法": ["faat3"],
}


@pytest.fixture(autouse=True)
def read_again() -> Iterator[None]:
    known_sounds.cache_clear()
    yield
    known_sounds.cache_clear()


def test_characters_are_alike_by_their_usual_reading_whatever_its_tone(monkeypatch: pytest.MonkeyPatch) -> None:
    def candidates(text: str) -> list[tuple[str, list[str]]]:
        return [(character, READINGS.get(character, [])) for character in text]

    monkeypatch.setitem(sys.modules, "ToJyutping", SimpleNamespace(get_jyutping_candidates=candidates))
    sounds = known_sounds()
    assert set(sounds.alike("陈")) == {"陈", "尘"}
    assert set(sounds.alike("阵")) == {"阵", "陈"}, "a less usual reading of another is found"
    assert set(sounds.alike("发")) == {"发", "法"}
    assert sounds.alike("a") == "a"
    assert sound_query("法，陳B", sounds).marks("發塵b") == [(0, 3)]


def test_the_package_knows_the_names_of_hong_kong() -> None:
    sounds = known_sounds()
    for name, heard in {"陳大文": "塵帶民", "李麗珊": "里麗山", "周潤發": "州閏法"}.items():
        assert sound_query(name, sounds).marks(heard) == [(0, 3)], name
    assert sound_query("陳大文", sounds).marks("張大文") == []
