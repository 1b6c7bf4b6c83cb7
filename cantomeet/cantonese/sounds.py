"""Characters that are read alike in Cantonese, tones aside, by the readings of the package ToJyutping."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache

from cantomeet.cantonese.folding import fold

_POSSIBLE = 2
"""Readings of a character, the most frequent first: later ones are of single old words."""
_TONES = "123456"
_FIRST, _LAST = 0x4E00, 0x9FFF
Readings = Mapping[str, Collection[str]]
"""The readings without tones, by folded character."""


class Sounds:
    """Which characters are read alike."""

    def __init__(self, usual: Readings, possible: Readings) -> None:
        """`usual`: how a character is read by itself; `possible`: with other readings."""
        self._usual = usual
        self._read_so: dict[str, str] = {}
        for character, several in possible.items():
            for reading in several:
                self._read_so[reading] = self._read_so.get(reading, "") + character

    def alike(self, character: str) -> str:
        """The folded characters that may be read as this folded one usually is, and itself."""
        several = (self._read_so.get(reading, "") for reading in sorted(self._usual.get(character, ())))
        return "".join(dict.fromkeys(character + "".join(several)))


@cache
def known_sounds() -> Sounds:
    """The first call takes a moment."""
    # Here, because few processes search by sound, and its import reads all its readings.
    from ToJyutping import get_jyutping_candidates

    usual: dict[str, set[str]] = {}
    possible: dict[str, set[str]] = {}
    for character, candidates in get_jyutping_candidates("".join(_written_here())):
        for place, reading in enumerate(candidates[:_POSSIBLE]):
            for readings in (possible, usual) if place == 0 else (possible,):
                readings.setdefault(fold(character), set()).add(reading.rstrip(_TONES))
    return Sounds(usual, possible)


def _written_here() -> Iterator[str]:
    """The characters that Hong Kong writes: of Big5 and its supplementary set."""
    for code in range(_FIRST, _LAST + 1):
        try:
            chr(code).encode("big5hkscs")
        except UnicodeError:
            continue
        yield chr(code)
