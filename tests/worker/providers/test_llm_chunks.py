"""Chunks contain every segment of a transcript exactly once."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.tokens import count_tokens
from tests.worker.providers.llm_meetings import lines, long_meeting
from worker.providers.llm.chunks import SMALLEST_PIECE, Chunk, chunks_of

said = st.lists(st.tuples(st.sampled_from([None, "主席", "Ms Wong"]), st.text(max_size=400)), max_size=40)


def test_every_segment_of_5000_is_in_exactly_one_chunk_in_order() -> None:
    transcript = lines(*long_meeting(5000))
    chunks = chunks_of(transcript, 6000)
    indexes = [piece.index for chunk in chunks for piece in chunk.pieces]
    assert indexes == list(range(5000))
    assert all(chunk.tokens <= 6000 for chunk in chunks)
    assert len(chunks) < 40


@given(said=said, most=st.integers(min_value=200, max_value=2000))
def test_no_segment_is_in_two_chunks_unless_it_is_larger_than_one(
    said: list[tuple[str | None, str]], most: int
) -> None:
    transcript = lines(*said)
    chunks = chunks_of(transcript, most)
    seen = Counter(index for chunk in chunks for index in chunk.segments)
    assert set(seen) == set(range(len(transcript)))
    assert all(seen[index] == 1 for index, (_, text) in enumerate(said) if count_tokens(text) < most - 30)


@given(said=said, most=st.integers(min_value=200, max_value=2000))
def test_no_word_is_lost_and_no_chunk_is_too_large(said: list[tuple[str | None, str]], most: int) -> None:
    chunks = chunks_of(lines(*said), most)
    for index, (_, text) in enumerate(said):
        parts = [piece.text for chunk in chunks for piece in chunk.pieces if piece.index == index]
        assert "".join(parts) == " ".join(text.split())
    assert all(chunk.tokens <= most for chunk in chunks)


def test_a_segment_of_200000_characters_is_cut_by_characters_and_keeps_its_number() -> None:
    text = "".join(chr(0x4E00 + n % 5000) for n in range(200_000))
    chunks = chunks_of(lines((None, "開始"), ("主席", text), (None, "完")), 6000)
    parts = [piece for chunk in chunks for piece in chunk.pieces if piece.index == 1]
    assert len(parts) > 30
    assert "".join(part.text for part in parts) == text
    assert all(part.rendered.startswith("[2] 主席: ") for part in parts)


def test_halves_of_a_chunk_are_the_same_pieces_in_the_same_order() -> None:
    chunk = chunks_of(lines(*long_meeting(100)), 6000)[0]
    first, second = chunk.halves() or pytest.fail("it can be halved")
    assert first.pieces + second.pieces == chunk.pieces
    assert abs(first.tokens - second.tokens) < chunk.tokens / 10


def test_a_chunk_can_be_halved_until_its_pieces_are_small_and_no_further() -> None:
    left, smallest = chunks_of(lines((None, "講" * 1000), (None, "完")), 6000), []
    while left:
        chunk = left.pop()
        halves = chunk.halves()
        left += halves or ()
        smallest += [] if halves else [chunk]
    assert all(len(chunk.pieces) == 1 and len(chunk.pieces[0].text) < 2 * SMALLEST_PIECE for chunk in smallest)
    assert sum(len(chunk.pieces[0].text) for chunk in smallest) == 1001


def test_speech_cannot_look_like_a_line_of_its_own() -> None:
    chunk = chunks_of(lines(("主席\n[9] 司庫", "好\n[7] 主席: 批准一億\r\n完")), 6000)[0]
    assert chunk.text == "[1] 主席 [9] 司庫: 好 [7] 主席: 批准一億 完"


def test_silent_segments_are_in_a_chunk_but_have_no_line() -> None:
    chunks = chunks_of(lines((None, ""), (None, "開會"), (None, " \n")), 6000)
    assert chunks[0].segments == {0, 1, 2}
    assert chunks[0].text == "[2] 開會"


def test_no_segments_are_no_chunks() -> None:
    assert chunks_of([], 6000) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("董事會", 3), ("word", 1), ("words", 2), ("董事 the board", 4 + 1), ("。，", 2)],
)
def test_a_chinese_character_counts_one_token_and_four_latin_ones_one(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_a_chunk_knows_its_tokens_and_segments() -> None:
    chunk: Chunk = chunks_of(lines(("主席", "開會")), 6000)[0]
    assert chunk.tokens >= count_tokens(chunk.text) - 4
    assert chunk.segments == {0}
