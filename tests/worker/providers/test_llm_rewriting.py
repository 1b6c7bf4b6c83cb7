"""Rewritten lines are matched with the spoken ones."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from worker.providers.llm.chunks import Chunk, ChunkPiece
from worker.providers.llm.rewriting import LinesAnswer, _match_pieces

SPOKEN = (
    "早晨各位，我哋而家開會喇",
    "外牆維修嗰邊，師傅話要多三個星期",
    "停車場充電嘅報價，我收咗三間公司",
    "得，冇問題",
    "下年度嘅預算，管理費唔使加",
)
WRITTEN = (
    "各位早晨，我們現在開會。",
    "外牆維修方面，師傅表示需要多三個星期。",
    "停車場充電的報價，我收到三間公司的。",
    "好的，沒有問題。",
    "下年度的預算，管理費不需增加。",
)


def matched_texts(texts: Sequence[str], numbers: Sequence[int]) -> list[str | None]:
    pieces = tuple(ChunkPiece(index, "", text) for index, text in enumerate(SPOKEN))
    given = [{"line": number, "text": text} for number, text in zip(numbers, texts, strict=True)]
    found = _match_pieces(Chunk(pieces), LinesAnswer.model_validate({"lines": given}))
    return [found.get(id(piece)) for piece in pieces]


def test_each_line_gets_the_text_with_its_number() -> None:
    assert matched_texts(WRITTEN, [1, 2, 3, 4, 5]) == list(WRITTEN)


@pytest.mark.parametrize("off", [-1, 1, 2])
def test_lines_with_wrong_numbers_stay_as_spoken(off: int) -> None:
    found = matched_texts(WRITTEN, [number + off for number in (1, 2, 3, 4, 5)])
    telling = {text for text in WRITTEN if len(text) > 10}
    assert not telling & set(found)


def test_two_lines_with_one_number_are_dropped() -> None:
    assert matched_texts(WRITTEN[:3], [1, 2, 2]) == [WRITTEN[0], None, None, None, None]
