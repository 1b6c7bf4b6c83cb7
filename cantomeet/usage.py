"""Requests, tokens and cost of a language model, as the database keeps them (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Usage = Mapping[str, Any]
"""`{requests, tokens_in, tokens_out, repeats, reused, cost, estimated}`; `cost` is None without prices."""


def total_usage(*each: Usage | None) -> dict[str, Any] | None:
    """The sum of all usages, or None if there is none. The cost adds up the known costs."""
    known = [usage for usage in each if usage]
    if not known:
        return None
    counts = ("requests", "tokens_in", "tokens_out", "repeats", "reused")
    costs = [usage["cost"] for usage in known if usage.get("cost") is not None]
    return {
        **{name: sum(usage.get(name, 0) for usage in known) for name in counts},
        "cost": sum(costs) if costs else None,
        "estimated": any(usage.get("estimated") for usage in known),
    }
