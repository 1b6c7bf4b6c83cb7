"""Whether a provider has just refused a request of this process as one too many.

Threads that serve one queue side by side then begin nothing for a while. Each would otherwise take the next meeting,
have it refused too, and use up the tries of a long queue in minutes.
"""

from __future__ import annotations

import time

_LEAST, _MOST = 2.0, 30.0
"""Seconds."""
_until = 0.0
_now = time.monotonic


def hold(seconds: float | None) -> None:
    """Begin nothing for so long, as the provider asked; None: it named no time."""
    global _until
    _until = max(_until, _now() + min(max(seconds or 0.0, _LEAST), _MOST))


def held() -> bool:
    return _now() < _until
