"""Checks of quotes against lines, and of evidence after a line was corrected (pure).

Evidence is `{segment_id, quote, start, end, check}`. If a correction removes the quote from its line, or a new
transcript lacks it, `check` becomes "unverified" and `was` holds the earlier check. That lasts until the words are
back or a person confirms the item. Evidence with `proposed` is no quote from the summarizer: our own code found that
line to be the most similar to the item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cantomeet.cantonese import find_folded, fold
from cantomeet.stored_json import Check, Proof

PROVEN = ("exact", "folded")
LEAST_WEIGHT = 4
"""The least weight of a quote that proves something: a Chinese character weighs 2, any other 1.

A quote of a whole segment proves it at any weight.
"""


class TimedLine(Protocol):
    """A segment of a transcript, with times in seconds."""

    id: str
    start: float
    end: float
    text: str


def weight(text: str) -> int:
    """How much `text` says, by its characters."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in fold(text))


def tells(quote: str, line: str) -> bool:
    """True if the quote is long enough to prove something. One common word stands in many segments."""
    heavy = weight(quote)
    return heavy >= LEAST_WEIGHT or (heavy > 0 and fold(quote) == fold(line))


def standing(quote: str, line: str) -> Check:
    """How `quote` matches `line`, whatever its length."""
    if quote and quote in line:
        return "exact"
    return "folded" if find_folded(line, quote) else "unverified"


def is_proven(evidence: Sequence[Proof]) -> bool:
    """True if at least one quote stands in its line."""
    return any(proof.get("check") in PROVEN and not proof.get("proposed") for proof in evidence)


def proven_starts(evidence: Sequence[Proof]) -> list[float]:
    """The starts in seconds of quotes that stand in their lines. One that a correction removed still names a place."""
    return [float(proof["start"]) for proof in evidence if proof.get("check") in PROVEN or proof.get("was")]


def rechecked(evidence: Sequence[Proof], segment_id: str, line: str) -> list[Proof]:
    """The evidence after the segment's text has become `line`."""
    return [_recheck(proof, line) if proof["segment_id"] == segment_id else proof for proof in evidence]


def is_proposed(proof: Proof) -> bool:
    """True for a line that our own code found for an item without evidence; it never becomes a proof."""
    return bool(proof.get("proposed"))


def proposed_start(evidence: Sequence[Proof]) -> float | None:
    """The start in seconds of the line that an unproven item may come from, or None."""
    if is_proven(evidence):
        return None
    return next((float(proof["start"]) for proof in evidence if is_proposed(proof)), None)


def _recheck(proof: Proof, line: str) -> Proof:
    if is_proposed(proof):
        return proof
    before = proof.get("was") or proof["check"]
    now = standing(proof["quote"], line)
    if before == "unverified" and not tells(proof["quote"], line):
        now = "unverified"
    if now == "unverified" and before in PROVEN:
        return {**proof, "check": now, "was": before}
    return {**_without_was(proof), "check": now}


def _without_was(proof: Proof) -> Proof:
    kept = proof.copy()
    kept.pop("was", None)
    return kept


def moved(proof: Proof, lines: Sequence[TimedLine]) -> Proof:
    """The proof in a new transcript; `lines` are the new lines spoken at its time.

    It moves to the first line that has its quote. Without such a line it becomes unverified and moves to the line that
    overlaps most with its time, since a person may still find that this line supports the item.
    """
    before = proof.get("was") or proof["check"]
    kept = _without_was(proof)
    if before not in PROVEN:
        return kept
    for line in lines:
        check = standing(proof["quote"], line.text)
        if check != "unverified" and tells(proof["quote"], line.text):
            return {**_at(line, kept), "check": check}
    nearest = max(lines, key=lambda line: min(line.end, proof["end"]) - max(line.start, proof["start"]), default=None)
    return {**(_at(nearest, kept) if nearest else kept), "check": "unverified", "was": before}


def _at(line: TimedLine, proof: Proof) -> Proof:
    return {**proof, "segment_id": line.id, "start": line.start, "end": line.end}


def requoted(evidence: Sequence[Proof], lines: Mapping[str, str]) -> list[Proof]:
    """The evidence after a person has confirmed the item; `lines` are texts by segment id.

    A quote that a correction removed is replaced by the whole corrected line, which stands in the transcript exactly.
    """
    return [_requote(proof, lines.get(proof["segment_id"])) for proof in evidence]


def _requote(proof: Proof, line: str | None) -> Proof:
    if not proof.get("was") or line is None or not fold(line):
        return proof
    return {**_without_was(proof), "quote": line, "check": "exact"}
