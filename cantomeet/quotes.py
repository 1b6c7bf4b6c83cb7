"""Whether a quote stands in a line, and what becomes of evidence when a person corrects the line (pure).

Evidence is `{segment_id, quote, start, end, check}`. Where a correction took the quote out of its line, or a new
transcript does not have it, `check` is "unverified" and `was` holds what it had been, until the words stand there
again or a person says that the item is still right. With `proposed` it is no quote that anybody gave but a line that
our own code found likest to the item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cantomeet.cantonese import find_folded, fold
from cantomeet.stored_json import Check, Proof

PROVEN = ("exact", "folded")
LEAST_WEIGHT = 4
"""Of a quote that proves anything, where a Chinese character weighs 2 and any other 1; a whole segment always does."""


class Line(Protocol):
    """A segment of a transcript; times in seconds."""

    id: str
    start: float
    end: float
    text: str


def weight(text: str) -> int:
    """How much `text` says."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in fold(text))


def tells(quote: str, line: str) -> bool:
    """Enough words to prove something; one common word stands in many a segment."""
    heavy = weight(quote)
    return heavy >= LEAST_WEIGHT or (heavy > 0 and fold(quote) == fold(line))


def standing(quote: str, line: str) -> Check:
    """How `quote` stands in `line`, however short it is."""
    if quote and quote in line:
        return "exact"
    return "folded" if find_folded(line, quote) else "unverified"


def is_proven(evidence: Sequence[Proof]) -> bool:
    """At least one place in the transcript bears it out."""
    return any(proof.get("check") in PROVEN and not proof.get("proposed") for proof in evidence)


def rechecked(evidence: Sequence[Proof], segment_id: str, line: str) -> list[Proof]:
    """The evidence once its segment reads `line`."""
    return [_recheck(proof, line) if proof["segment_id"] == segment_id else proof for proof in evidence]


def is_proposed(proof: Proof) -> bool:
    """A line that our own code found likest to an item without evidence; it never becomes a proof."""
    return bool(proof.get("proposed"))


def proposed_start(evidence: Sequence[Proof]) -> float | None:
    """When the line was spoken (in seconds) that an unproven item may come from, where one was found."""
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


def moved(proof: Proof, lines: Sequence[Line]) -> Proof:
    """The proof in a transcript that was made anew: at the first of `lines` in which its quote stands; else unverified
    at the one that was spoken most at its time, which a person may still find to bear it out. `lines`: those spoken at
    its time.
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


def _at(line: Line, proof: Proof) -> Proof:
    return {**proof, "segment_id": line.id, "start": line.start, "end": line.end}


def requoted(evidence: Sequence[Proof], lines: Mapping[str, str]) -> list[Proof]:
    """The evidence once a person has said that the item still holds: a quote that a correction took away becomes the
    whole corrected line, which stands in the transcript to the letter. `lines` are texts by segment id.
    """
    return [_requote(proof, lines.get(proof["segment_id"])) for proof in evidence]


def _requote(proof: Proof, line: str | None) -> Proof:
    if not proof.get("was") or line is None or not fold(line):
        return proof
    return {**_without_was(proof), "quote": line, "check": "exact"}
