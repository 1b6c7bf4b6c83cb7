"""Who is asking: the one place where a request, a page or a command line gets its actor."""

from __future__ import annotations

from cantomeet.access import LOCAL_OWNER, Actor


def actor_of(asking: object) -> Actor:
    """`asking`: the request, the state of the page, or the command line.

    There are no accounts yet, so it is always the local owner.
    """
    return LOCAL_OWNER
