"""The pages of an Ogg file: those that state a false time, and what the last one states when it is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from cantomeet.media.tags import Data

_WORD = b"OggS\0"
_HEAD = 27
"""Bytes before the lacing values."""
_SOUND = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
"""How the first packet of a stream of sound begins; the clocks of others mean something else."""
_MOST_FALSE = 100
"""Pages in a file whose time is corrected."""
_MOST_SAMPLES = 255 * 65_535
"""On one page: so many packets, each of the longest block of FLAC."""
_FAR_LONGER = 4
"""Times what the packets of earlier pages last."""
_POLYNOMIAL = 0x04C11DB7


@dataclass(frozen=True)
class _Page:
    at: int
    size: int
    packets: int
    """That end on this page."""
    granule: int
    """The time at its end, in samples."""


@dataclass
class Clock:
    """What the pages of one file say."""

    patches: dict[int, bytes] = field(default_factory=dict)
    """By offset: times that lie between those of the neighbours, instead of false ones."""
    end: int = 0
    """In samples, as the last page says, whether it was cut off or not; 0 where that cannot be believed."""


def read_clock(data: Data, start: int, end: int) -> Clock:
    """FFmpeg believes each page's time: a false one makes it leave out the page, or its clock jump twice.

    One false page at a time is known by its neighbours; two in a row pass for a clock that was started again.
    """
    clock = Clock()
    streams: dict[bytes, list[_Page]] = {}
    after, destroyed = start, False
    for page in _pages(data, start, end):
        destroyed |= page.at > after
        after = page.at + page.size
        serial = bytes(data[page.at + 14 : page.at + 18])
        if data[page.at + 5] & 2:
            body = page.at + _HEAD + data[page.at + 26]
            streams.pop(serial, None)
            if data[body : body + 8].startswith(_SOUND):
                streams[serial] = []
        if serial not in streams:
            continue
        if page.at + page.size > end:
            last = streams[serial][-1].granule if streams[serial] else 0
            clock.end = page.granule if 0 < page.granule - last <= _MOST_SAMPLES else 0
        elif page.packets:
            streams[serial].append(page)
    if len(streams) != 1:
        clock.end = 0
    for pages in streams.values():
        times = {page.at: page.granule for page in pages}
        for page, granule in islice(_false(pages), _MOST_FALSE):
            times[page.at] = granule
            clock.patches |= _patch(data, page, granule)
        if len(streams) == 1 and not clock.end:
            clock.end = _end(pages, list(times.values()), destroyed)
    return clock


def _end(pages: list[_Page], times: list[int], destroyed: bool) -> int:
    """What the last of `pages` says, unless it lasts far longer than those before it and none of them is missing."""
    if len(pages) < 2:
        return 0
    usual = times[-2] / max(1, sum(page.packets for page in pages[:-1]))
    return times[-1] if destroyed or times[-1] - times[-2] <= _FAR_LONGER * usual * pages[-1].packets else 0


def _pages(data: Data, at: int, end: int) -> Iterator[_Page]:
    """Pages that are followed by another or by the end; the last may be cut off behind its head."""
    while (at := data.find(_WORD, at, end)) >= 0 and at + _HEAD + data[at + 26 : at + 27][0] <= end:
        lacing = data[at + _HEAD : at + _HEAD + data[at + 26]]
        size = _HEAD + len(lacing) + sum(lacing)
        after = data[at + size : at + size + 5] if at + size < end else _WORD
        if after == _WORD and (at + size <= end or data.find(_WORD, at + 1, end) < 0):
            granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
            yield _Page(at, size, sum(value < 255 for value in lacing), granule)
            at += size
        else:
            at += 1


def _false(pages: list[_Page]) -> Iterator[tuple[_Page, int]]:
    """With the time that each should state."""
    last = packets = 0
    for number, page in enumerate(pages):
        following = next((later for later in pages[number + 1 : number + 3] if later.granule >= 0), None)
        if following is None:
            false = page.granule < last
            right = last + page.packets * last // max(1, packets)
        else:
            false = page.granule < 0 or (last <= following.granule and not last <= page.granule <= following.granule)
            right = last + (following.granule - last) * page.packets // (page.packets + following.packets)
        if false:
            yield page, max(0, right)
        last, packets = (right if false else page.granule), packets + page.packets


def _patch(data: Data, page: _Page, granule: int) -> dict[int, bytes]:
    content = bytearray(data[page.at : page.at + page.size])
    content[6:14] = granule.to_bytes(8, "little")
    content[22:26] = bytes(4)
    return {page.at + 6: bytes(content[6:14]), page.at + 22: _checksum(content).to_bytes(4, "little")}


def _checksum(content: bytearray) -> int:
    """CRC-32 without reflection, as RFC 3533 has it: FFmpeg leaves out a page whose checksum is wrong."""
    value = 0
    for byte in content:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value


def _row(value: int) -> int:
    value <<= 24
    for _ in range(8):
        value = (value << 1 & 0xFFFFFFFF) ^ (_POLYNOMIAL if value >> 31 else 0)
    return value


_TABLE = [_row(value) for value in range(256)]
