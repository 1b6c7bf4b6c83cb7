"""Reads the pages of an Ogg file, to correct false times and to find the stated end of a truncated file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from cantomeet.media.tags import Data

_WORD = b"OggS\0"
_HEAD = 27
"""Bytes of a page header before the lacing values."""
_SOUND = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
"""How the first packet of an audio stream starts. Other streams use their clocks differently."""
_MOST_FALSE = 100
"""Limit on the pages whose time is corrected."""
_MOST_SAMPLES = 255 * 65_535
"""Limit on the samples of one page: 255 packets of FLAC's longest block."""
_FAR_LONGER = 4
"""The last page is implausible if its packets are this many times longer than earlier ones."""
_POLYNOMIAL = 0x04C11DB7


@dataclass(frozen=True)
class _Page:
    at: int
    size: int
    packets: int
    """Number of packets that end on this page."""
    granule: int
    """The time at the end of the page, in samples."""


@dataclass
class OggClock:
    """The corrected times of an Ogg file."""

    patches: dict[int, bytes] = field(default_factory=dict)
    """By file offset: times between those of the neighbours, which replace false ones."""
    end: int = 0
    """The end in samples by the last page, truncated or not. 0 if it is implausible."""


def read_clock(data: Data, start: int, end: int) -> OggClock:
    """Read the page times of an Ogg file and correct false ones.

    FFmpeg trusts each page's time: a false one makes it drop the page, or makes its clock jump twice. A single false
    page is detected by its neighbours. Two in a row count as a clock that was restarted.
    """
    clock = OggClock()
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
        for page, granule in islice(_false_pages(pages), _MOST_FALSE):
            times[page.at] = granule
            clock.patches |= _patch(data, page, granule)
        if len(streams) == 1 and not clock.end:
            clock.end = _end(pages, list(times.values()), destroyed)
    return clock


def _end(pages: list[_Page], times: list[int], destroyed: bool) -> int:
    """The time of the last page. 0 if no page is destroyed and the last one is far longer than the others."""
    if len(pages) < 2:
        return 0
    usual = times[-2] / max(1, sum(page.packets for page in pages[:-1]))
    return times[-1] if destroyed or times[-1] - times[-2] <= _FAR_LONGER * usual * pages[-1].packets else 0


def _pages(data: Data, at: int, end: int) -> Iterator[_Page]:
    """Yield the pages that are followed by another one or by the end. The last may be truncated after its header."""
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


def _false_pages(pages: list[_Page]) -> Iterator[tuple[_Page, int]]:
    """Yield each page with a false time, and the time that it should have."""
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
    """CRC-32 without reflection (RFC 3533). FFmpeg drops a page with a wrong checksum."""
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
