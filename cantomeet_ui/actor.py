"""Determines the actor of a request, a page or a command line."""

from __future__ import annotations

from cantomeet.access import LOCAL_OWNER, Actor


def actor_of(source: object) -> Actor:
    """The actor behind `source`: a request, the state of a page, or a command line.

    There are no accounts yet, so it is always the local owner.
    """
    return LOCAL_OWNER
