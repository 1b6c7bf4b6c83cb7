"""What a language model was asked and paid for, as the database keeps it (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Took = Mapping[str, Any]
"""`{requests, tokens_in, tokens_out, repeats, reused, cost, estimated}`; `cost` None without prices."""


def together(*each: Took | None) -> dict[str, Any] | None:
    """All added up; the cost is that of those that have one. None where there is none."""
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
