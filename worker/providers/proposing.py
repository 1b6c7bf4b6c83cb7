"""Finds the line most similar to an item without evidence.

People can listen to the proposed line; it is never a proof.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from cantomeet.cantonese import fold
from worker.providers import Evidence, TranscriptLine

LEAST_LIKENESS = 0.3
"""Smallest share of an item's features, weighted by their rarity in the transcript, that a proposed line contains."""
FEWEST_SHARED = 2
"""Fewest features that line and item share; many lines share a single one by chance."""
NEAR, NEAR_BONUS = 2, 0.1
"""Lines this close to the one that the model named get this bonus."""
LONGEST_SHOWN = 300
"""Most characters of the line that are shown."""

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[a-z]{2,}|\d+")


class LineFinder:
    """Finds lines of one transcript; indexes it once, on the first search."""

    def __init__(self, lines: Sequence[TranscriptLine]) -> None:
        self._lines = lines

    def find(
        self, texts: Iterable[str], among: Collection[int] | None = None, named: int | None = None
    ) -> Evidence | None:
        """Return the most similar line, or None if no line is similar enough.

        `texts` is the item in each of its languages. `among` limits the search to these line indexes. `named` is the
        index of the line that the model gave without a quote. That line is accepted without similarity only where the
        item and the line are in different scripts, since they cannot be compared.
        """
        found = [self._most_similar(features_of(text), among, named) for text in texts if text]
        likeness, index = max((match for match in found if match is not None), default=(0.0, -1))
        if likeness < LEAST_LIKENESS:
            index = named if named is not None and self._is_foreign(named, texts) else -1
        return self._as_evidence(index) if 0 <= index < len(self._lines) else None

    def _most_similar(
        self, features: Collection[str], among: Collection[int] | None, named: int | None
    ) -> tuple[float, int] | None:
        shared: Counter[int] = Counter()
        weights: dict[int, float] = defaultdict(float)
        for feature in features:
            for index in self._places.get(feature, ()):
                if among is None or index in among:
                    shared[index] += 1
                    weights[index] += self._rarity(feature)
        whole = sum(map(self._rarity, features)) or 1.0
        enough = [index for index in shared if shared[index] >= FEWEST_SHARED]
        likely = {index: weights[index] / whole + self._bonus(index, named) for index in enough}
        # The first of several equally similar lines wins.
        best = max(sorted(likely), key=lambda index: likely[index], default=None)
        return None if best is None else (likely[best], best)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for index, line in enumerate(self._lines):
            for feature in features_of(line.text):
                places[feature].append(index)
        return places

    def _rarity(self, feature: str) -> float:
        return math.log((len(self._lines) + 1) / (len(self._places.get(feature, ())) + 0.5))

    def _bonus(self, index: int, named: int | None) -> float:
        return NEAR_BONUS if named is not None and abs(index - named) <= NEAR else 0.0

    def _is_foreign(self, named: int, texts: Iterable[str]) -> bool:
        if not 0 <= named < len(self._lines):
            return False
        said = bool(_HAN.search(self._lines[named].text))
        return all(bool(_HAN.search(text)) != said for text in texts if text)

    def _as_evidence(self, index: int) -> Evidence:
        line = self._lines[index]
        return Evidence(line.id, line.text.strip()[:LONGEST_SHOWN], line.start, line.end, "unverified")


def features_of(text: str) -> frozenset[str]:
    """Return Latin words, numbers and pairs of Chinese characters, with script, width and case folded."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    runs = _HAN.findall(fold(text))
    return frozenset([*words, *(run[at : at + 2] for run in runs for at in range(len(run) - 1))])
