"""Finds what FFmpeg does not report about Matroska and WebM files: destroyed clusters and repeated tracks."""

from __future__ import annotations

from collections.abc import Iterator

from cantomeet.media.ebml import ebml_element, ebml_size
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
_TRACKS, _TRACK, _NUMBER, _VOID = b"\x16\x54\xae\x6b", b"\xae", b"\xd7", b"\xec"
_MOST_ENTRIES = 1000
"""Limit on the entries of one track list that are read. All after them are hidden."""
_MOST_LISTS = 64
"""Limit on track lists. Ordinary files have one."""
_MOST_ELEMENTS = 200_000
"""Limit on the elements before the first cluster."""
_MOST_TRACKS = 64
_VOID_HEAD = 9
"""Bytes of the header of a Void element with an eight-byte size."""
_MOST_RUNS = 16
"""Limit on patches, because each slows down every read a little."""


def destroyed(data: Data, start: int, end: int) -> Iterator[tuple[float, float]]:
    """Yield start and end of each destroyed span between blocks, in seconds of the file's clock."""
    tick, cluster, last, lost = 0.001, 0.0, 0.0, False
    at = start
    while at < end:
        name, size, body = ebml_element(data, at)
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
            block = body if name == _SIMPLE_BLOCK else ebml_element(data, body)[2]
            _, number_end = ebml_size(data, block)
            last = cluster + int.from_bytes(data[number_end : number_end + 2], "big", signed=True) * tick
        at = body + size


def surplus_tracks(data: Data, start: int, end: int) -> dict[int, bytes]:
    """Patches that hide surplus track entries: those with a track number that occurred before, and those beyond 64.

    FFmpeg keeps every entry, although blocks belong to the first one with their number. The file is opened once for
    each track, so a hundred thousand entries would be read dozens of times.
    """
    runs = list[tuple[int, int]]()
    for at, after in _surplus(data, start, end):
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], after)
        else:
            runs.append((at, after))
    long = [run for run in runs if run[1] - run[0] >= _VOID_HEAD]
    return {at: _VOID + b"\x01" + (after - at - _VOID_HEAD).to_bytes(7, "big") for at, after in long[:_MOST_RUNS]}


def _surplus(data: Data, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each surplus entry, or of a whole track list that has only such entries."""
    at, numbers, lists = start, set[int](), 0
    for _ in range(_MOST_ELEMENTS):
        if at >= end:
            return
        name, size, body = ebml_element(data, at)
        if name == _SEGMENT:
            at = body
            continue
        if name not in _SKIPPED or size is None or body + size > end:
            return
        if name == _TRACKS:
            lists += 1
            entries = list(_entries(data, body, body + size, numbers)) if lists <= _MOST_LISTS else []
            if all(is_surplus for *_, is_surplus in entries):
                yield at, body + size
            else:
                yield from ((begin, after) for begin, after, is_surplus in entries if is_surplus)
        at = body + size


def _entries(data: Data, at: int, end: int, numbers: set[int]) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end of each entry and whether it is surplus. `numbers` are the track numbers so far."""
    surplus = False
    for _ in range(_MOST_ENTRIES):
        if at >= end:
            return
        name, size, body = ebml_element(data, at)
        if size is None or body + size > end:
            return
        if name == _TRACK:
            number = _number(data, body, body + size)
            surplus = number in numbers or len(numbers) >= _MOST_TRACKS
            numbers |= set() if surplus else {number}
        if surplus or name == _TRACK:
            # Other elements after a surplus entry, such as a checksum, are hidden with it.
            yield at, body + size, surplus
        at = body + size
    if at < end:
        yield at, end, True


def _number(data: Data, at: int, end: int) -> int:
    """The number of a track entry, or 0 if it has none."""
    for _ in range(_MOST_ENTRIES):
        if at >= end:
            break
        name, size, body = ebml_element(data, at)
        if size is None:
            break
        if name == _NUMBER:
            return int.from_bytes(data[body : body + size], "big")
        at = body + size
    return 0


def _fits(name: bytes, after: int, end: int) -> bool:
    """Whether an element that ends at `after` is valid. A block of a truncated file may end after the file."""
    return after <= end or name in (_SIMPLE_BLOCK, _BLOCK_GROUP)


def _tick(data: Data, at: int, end: int) -> float:
    """The duration of a clock tick in seconds."""
    while at < end:
        name, size, body = ebml_element(data, at)
        if size is None:
            break
        if name == _TICKS:
            return int.from_bytes(data[body : body + size], "big") / 1e9
        at = body + size
    return 0.001
