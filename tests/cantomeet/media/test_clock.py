"""A single damaged time moves no sound. A clock that does not return after a leap is trusted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from av.packet import Packet

from cantomeet import media
from cantomeet.media.clock import SteadyClock
from cantomeet.media.ebml import ebml_element
from tests.marked import SECONDS, assert_whole, file_bytes, marked

MONO = marked()
HOUR = 3600.0


def webm_clusters(content: bytes) -> list[int]:
    """The offset of each cluster's time."""
    at = content.index(b"\x18\x53\x80\x67") + 12
    places = []
    while at < len(content):
        name, size, body = ebml_element(content, at)
        if name == b"\x1f\x43\xb6\x75":
            places.append(content.index(b"\xe7", body) + 2)
        at = body + (size or 0)
    return places


def webm(which: int) -> bytes:
    """A WebM with a half-second cluster whose time is 16 s too late, as after a flipped bit."""
    content = file_bytes("webm", "libopus", [MONO], options={"cluster_time_limit": "500"})
    at = webm_clusters(content)[which]
    return content[:at] + bytes([content[at] ^ 0x40]) + content[at + 1 :]


def matroska_behind_its_beginning() -> bytes:
    """A recording whose clock starts at 30 minutes, with one cluster at 12 minutes."""
    content = file_bytes("matroska", "aac", [MONO], options={"cluster_time_limit": "500"}, starts=(HOUR / 2,))
    at = webm_clusters(content)[4]
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]


def ogg() -> bytes:
    """An Ogg with a page in the middle whose time is 50 minutes too late."""
    content = file_bytes("ogg", "libopus", [MONO], options={"page_duration": "200000"})
    pages = [found.start() for found in re.finditer(b"OggS", content)]
    at, after = pages[8], pages[9]
    page = bytearray(content[at:after])
    page[6:14] = (int.from_bytes(page[6:14], "little") + 50 * 60 * 48_000).to_bytes(8, "little")
    page[22:26] = bytes(4)
    page[22:26] = checksum(page).to_bytes(4, "little")
    return content[:at] + bytes(page) + content[after:]


def checksum(page: bytes) -> int:
    """The checksum of an Ogg page: CRC-32 without reflection (RFC 3533)."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x104C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


def transport(which: int, byte: int, bit: int) -> bytes:
    """A transport stream with a flipped bit in a packet's time."""
    content = bytearray(file_bytes("mpegts", "aac", [MONO]))
    places = [found.start() + 9 for found in re.finditer(b"\0\0\1\xc0", bytes(content))]
    content[places[which] + byte] ^= 1 << bit
    return bytes(content)


DAMAGED: dict[str, Callable[[], bytes]] = {
    "a cluster of webm": lambda: webm(5),
    "the last cluster of webm": lambda: webm(-1),
    "a cluster that goes back": matroska_behind_its_beginning,
    "a page of ogg": ogg,
    "a packet of a broadcast, by 50 minutes": lambda: transport(5, 1, 6),
    "a packet of a broadcast, by 12 seconds": lambda: transport(100, 2, 6),
    "the last packet of a broadcast": lambda: transport(-1, 1, 6),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_time_inserts_no_silence(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DAMAGED[name]())
    found = media.decode_to_wav(tmp_path / "file", tmp_path / "wav")
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert found.missing == ()
    assert not found.plays_alike, "a player is led astray"
    assert_whole(tmp_path / "wav")


def packets(*begins: float) -> Iterator[Packet]:
    """Packets of half a second that start at these times."""
    for begin in begins:
        packet = Packet(b"sound")
        packet.time_base, packet.duration = Fraction(1, 1000), 500
        packet.pts = packet.dts = int(begin * 1000)
        yield packet


def corrected(*begins: float, stated_end: float = 0.0) -> list[float]:
    clock = SteadyClock(stated_end)
    return [packet.pts / 1000 for packet in clock.corrected(packets(*begins)) if packet and packet.pts is not None]


def test_a_leap_that_is_taken_back_is_corrected() -> None:
    assert corrected(0, 0.5, 900, 900.5, 2.0, 2.5) == [0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert corrected(100, 100.5, 7, 7.5, 102.0) == [100, 100.5, 101.0, 101.5, 102.0]


@pytest.mark.parametrize("gap", [2.5, 60.0, HOUR, 10 * HOUR, -5.0, -HOUR])
def test_a_clock_that_stays_where_it_leapt_to_is_left_alone(gap: float) -> None:
    begins = [number / 2 + 2 * HOUR + (gap if number > 20 else 0) for number in range(400)]
    assert corrected(*begins) == begins


def test_each_of_many_pauses_is_left_alone() -> None:
    begins = [number / 2 + number // 10 * 30.0 for number in range(1000)]
    assert corrected(*begins) == begins


def test_packets_after_the_stated_end_are_corrected() -> None:
    assert corrected(0, 0.5, 1.0, 300, 300.5, 301, stated_end=3.0) == [0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert corrected(0, 0.5, 1.0, 300, 300.5, 301) == [0, 0.5, 1.0, 300, 300.5, 301]


def test_no_packet_is_lost_if_the_demuxer_fails_meanwhile() -> None:
    def failing() -> Iterator[Packet | None]:
        yield from packets(0, 0.5, 900)
        yield None
        yield from packets(1.5, 2.0)

    assert [packet and packet.pts for packet in SteadyClock().corrected(failing())] == [0, 500, 1000, None, 1500, 2000]
