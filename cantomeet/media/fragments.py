"""Validates the header (`moof`) of an MP4 fragment. FFmpeg stops reading a file at an invalid one."""

from __future__ import annotations

from collections.abc import Mapping

from cantomeet.media.boxes import boxes
from cantomeet.media.tags import Data

_BASE, _DESCRIPTION, _DURATION, _SIZE = 0x1, 0x2, 0x8, 0x10
"""Flags of the optional fields of a `tfhd`, in order (ISO/IEC 14496-12, 8.8.7)."""
_OFFSET, _FIRST_FLAGS, _SIZES = 0x1, 0x4, 0x200
_OF_SAMPLES = (0x100, _SIZES, 0x400, 0x800)
"""Flags of the optional fields of a `trun` (ISO/IEC 14496-12, 8.8.8)."""


def default_sizes(data: Data, start: int) -> dict[int, int]:
    """The default sample size in bytes by track, for the fragments of the movie at `start`."""
    sizes = dict[int, int]()
    for name, body, end in boxes(data, start, len(data)):
        if name in (b"moof", b"mdat"):
            break
        if name == b"moov":
            for inner, at, after in boxes(data, body, min(end, len(data))):
                if inner == b"mvex":
                    sizes |= {
                        _number(data, trex + 4): _number(data, trex + 16)
                        for kind, trex, _ in boxes(data, at, after)
                        if kind == b"trex"
                    }
            break
    return sizes


def is_whole_fragment(data: Data, body: int, end: int, sizes: Mapping[int, int]) -> bool:
    """Whether the boxes of the `moof` from `body` to `end` fill it, and their samples lie within its `mdat`."""
    room = _room(data, body, end)
    place, taken = body, 0
    for name, inner, place in boxes(data, body, end):
        if name != b"traf":
            continue
        size = _bytes_of_track(data, inner, min(place, end), sizes, room)
        if size is None:
            return False
        taken += size
    return place == end and (room is None or taken <= room)


def _room(data: Data, body: int, end: int) -> int | None:
    """Bytes from the start of the fragment to the end of its samples. None if no `mdat` follows."""
    name, _, after = next(boxes(data, end, len(data)), (b"", 0, 0))
    return after - (body - 8) if name == b"mdat" else None


def _bytes_of_track(data: Data, at: int, end: int, sizes: Mapping[int, int], room: int | None) -> int | None:
    """The total size of the samples of a `traf` in bytes. None if its boxes are invalid."""
    default, from_here, taken, place = 0, True, 0, at
    for name, body, place in boxes(data, at, end):
        if name == b"tfhd":
            flags = _number(data, body) & 0xFFFFFF
            default = sizes.get(_number(data, body + 4), 0)
            from_here = not flags & _BASE
            if flags & _SIZE:
                before = 8 * bool(flags & _BASE) + 4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION)
                default = _number(data, body + 8 + before)
        if name == b"trun":
            size = _bytes_of_run(data, body, place, default, room if from_here else None)
            if size is None:
                return None
            taken += size if from_here else 0
    return taken if place == end else None


def _bytes_of_run(data: Data, body: int, end: int, default: int, room: int | None) -> int | None:
    flags, count = _number(data, body) & 0xFFFFFF, _number(data, body + 4)
    fields = [flag for flag in _OF_SAMPLES if flags & flag]
    first = body + 8 + 4 * bool(flags & _OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    if first + 4 * len(fields) * count > end:
        return None
    if flags & _OFFSET and room is not None and not 0 <= _number(data, body + 8) <= room:
        return None
    sizes = [default] * bool(count)
    if _SIZES in fields:
        column = first + 4 * fields.index(_SIZES)
        sizes = [_number(data, column + 4 * len(fields) * row) for row in range(count)]
    # FFmpeg also stops reading at a sample of zero bytes.
    if not all(sizes):
        return None
    return sum(sizes) if _SIZES in fields else count * default


def _number(data: Data, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
