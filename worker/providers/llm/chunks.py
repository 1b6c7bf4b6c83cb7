"""Splits a transcript into chunks of whole segments that a model can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cantomeet.tokens import count_tokens
from worker.providers import TranscriptLine

LINE_TOKENS = 6
"""Tokens of a line's number, colon and line end."""
SMALLEST_PIECE = 40
"""Fewest characters of a piece; smaller pieces are not split."""


@dataclass(frozen=True)
class ChunkPiece:
    """A segment, or a part of a segment that is larger than a chunk; a part keeps the segment's number."""

    index: int
    """The segment's index in the transcript, from 0."""
    speaker: str
    text: str
    """The text on one line, so that nothing said can look like a line of its own."""

    @cached_property
    def rendered(self) -> str:
        """The line that the model reads; lines are numbered from 1."""
        speaker = f"{self.speaker}: " if self.speaker else ""
        return f"[{self.index + 1}] {speaker}{self.text}"

    @cached_property
    def tokens(self) -> int:
        return count_tokens(self.text) + count_tokens(self.speaker) + LINE_TOKENS


@dataclass(frozen=True)
class Chunk:
    pieces: tuple[ChunkPiece, ...]

    @property
    def segments(self) -> frozenset[int]:
        return frozenset(piece.index for piece in self.pieces)

    @property
    def text(self) -> str:
        return "\n".join(piece.rendered for piece in self.pieces if piece.text)

    @property
    def tokens(self) -> int:
        return sum(piece.tokens for piece in self.pieces)

    def halves(self) -> tuple[Chunk, Chunk] | None:
        """Split into two smaller chunks with the same pieces in the same order; None if that is impossible."""
        if len(self.pieces) > 1:
            at = _middle(self.pieces)
            return Chunk(self.pieces[:at]), Chunk(self.pieces[at:])
        piece = self.pieces[0]
        if len(piece.text) < 2 * SMALLEST_PIECE:
            return None
        at = len(piece.text) // 2
        first, second = (ChunkPiece(piece.index, piece.speaker, part) for part in (piece.text[:at], piece.text[at:]))
        return Chunk((first,)), Chunk((second,))


def chunks_of(lines: Sequence[TranscriptLine], most_tokens: int) -> list[Chunk]:
    """Return chunks of at most `most_tokens`, in order, in time linear in the transcript's length.

    Only a segment that is larger than a chunk is split, by characters; it then belongs to several chunks.
    """
    chunks: list[Chunk] = []
    held: list[ChunkPiece] = []
    tokens = 0
    for piece in _pieces(lines, most_tokens):
        if held and tokens + piece.tokens > most_tokens:
            chunks.append(Chunk(tuple(held)))
            held, tokens = [], 0
        held.append(piece)
        tokens += piece.tokens
    if held:
        chunks.append(Chunk(tuple(held)))
    return chunks


def _pieces(lines: Sequence[TranscriptLine], most_tokens: int) -> Iterator[ChunkPiece]:
    for index, line in enumerate(lines):
        whole = ChunkPiece(index, one_line(line.speaker or ""), one_line(line.text))
        if whole.tokens <= most_tokens:
            yield whole
            continue
        # A character is at most one token, so a part with this many characters fits.
        room = max(SMALLEST_PIECE, most_tokens - count_tokens(whole.speaker) - LINE_TOKENS)
        for start in range(0, len(whole.text), room):
            yield ChunkPiece(index, whole.speaker, whole.text[start : start + room])


def one_line(text: str) -> str:
    return " ".join(text.split())


def _middle(pieces: Sequence[ChunkPiece]) -> int:
    """Return the split after which both sides have about as many tokens, and at least one piece each."""
    half, tokens = sum(piece.tokens for piece in pieces) / 2, 0
    for at, piece in enumerate(pieces):
        tokens += piece.tokens
        if tokens >= half:
            return min(max(1, at + 1), len(pieces) - 1)
    raise AssertionError("half of the tokens are always reached")
