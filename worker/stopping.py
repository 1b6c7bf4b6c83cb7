"""Whether this process was asked to stop: what is long, and costs nothing to begin anew, then ends early."""

from __future__ import annotations

from threading import Event

_asked = Event()


def ask() -> None:
    """Called on the first SIGTERM or SIGINT."""
    _asked.set()


def asked() -> bool:
    return _asked.is_set()
