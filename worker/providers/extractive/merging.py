"""Merges items that say the same, with the evidence and details of both."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from worker.providers import SummaryLine
from worker.providers.extractive.folding import fold

ALIKE = 0.7
"""Smallest share of the shorter text's pairs of characters that the longer text has too."""
MOST_CANDIDATES = 40
"""Most items with a common pair of characters that are compared; it bounds the work on a transcript of one phrase."""
FEWEST_PAIRS = 5
MOST_EVIDENCE = 8
"""Most places kept for a repeated item."""
_NUMBERS = re.compile(r"\d+|[一二三四五六七八九十百千萬兩]+")


def merge_repeated(items: Iterable[SummaryLine]) -> list[SummaryLine]:
    """Merge the items, in the order of first mention. Items with different owners stay separate."""
    kept: list[SummaryLine] = []
    pairs_of: list[frozenset[str]] = []
    with_pair: dict[tuple[str, str], list[int]] = defaultdict(list)
    same: dict[tuple[str, str, str | None], int] = {}
    for item in items:
        pairs = _character_pairs(item.text)
        twin = same.get((item.kind, item.text, item.owner))
        if twin is None:
            twin = _index_of_similar(item, pairs, kept, pairs_of, with_pair)
        if twin is not None:
            kept[twin] = _combined(kept[twin], item)
            continue
        same[item.kind, item.text, item.owner] = len(kept)
        for pair in pairs:
            with_pair[item.kind, pair].append(len(kept))
        kept.append(item)
        pairs_of.append(pairs)
    return kept


def _index_of_similar(
    item: SummaryLine,
    pairs: frozenset[str],
    kept: list[SummaryLine],
    pairs_of: list[frozenset[str]],
    with_pair: dict[tuple[str, str], list[int]],
) -> int | None:
    if len(pairs) < FEWEST_PAIRS:
        return None
    shared = Counter(i for pair in pairs for i in with_pair[item.kind, pair][-MOST_CANDIDATES:])
    for index, count in shared.most_common(3):
        shorter = min(len(pairs), len(pairs_of[index]))
        if shorter >= FEWEST_PAIRS and count >= ALIKE * shorter and _may_be_merged(kept[index], item):
            return index
    return None


def _may_be_merged(first: SummaryLine, second: SummaryLine) -> bool:
    """Tell whether owners, days and numbers allow a merge; 三座 and 二座 are two lifts."""
    numbers, other = (set(_NUMBERS.findall(item.text)) for item in (first, second))
    if not (numbers <= other or other <= numbers):
        return False
    owners = {first.owner, second.owner} - {None}
    days = {first.due_date, second.due_date} - {None}
    return len(owners) <= 1 and len(days) <= 1


def _combined(first: SummaryLine, second: SummaryLine) -> SummaryLine:
    new = tuple(evidence for evidence in second.evidence if evidence not in first.evidence)
    knows_due = first if first.due_text and (first.due_date or not second.due_date) else second
    return replace(
        first,
        evidence=(*first.evidence, *new)[:MOST_EVIDENCE],
        owner=first.owner or second.owner,
        due_text=knows_due.due_text,
        due_date=knows_due.due_date,
    )


def _character_pairs(text: str) -> frozenset[str]:
    letters = re.sub(r"[\W_]+", "", fold(text).lower())
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))
