"""Where the clusters of a Matroska or WebM file are destroyed: a demuxer goes on behind that without a word."""

from __future__ import annotations

from collections.abc import Iterator

from cantomeet.media.parts import ebml_size
from cantomeet.media.tags import Data

_CLUSTER = b"\x1f\x43\xb6\x75"
_SEGMENT = b"\x18\x53\x80\x67"
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = b"\xe7", b"\xa3", b"\xa0", b"\xa1"
_ENTERED = (_SEGMENT, _CLUSTER)
_SKIPPED = frozenset(
    {
        _TIMESTAMP,
        _SIMPLE_BLOCK,
        _BLOCK_GROUP,
        b"\xa7",  # position
        b"\xab",  # size before
        b"\xaf",  # encrypted block
        b"\xbf",  # checksum
        b"\xec",  # void
        b"\x58\x54",  # silent tracks
        b"\x1a\x45\xdf\xa3",  # the file's header
        b"\x11\x4d\x9b\x74",  # seek head
        b"\x15\x49\xa9\x66",  # info
        b"\x16\x54\xae\x6b",  # tracks
        b"\x1c\x53\xbb\x6b",  # cues
        b"\x12\x54\xc3\x67",  # tags
        b"\x19\x41\xa4\x69",  # attachments
        b"\x10\x43\xa7\x70",  # chapters
    }
)
_TICKS = b"\x2a\xd7\xb1"
_INFO = b"\x15\x49\xa9\x66"


def destroyed(data: Data, start: int, end: int) -> Iterator[tuple[float, float]]:
    """From when to when (seconds of the file's clock) the bytes between blocks make no sense."""
    tick, cluster, last, lost = 0.001, 0.0, 0.0, False
    at = start
    while at < end:
        name, size, body = _element(data, at)
        if name in _ENTERED:
            at = body
            continue
        if name not in _SKIPPED or size is None or not _fits(name, body + size, end):
            found = data.find(_CLUSTER, at + 1, end)
            lost, at = True, found if found >= 0 else end
            continue
        if name == _INFO:
            tick = _tick(data, body, body + size)
        if name == _TIMESTAMP:
            cluster = int.from_bytes(data[body : body + size], "big") * tick
            if lost:
                yield last, cluster
                lost = False
        if name in (_SIMPLE_BLOCK, _BLOCK_GROUP):
            block = body if name == _SIMPLE_BLOCK else _element(data, body)[2]
            _, number_end = ebml_size(data, block)
            last = cluster + int.from_bytes(data[number_end : number_end + 2], "big", signed=True) * tick
        at = body + size


def _fits(name: bytes, after: int, end: int) -> bool:
    """The last element of a file that was cut off ends behind it, and is no damage by itself."""
    return after <= end or name in (_SIMPLE_BLOCK, _BLOCK_GROUP)


def _element(data: Data, at: int) -> tuple[bytes, int | None, int]:
    """Name, size of the body (None: unknown), and where that begins."""
    length = 9 - data[at].bit_length()
    size, body = ebml_size(data, at + length)
    return bytes(data[at : at + length]), size, body


def _tick(data: Data, at: int, end: int) -> float:
    """Seconds that a step of the clock lasts."""
    while at < end:
        name, size, body = _element(data, at)
        if size is None:
            break
        if name == _TICKS:
            return int.from_bytes(data[body : body + size], "big") / 1e9
        at = body + size
    return 0.001
