"""Whether this process was asked to stop. Long work that is cheap to restart then ends early."""

from __future__ import annotations

from threading import Event

_requested = Event()


def request() -> None:
    """Record the request to stop. Called on the first SIGTERM or SIGINT."""
    _requested.set()


def requested() -> bool:
    return _requested.is_set()
