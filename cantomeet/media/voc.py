"""What a Creative Voice file lost: a demuxer follows its blocks, and ends at the first that is destroyed."""

from __future__ import annotations

import re

from cantomeet.media.tags import Data

_HEAD = 4
"""Bytes before a block's body."""
_SOUND = (1, 2, 9)
_LAST_TYPE = 9


def lost_share(data: Data, start: int, end: int) -> float:
    """Bytes that are lost for each byte of sound that is read: behind the last whole block, or cut off from it."""
    at = start + int.from_bytes(data[start + 20 : start + 22], "little")
    read = lost = 0
    while at + _HEAD <= end and not lost:
        kind, size = data[at], int.from_bytes(data[at + 1 : at + _HEAD], "little")
        if not 0 < kind <= _LAST_TYPE:
            # Zeros behind the end are padding.
            lost = end - at if re.compile(rb"[^\x00]").search(data, at, end) else 0
            break
        at += _HEAD + size
        lost = max(0, at - end)
        read += size - lost if kind in _SOUND else 0
    return lost / read if read > 0 else 0.0
