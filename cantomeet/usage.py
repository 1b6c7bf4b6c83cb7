"""Requests, tokens and cost of a language model, as the database keeps them (pure)."""

from __future__ import annotations

from cantomeet.stored_json import StoredUsage


def total_usage(*each: StoredUsage | None) -> StoredUsage | None:
    """The sum of all usages, or None if there is none. The cost adds up the known costs."""
    known = [usage for usage in each if usage]
    if not known:
        return None
    costs = [cost for usage in known if (cost := usage.get("cost")) is not None]
    return {
        "requests": sum(usage.get("requests", 0) for usage in known),
        "tokens_in": sum(usage.get("tokens_in", 0) for usage in known),
        "tokens_out": sum(usage.get("tokens_out", 0) for usage in known),
        "repeats": sum(usage.get("repeats", 0) for usage in known),
        "reused": sum(usage.get("reused", 0) for usage in known),
        "cost": sum(costs) if costs else None,
        "estimated": any(usage.get("estimated", False) for usage in known),
    }
