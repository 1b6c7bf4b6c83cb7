"""Filters of a page as query parameters of its address."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def filters_of(query: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The query parameters in `names` that are not empty."""
    return {name: query[name] for name in names if query.get(name)}
