"""Judges whether a stated duration is plausible, so that the difference to the real one is lost sound."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.packet import Packet

from cantomeet.media.limits import LONGEST_SECONDS

_IMPLAUSIBLE = 10.0
"""A stated duration of more than a day is implausible if it is this many times the real one."""
_UNLIKELY = 20.0
"""For a file that does not look truncated, a stated duration of this many times the real one is implausible."""


def is_believable(stated: float, heard: float, *, ends_whole: bool = False) -> bool:
    """Whether a file of which `heard` seconds were read may once have been `stated` seconds long.

    A file can be truncated anywhere, so a large difference alone is plausible. `ends_whole`: its last frame is
    complete, which is so in about one of a thousand truncated files.
    """
    if stated > LONGEST_SECONDS and stated > _IMPLAUSIBLE * heard:
        return False
    return not (ends_whole and stated > _UNLIKELY * heard)


def is_whole_frame(demuxer: str, packet: Packet[AudioStream] | None) -> bool:
    """Whether the last packet of a file is complete, in formats whose frames show it."""
    if packet is None or packet.is_corrupt:
        return False
    if demuxer == "flac":
        return not _flac_checksum(bytes(packet))
    return demuxer == "wv"


def _flac_checksum(frame: bytes) -> int:
    """CRC-16 (polynomial 0x8005) over a frame including its own checksum: zero if it is correct."""
    checksum = 0
    for byte in frame:
        checksum ^= byte << 8
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x18005 if checksum & 0x8000 else 0)) & 0x1FFFF
    return checksum & 0xFFFF
