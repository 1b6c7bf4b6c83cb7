"""Rewrites a spoken Cantonese transcript in written Chinese, line by line.

A line whose rewriting fails a check keeps its spoken text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from cantomeet.cantonese import fold
from worker.providers import RewrittenLines, TranscriptLine
from worker.providers.llm.ask import Asker, Question, ReadAnswer, TooLong, Unusable
from worker.providers.llm.chunks import Chunk, ChunkPiece, chunks_of
from worker.providers.llm.costs import Expected, Ledger
from worker.providers.llm.facts import NO_LINE, LineNumber, plain
from worker.providers.llm.formats import strict_schema
from worker.providers.llm.languages import Languages, in_script
from worker.providers.llm.prompts import rewrite_messages
from worker.providers.llm.reading import check_language, validated

LONGEST_LINE = 20_000
"""Most characters of a rewritten line that are read."""
MOST_GROWTH, LEAST_ROOM = 3, 30
"""A rewritten line may be this many times as long as the spoken one, or this many characters longer. A longer one adds
content.
"""

NEIGHBOURS = 2
"""Lines on either side that a rewritten line is compared with."""
FEWEST_PAIRS = 4
LIKE_ANOTHER, CLEARLY_MORE = 0.3, 0.2
"""A rewritten line belongs to a neighbour if at least the first share of its pairs of characters occurs there, and at
least the second share more than in its own line.
"""

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
    """Rewrites one transcript; `most_tokens` limits the transcript of one question, whose answer is about as long."""

    def __init__(self, asker: Asker, ledger: Ledger, most_tokens: int, on_progress: Callable[[float], None]) -> None:
        self._asker, self._ledger, self._on_progress = asker, ledger, on_progress
        self._most_tokens = most_tokens
        self._done = 0
        self._shown = 0.0

    def rewritten(self, lines: Sequence[TranscriptLine]) -> RewrittenLines:
        """Rewrite the lines; a line without an answer is left out.

        Raises what `Asker.ask` raises, except `Unusable` and `TooLong`.
        """
        chunks = [chunk for chunk in chunks_of(lines, self._most_tokens) if chunk.text]
        total = sum(chunk.tokens for chunk in chunks) or 1
        self._ledger.plan([one for chunk in chunks for one in self._missing(chunk)])
        texts: dict[str, list[str | None]] = {}
        for chunk in chunks:
            is_open = self._asker.status_of(_question(chunk)) == "open"
            self._asker.on_characters = partial(self._on_characters, whole=chunk.tokens, total=total)
            found = self._rewrite_chunk(chunk)
            for piece in chunk.pieces:
                texts.setdefault(lines[piece.index].id, []).append(found.get(id(piece)))
            self._done += chunk.tokens
            if is_open:
                self._report(self._done / total)
        whole = {key: "".join(part for part in parts if part) for key, parts in texts.items() if None not in parts}
        return RewrittenLines({key: text for key, text in whole.items() if text}, self._ledger.usage)

    def _on_characters(self, characters: int, whole: int, total: int) -> None:
        # A rewritten chunk is about as long as the spoken one.
        self._report((self._done + min(characters, whole)) / total)

    def _report(self, fraction: float) -> None:
        """Report progress, which never goes back."""
        if fraction > self._shown:
            self._shown = fraction
            self._on_progress(fraction)

    def _missing(self, chunk: Chunk) -> list[Expected]:
        question = _question(chunk)
        return [self._asker.expected(question)] if self._asker.status_of(question) == "open" else []

    def _rewrite_chunk(self, chunk: Chunk) -> dict[int, str]:
        """Return texts by the id of the piece. Lines missing from the answer are requested once more by themselves."""
        found = self._ask(chunk)
        left = tuple(piece for piece in chunk.pieces if piece.text and id(piece) not in found)
        if left and found:
            found |= self._ask(Chunk(left))
        return found | {id(piece): "" for piece in chunk.pieces if not piece.text}

    def _ask(self, chunk: Chunk) -> dict[int, str]:
        question = _question(chunk)
        if self._asker.status_of(question) == "open":
            self._ledger.begin(self._asker.expected(question))
        try:
            answer = self._asker.ask(question)
        except TooLong:
            halves = chunk.halves()
            # The parts of a split piece have the same number and could not be told apart.
            if halves is None or len(chunk.pieces) == 1:
                return {}
            return {key: text for half in halves for key, text in self._ask(half).items()}
        except Unusable as problem:
            _log.warning("lines stay as they were spoken: %s", problem)
            return {}
        return _match_pieces(chunk, answer)


def _question(chunk: Chunk) -> Question[LinesAnswer]:
    spoken = {piece.index + 1: piece.text for piece in chunk.pieces}
    return Question(
        messages=tuple(rewrite_messages(chunk.text)), schema=_SCHEMA, read=lambda content: _read(content, spoken)
    )


def _read(content: str, spoken: dict[int, str]) -> ReadAnswer[LinesAnswer]:
    answer = validated(LinesAnswer, content, ("lines",))
    # English speech may stay English.
    chinese = [(line.text, "") for line in answer.lines if line.text and _HAN.search(spoken.get(line.line, ""))]
    return ReadAnswer(answer, check_language(chinese, _CHINESE))


def _match_pieces(chunk: Chunk, answer: LinesAnswer) -> dict[int, str]:
    """Match each piece with the answer's line of the same number.

    A number that occurs twice matches nothing, nor does a text that clearly belongs to another line.
    """
    given: dict[int, list[str]] = {}
    for line in answer.lines:
        given.setdefault(line.line, []).append(in_script(line.text, "zh-Hant-HK"))
    found: dict[int, str] = {}
    for at, piece in enumerate(chunk.pieces):
        texts = given.get(piece.index + 1, [])
        if len(texts) == 1 and _is_sound(piece, texts[0]) and not _belongs_to_neighbour(chunk.pieces, at, texts[0]):
            found[id(piece)] = texts[0]
    return found


def _belongs_to_neighbour(pieces: Sequence[ChunkPiece], at: int, text: str) -> bool:
    """Tell whether the text belongs to a neighbour: a model that skips a line numbers all later lines wrongly."""
    pairs = _pairs(text)
    if len(pairs) < FEWEST_PAIRS:
        return False
    beside = [*pieces[max(0, at - NEIGHBOURS) : at], *pieces[at + 1 : at + 1 + NEIGHBOURS]]
    near = max((_share(pairs, piece) for piece in beside), default=0.0)
    return near >= LIKE_ANOTHER and near - _share(pairs, pieces[at]) >= CLEARLY_MORE


def _share(pairs: frozenset[str], piece: ChunkPiece) -> float:
    return len(pairs & _pairs(piece.text)) / len(pairs)


def _pairs(text: str) -> frozenset[str]:
    folded = fold(text)
    return frozenset(folded[at : at + 2] for at in range(len(folded) - 1))


def _is_sound(piece: ChunkPiece, text: str) -> bool:
    return bool(text) and len(text) <= max(MOST_GROWTH * len(piece.text), len(piece.text) + LEAST_ROOM)
