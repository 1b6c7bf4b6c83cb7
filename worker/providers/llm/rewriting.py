"""A spoken-Cantonese transcript in written Chinese, line by line: what is not sound stays as it was spoken."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from cantomeet.cantonese import fold
from worker.providers import RewrittenLines, TranscriptLine
from worker.providers.llm.ask import Asker, Question, Reading, TooLong, Unusable
from worker.providers.llm.chunks import Chunk, Piece, chunks_of
from worker.providers.llm.costs import Expected, Ledger
from worker.providers.llm.facts import NO_LINE, LineNumber, plain
from worker.providers.llm.formats import strict_schema
from worker.providers.llm.languages import Languages, in_script
from worker.providers.llm.prompts import rewrite_messages
from worker.providers.llm.reading import check_language, validated

LONGEST_LINE = 20_000
"""Characters of one rewritten line that are read at all."""
MOST_GROWTH, LEAST_ROOM = 3, 30
"""A rewritten line that is longer than so many times the spoken one, and so many characters more, says other things."""

NEIGHBOURS = 2
"""Lines to either side that a rewritten line is held against."""
FEWEST_PAIRS = 4
LIKE_ANOTHER, CLEARLY_MORE = 0.3, 0.2
"""Shares of a rewritten line's pairs of characters that stand in a neighbour, and so much more than in its own."""

_CHINESE = Languages("zh-Hant-HK")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_log = logging.getLogger(__name__)


class RewrittenAnswer(BaseModel):
    line: LineNumber = NO_LINE
    text: Annotated[str, Field(max_length=LONGEST_LINE), BeforeValidator(lambda value: plain(value or ""))]


class LinesAnswer(BaseModel):
    lines: Annotated[list[RewrittenAnswer], Field(max_length=2000)] = []


_SCHEMA = strict_schema("lines", LinesAnswer)


class Rewriting:
    """One view. `most_tokens`: of transcript in one question, whose answer is about as long."""

    def __init__(self, asker: Asker, ledger: Ledger, most_tokens: int, on_progress: Callable[[float], None]) -> None:
        self._asker, self._ledger, self._on_progress = asker, ledger, on_progress
        self._most_tokens = most_tokens
        self._done = 0
        self._shown = 0.0

    def rewritten(self, lines: Sequence[TranscriptLine]) -> RewrittenLines:
        """Raises what `Asker.ask` raises, but `Unusable` and `TooLong`: lines without an answer are left out."""
        chunks = [chunk for chunk in chunks_of(lines, self._most_tokens) if chunk.text]
        total = sum(chunk.tokens for chunk in chunks) or 1
        self._ledger.plan([one for chunk in chunks for one in self._missing(chunk)])
        texts: dict[str, list[str | None]] = {}
        for chunk in chunks:
            is_open = self._asker.standing(_question(chunk)) == "open"
            self._asker.hear = partial(self._hear, whole=chunk.tokens, total=total)
            found = self._chunk(chunk)
            for piece in chunk.pieces:
                texts.setdefault(lines[piece.index].id, []).append(found.get(id(piece)))
            self._done += chunk.tokens
            if is_open:
                self._show(self._done / total)
        whole = {key: "".join(part for part in parts if part) for key, parts in texts.items() if None not in parts}
        return RewrittenLines({key: text for key, text in whole.items() if text}, self._ledger.usage)

    def _hear(self, characters: int, whole: int, total: int) -> None:
        # A rewritten chunk is about as long as the spoken one.
        self._show((self._done + min(characters, whole)) / total)

    def _show(self, fraction: float) -> None:
        """Progress never goes back."""
        if fraction > self._shown:
            self._shown = fraction
            self._on_progress(fraction)

    def _missing(self, chunk: Chunk) -> list[Expected]:
        question = _question(chunk)
        return [self._asker.expected(question)] if self._asker.standing(question) == "open" else []

    def _chunk(self, chunk: Chunk) -> dict[int, str]:
        """By the id of the piece. Lines that the answer lacks are asked for once more, alone."""
        found = self._asked(chunk)
        left = tuple(piece for piece in chunk.pieces if piece.text and id(piece) not in found)
        if left and found:
            found |= self._asked(Chunk(left))
        return found | {id(piece): "" for piece in chunk.pieces if not piece.text}

    def _asked(self, chunk: Chunk) -> dict[int, str]:
        question = _question(chunk)
        if self._asker.standing(question) == "open":
            self._ledger.begin(self._asker.expected(question))
        try:
            answer = self._asker.ask(question)
        except TooLong:
            halves = chunk.halves()
            # A piece that was cut is another one, whose parts could not be told from lines.
            if halves is None or len(chunk.pieces) == 1:
                return {}
            return {key: text for half in halves for key, text in self._asked(half).items()}
        except Unusable as problem:
            _log.warning("lines stay as they were spoken: %s", problem)
            return {}
        return _matched(chunk, answer)


def _question(chunk: Chunk) -> Question[LinesAnswer]:
    spoken = {piece.index + 1: piece.text for piece in chunk.pieces}
    return Question(
        messages=tuple(rewrite_messages(chunk.text)), schema=_SCHEMA, read=lambda content: _read(content, spoken)
    )


def _read(content: str, spoken: dict[int, str]) -> Reading[LinesAnswer]:
    answer = validated(LinesAnswer, content, ("lines",))
    # What was said in English may stay so.
    chinese = [(line.text, "") for line in answer.lines if line.text and _HAN.search(spoken.get(line.line, ""))]
    return Reading(answer, check_language(chinese, _CHINESE))


def _matched(chunk: Chunk, answer: LinesAnswer) -> dict[int, str]:
    """Each piece with the one line of the answer that has its number; two of one number are none, and what is plainly
    another line's neither.
    """
    given: dict[int, list[str]] = {}
    for line in answer.lines:
        given.setdefault(line.line, []).append(in_script(line.text, "zh-Hant-HK"))
    found: dict[int, str] = {}
    for at, piece in enumerate(chunk.pieces):
        texts = given.get(piece.index + 1, [])
        if len(texts) == 1 and _is_sound(piece, texts[0]) and not _is_anothers(chunk.pieces, at, texts[0]):
            found[id(piece)] = texts[0]
    return found


def _is_anothers(pieces: Sequence[Piece], at: int, text: str) -> bool:
    """A model that skips a line goes on with every number one off."""
    pairs = _pairs(text)
    if len(pairs) < FEWEST_PAIRS:
        return False
    beside = [*pieces[max(0, at - NEIGHBOURS) : at], *pieces[at + 1 : at + 1 + NEIGHBOURS]]
    near = max((_share(pairs, piece) for piece in beside), default=0.0)
    return near >= LIKE_ANOTHER and near - _share(pairs, pieces[at]) >= CLEARLY_MORE


def _share(pairs: frozenset[str], piece: Piece) -> float:
    return len(pairs & _pairs(piece.text)) / len(pairs)


def _pairs(text: str) -> frozenset[str]:
    folded = fold(text)
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def _is_sound(piece: Piece, text: str) -> bool:
    return bool(text) and len(text) <= max(MOST_GROWTH * len(piece.text), len(piece.text) + LEAST_ROOM)
