"""Words come back exactly as they were recognised, and mostly take a few bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.packed_words import confidences, pack, unpack
from cantomeet.stored_json import StoredWord

TIMES = st.floats(0, 40_000) | st.integers(0, 4_000_000).map(lambda n: n / 100) | st.integers(0, 10**7).map(float)
CONFIDENCES = st.none() | st.floats(-1, 2) | st.integers(0, 1000).map(lambda n: n / 1000)


def word(text: str, start: float, end: float, confidence: float | None = 0.97) -> StoredWord:
    return StoredWord(text=text, start=start, end=end, confidence=confidence)


@given(
    st.lists(st.builds(word, st.text(max_size=40), TIMES, TIMES, CONFIDENCES), max_size=20),
    st.sampled_from(["", " ", "，"]),
)
def test_all_words_come_back_the_same(words: list[StoredWord], between: str) -> None:
    said = between.join(found["text"] for found in words)
    assert repr(unpack(pack(words, said), said)) == repr(words)
    assert repr(unpack(pack(words, "其他"), "其他")) == repr(words)
    known = [found["confidence"] for found in words if found["confidence"] is not None]
    assert confidences(pack(words, said)) == known == confidences(pack(words, "其他"))


def test_words_as_providers_send_them_take_under_four_bytes_each() -> None:
    said = "我哋下星期三之前交預算，the budget。"
    texts = [*"我哋下星期三之前交預算", "the", "budget"]
    words = [word(text, 3600 + n / 4, 3600 + n / 4 + 0.25) for n, text in enumerate(texts)]
    packed = pack(words, said)
    assert packed is not None
    assert len(packed) < 4 * len(words)


def test_a_line_without_words_takes_nothing() -> None:
    assert pack([], "早晨") is None
    assert unpack(None, "早晨") == []


@pytest.mark.parametrize(
    "words",
    [
        [word("b", 5.0, 4.0), word("a", 0.5, 1.0)],
        [word("a", float("inf"), 1.0)],
        [{"text": "a", "start": 1.0, "end": 2.0}],
        [{"text": "a", "start": 1, "end": 2, "confidence": None, "type": "word"}],
        [{"text": "a", "start": None, "end": 2.0, "confidence": 1.0}],
    ],
)
def test_words_that_do_not_fit_are_kept_all_the_same(words: list[StoredWord]) -> None:
    assert unpack(pack(words, "a b"), "a b") == words
