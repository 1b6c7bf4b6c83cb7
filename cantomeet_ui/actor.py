"""Who is asking: the one place where a request or a page gets its actor."""

from __future__ import annotations

from cantomeet.access import LOCAL_OWNER, Actor


def actor_of(asking: object) -> Actor:
    """`asking`: the request, or the state of the page. There are no accounts yet, so it is always the local owner."""
    return LOCAL_OWNER
