"""What a language model was asked and paid for, as the database keeps it (pure)."""

from __future__ import annotations

from cantomeet.stored_json import StoredUsage


def together(*each: StoredUsage | None) -> StoredUsage | None:
    """All added up; the cost is that of those that have one. None where there is none."""
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
