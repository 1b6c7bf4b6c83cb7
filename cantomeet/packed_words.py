"""Packs the times of a segment's words into three or four bytes a word (pure).

The texts of the words stand in the segment's `original_text`, which nobody changes, so only their places are kept.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence

from cantomeet.stored_json import StoredWord

_FINE_TIMES, _FINE_CONFIDENCE = 1, 2
"""Bits of the first byte: thousandths instead of hundredths of a second, and of the confidence."""
_AS_JSON = 255
"""The first byte of words that are kept as compressed JSON, because nothing shorter gives them back exactly."""
_HAS_SKIP, _HAS_GAP = 1, 2
"""Bits of a word's first number, whose other bits are the length of its text in characters."""


def pack(words: Sequence[StoredWord], original_text: str) -> bytes | None:
    """The words of a segment with this text. `unpack` gives back exactly the same. None without words."""
    if not words:
        return None
    for form in (0, _FINE_CONFIDENCE, _FINE_TIMES, _FINE_TIMES | _FINE_CONFIDENCE):
        try:
            packed = _packed(words, original_text, form)
        except (KeyError, TypeError, ValueError, OverflowError):
            break  # a word without confidence, a time that is no number: JSON keeps these too
        # Compared as text, in which 1 differs from 1.0.
        if repr(unpack(packed, original_text)) == repr(list(words)):
            return packed
    return bytes([_AS_JSON]) + zlib.compress(json.dumps(list(words)).encode(), 9)


def unpack(packed: bytes | None, original_text: str) -> list[StoredWord]:
    """The words, with times in seconds."""
    if not packed:
        return []
    if packed[0] == _AS_JSON:
        stored: list[StoredWord] = json.loads(zlib.decompress(packed[1:]))
        return stored
    per_second, certain = _units(packed[0])
    numbers, found = _numbers(packed), list[StoredWord]()
    place = ended = 0
    for shape in numbers:
        place += next(numbers) if shape & _HAS_SKIP else 0
        start = ended + (_signed(next(numbers)) if shape & _HAS_GAP else 0)
        ended = start + _signed(next(numbers))
        confidence = next(numbers)
        text = original_text[place : place + (shape >> 2)]
        place += len(text)
        found.append(
            StoredWord(
                text=text,
                start=start / per_second,
                end=ended / per_second,
                confidence=(confidence - 1) / certain if confidence else None,
            )
        )
    return found


def confidences(packed: bytes | None) -> list[float]:
    """Those of the words that have one, without making the words."""
    if not packed or packed[0] == _AS_JSON:
        return [sure for word in unpack(packed, "") if (sure := word.get("confidence")) is not None]
    certain = _units(packed[0])[1]
    numbers, found = _numbers(packed), list[float]()
    for shape in numbers:
        for _ in range((shape & _HAS_SKIP) + bool(shape & _HAS_GAP) + 1):
            next(numbers)
        confidence = next(numbers)
        if confidence:
            found.append((confidence - 1) / certain)
    return found


def _packed(words: Sequence[StoredWord], original_text: str, form: int) -> bytes:
    """Numbers may come back rounded. Raises where a word has no place in the text, or is none at all."""
    per_second, certain = _units(form)
    packed = bytearray([form])
    place = ended = 0
    for word in words:
        found = original_text.index(word["text"], place)
        start, end, confidence = round(word["start"] * per_second), round(word["end"] * per_second), word["confidence"]
        certainty = 0 if confidence is None else round(confidence * certain) + 1
        if certainty < 0:
            raise ValueError("a negative confidence")
        skip, gap = found - place, start - ended
        _add(packed, len(word["text"]) << 2 | (_HAS_GAP if gap else 0) | (_HAS_SKIP if skip else 0))
        if skip:
            _add(packed, skip)
        if gap:
            _add(packed, _unsigned(gap))
        _add(packed, _unsigned(end - start))
        _add(packed, certainty)
        place, ended = found + len(word["text"]), end
    return bytes(packed)


def _units(form: int) -> tuple[int, int]:
    return 1000 if form & _FINE_TIMES else 100, 1000 if form & _FINE_CONFIDENCE else 100


def _unsigned(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _signed(number: int) -> int:
    return -((number + 1) >> 1) if number & 1 else number >> 1


def _add(packed: bytearray, number: int) -> None:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    while number > 127:
        packed.append(number & 127 | 128)
        number >>= 7
    packed.append(number)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in memoryview(packed)[1:]:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0
