"""The line that an item without evidence may come from, found by likeness: an offer to listen, never a proof."""

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
"""Share of what an item says, weighed by how rare it is in the transcript, that a line must say too."""
FEWEST_SHARED = 2
"""Words, figures or pairs of characters; one of them stands in many a line by chance."""
NEAR, NEAR_BONUS = 2, 0.1
"""Lines to either side of the one that the model named, which is then likelier than others."""
LONGEST_SHOWN = 300
"""Characters of the line."""

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[a-z]{2,}|\d+")


class LineFinder:
    """Over one transcript, which it goes through once and only when it is first asked."""

    def __init__(self, lines: Sequence[TranscriptLine]) -> None:
        self._lines = lines

    def find(
        self, texts: Iterable[str], among: Collection[int] | None = None, named: int | None = None
    ) -> Evidence | None:
        """The likeliest line; None where no line is like it. `texts`: the item in each of its languages.

        `among`: indexes of the lines that it can come from; `named`: of the one that the model gave without a quote.

        The named line is taken at the model's word only where the item is in another script than what was said.
        """
        found = [self._likeliest(features_of(text), among, named) for text in texts if text]
        likeness, index = max((one for one in found if one is not None), default=(0.0, -1))
        if likeness < LEAST_LIKENESS:
            index = named if named is not None and self._is_foreign(named, texts) else -1
        return self._offer(index) if 0 <= index < len(self._lines) else None

    def _likeliest(
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
        # Of several that are as like, the first.
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

    def _offer(self, index: int) -> Evidence:
        line = self._lines[index]
        return Evidence(line.id, line.text.strip()[:LONGEST_SHOWN], line.start, line.end, "unverified")


def features_of(text: str) -> frozenset[str]:
    """Latin words and figures, and pairs of Chinese characters, whatever their script, width and case."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower())
    runs = _HAN.findall(fold(text))
    return frozenset([*words, *(run[at : at + 2] for run in runs for at in range(len(run) - 1))])
