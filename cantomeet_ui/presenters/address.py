"""What a page is narrowed to, as it stands in its address."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def filters_of(query: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Of query parameters those in `names`; the rest and the empty ones are left out."""
    return {name: query[name] for name in names if query.get(name)}
