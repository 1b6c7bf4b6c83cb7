"""Finds lost sound in Creative Voice files. The demuxer stops at the first destroyed block."""

from __future__ import annotations

import re

from cantomeet.media.tags import Data

_HEAD = 4
"""Bytes of a block's header."""
_SOUND = (1, 2, 9)
_LAST_TYPE = 9


def lost_share(data: Data, start: int, end: int) -> float:
    """The ratio of lost to read bytes of sound. Lost are bytes after the last whole block, or truncated ones."""
    at = start + int.from_bytes(data[start + 20 : start + 22], "little")
    read = lost = 0
    while at + _HEAD <= end and not lost:
        kind, size = data[at], int.from_bytes(data[at + 1 : at + _HEAD], "little")
        if not 0 < kind <= _LAST_TYPE:
            # Zeros after the end are padding.
            lost = end - at if re.compile(rb"[^\x00]").search(data, at, end) else 0
            break
        at += _HEAD + size
        lost = max(0, at - end)
        read += size - lost if kind in _SOUND else 0
    return lost / read if read > 0 else 0.0
