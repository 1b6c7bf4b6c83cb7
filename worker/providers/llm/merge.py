"""Merges duplicate items into one with the evidence of both.

Doubtful pairs stay separate.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cantomeet.cantonese import fold
from worker.providers import Evidence, SummaryLine

MAX_EVIDENCE = 8
"""Most proofs of one item."""
LIKE_WITH_SHARED_EVIDENCE = 0.6
LIKE_WHEN_SUGGESTED = 0.3
"""Similarity (shared pairs of characters) that two wordings need if a model says that they mean the same."""
LARGEST_GROUP = 6
_LOOKED_BACK = 40
"""Items of one segment that a new item is compared with: enough for real meetings, and linear for a segment of any
length.
"""

_NUMBER = re.compile(r"\d+|[零〇一二三四五六七八九十百千萬万億亿兩两半]+")
_NEGATION = re.compile(r"[不未沒没否無无非冇唔反拒]|\b(?:not?|never|reject\w*|against|without|oppos\w*)\b|n't", re.I)
_REWORDED_KINDS = frozenset({"decision", "action_item", "question", "risk", "note"})
_MERGED_KINDS = _REWORDED_KINDS | {"quote"}


def merge_duplicates(items: Iterable[SummaryLine]) -> list[SummaryLine]:
    """Merge items of one kind with the same wording, or with similar wording about the same segment. Linear in their
    number.
    """
    kept: list[SummaryLine] = []
    by_wording: dict[tuple[str, ...], int] = {}
    by_segment: dict[tuple[str, str], list[int]] = defaultdict(list)
    for item in items:
        twin = _twin(item, kept, by_wording, by_segment) if item.kind in _MERGED_KINDS else None
        if twin is None:
            twin = len(kept)
            kept.append(item)
            by_wording.setdefault(_wording(item), twin)
        else:
            kept[twin] = _merged(kept[twin], item)
        for proof in item.evidence:
            near = by_segment[item.kind, proof.segment_id]
            if twin not in near[-_LOOKED_BACK:]:
                near.append(twin)
    return kept


def merge_suggested(items: Sequence[SummaryLine], groups: Iterable[Sequence[int]]) -> list[SummaryLine]:
    """Merge the items that a model calls the same, given by index, unless code finds a contradiction."""
    merged: dict[int, SummaryLine] = dict(enumerate(items))
    for group in groups:
        present = sorted({index for index in group if index in merged})
        if not 2 <= len(present) <= LARGEST_GROUP:
            continue
        first = present[0]
        for other in present[1:]:
            if merged[first].kind in _REWORDED_KINDS and _may_merge(merged[first], merged[other], LIKE_WHEN_SUGGESTED):
                merged[first] = _merged(merged[first], merged.pop(other))
    return list(merged.values())


def _twin(
    item: SummaryLine,
    kept: Sequence[SummaryLine],
    by_wording: dict[tuple[str, ...], int],
    by_segment: dict[tuple[str, str], list[int]],
) -> int | None:
    same = by_wording.get(_wording(item))
    if same is not None and _agree(kept[same], item):
        return same
    if item.kind == "quote":
        # A quote with other words is another quote.
        return None
    near = {at for proof in item.evidence for at in by_segment[item.kind, proof.segment_id][-_LOOKED_BACK:]}
    return next((at for at in sorted(near) if _may_merge(kept[at], item, LIKE_WITH_SHARED_EVIDENCE)), None)


def _wording(item: SummaryLine) -> tuple[str, ...]:
    return item.kind, item.section or "", fold(item.text)


def _may_merge(one: SummaryLine, other: SummaryLine, likeness: float) -> bool:
    return _agree(one, other) and _say_the_same(one.text, other.text) and _likeness(one.text, other.text) >= likeness


def _agree(one: SummaryLine, other: SummaryLine) -> bool:
    """Tell whether two items have the same kind and section and no contradicting owner or date."""
    pairs = ((one.owner, other.owner), (one.due_date, other.due_date))
    contradict = any(mine is not None and theirs is not None and mine != theirs for mine, theirs in pairs)
    return one.kind == other.kind and one.section == other.section and not contradict


def _say_the_same(one: str, other: str) -> bool:
    """Tell whether two texts have the same numbers and as many negations: fifty is not sixty, and carried is not
    rejected.
    """
    return sorted(_NUMBER.findall(one)) == sorted(_NUMBER.findall(other)) and len(_NEGATION.findall(one)) == len(
        _NEGATION.findall(other)
    )


def _likeness(one: str, other: str) -> float:
    """Return Jaccard's index of the pairs of characters."""
    mine, theirs = _pairs(fold(one)), _pairs(fold(other))
    return len(mine & theirs) / (len(mine | theirs) or 1)


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1)) or frozenset({text})


def _merged(one: SummaryLine, other: SummaryLine) -> SummaryLine:
    """Combine two items: the first proven wording, the proofs of both in order, and either's owner and date."""
    due = one if one.due_text else other
    return replace(
        one if one.verified or not other.verified else other,
        evidence=join_evidence([*one.evidence, *other.evidence]),
        proposed=None if one.evidence or other.evidence else one.proposed or other.proposed,
        owner=one.owner or other.owner,
        due_text=due.due_text,
        due_date=due.due_date,
    )


def join_evidence(proofs: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return each proof once; unverified ones only if none is proven."""
    once = list(dict.fromkeys(proofs))
    proven = [proof for proof in once if proof.check != "unverified"]
    return tuple((proven or once)[:MAX_EVIDENCE])
