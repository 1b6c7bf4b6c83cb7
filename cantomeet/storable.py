"""Checks that JSON values fit into every database, file and answer (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterator

LARGEST_WHOLE = 2**63 - 1
"""The largest integer of a database."""
MOST_NESTED = 32
_MOST_NAMES = 1000
"""The most names in one object."""
MOST_VALUES = 50_000
"""The most values in all, so that checking them is fast. A full glossary or a plan of 1,000 meetings has a tenth."""

Path = tuple[str, ...]


def is_storable(text: str) -> bool:
    """False for text that no database takes: with a NUL or half of a surrogate pair."""
    return not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in text)


def fault_in(value: object, *, largest: int = LARGEST_WHOLE, longest: int | None = None) -> tuple[str, str] | None:
    """The path of the first value that cannot be kept, as names joined by dots, and what is wrong with it.

    `largest` bounds whole numbers, negative ones too. `longest` bounds the characters of a text.
    """
    values = 0
    for path, found in _all_in(value):
        values += len(found) if isinstance(found, dict | list | tuple) else 0
        many = f"at most {MOST_VALUES} values" if values > MOST_VALUES else None
        wrong = many or _fault_of(found, len(path), largest, longest)
        if wrong is not None:
            return ".".join(part for part in path if part and is_storable(part)), wrong
    return None


def _all_in(value: object) -> Iterator[tuple[Path, object]]:
    """All values with their paths, found lazily and without recursion, because the sender decides the depth."""
    left: list[tuple[Path, object]] = [((), value)]
    while left:
        path, found = left.pop()
        yield path, found
        if isinstance(found, dict):
            # A name counts as a text in its object.
            left += [(path, name) for name in found]
            left += [((*path, str(name)[:80]), inner) for name, inner in found.items()]
        elif isinstance(found, list | tuple):
            left += [((*path, ""), inner) for inner in found]


def _fault_of(found: object, depth: int, largest: int, longest: int | None) -> str | None:
    if isinstance(found, str):
        if longest is not None and len(found) > longest:
            return f"at most {longest} characters"
        return None if (found.isascii() and "\x00" not in found) or is_storable(found) else "has a character of no text"
    if isinstance(found, int):
        return None if -largest <= found <= largest else "too large a number"
    if isinstance(found, float):
        return None if math.isfinite(found) else "not a number"
    if isinstance(found, dict) and len(found) > _MOST_NAMES:
        return f"at most {_MOST_NAMES} names"
    return "too deep" if isinstance(found, dict | list) and depth > MOST_NESTED else None
