"""Whether a stated length tells of lost sound, or is a number that nothing in the file bears out."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.packet import Packet

from cantomeet.media.limits import LONGEST_SECONDS

_ABSURD = 10.0
"""Times what is there, for a length that no recording has."""
_DOUBTFUL = 20.0
"""Times what is there, for a file that does not look cut off: less than a twentieth of it would be left."""


def is_believable(stated: float, heard: float, *, ends_whole: bool = False) -> bool:
    """Whether a file of which `heard` seconds were read was once `stated` seconds long.

    A file can be cut off anywhere, so a large share alone is no reason to doubt. `ends_whole`: its last frame is
    complete, which a cut leaves so about once in a thousand files.
    """
    if stated > LONGEST_SECONDS and stated > _ABSURD * heard:
        return False
    return not (ends_whole and stated > _DOUBTFUL * heard)


def is_whole_frame(demuxer: str, packet: Packet[AudioStream] | None) -> bool:
    """Whether the last packet of a file is complete, in formats whose frames say so."""
    if packet is None or packet.is_corrupt:
        return False
    if demuxer == "flac":
        return not _flac_checksum(bytes(packet))
    return demuxer == "wv"


def _flac_checksum(frame: bytes) -> int:
    """CRC-16 (polynomial 0x8005) over a frame and the sum at its end: zero where both agree."""
    checksum = 0
    for byte in frame:
        checksum ^= byte << 8
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x18005 if checksum & 0x8000 else 0)) & 0x1FFFF
    return checksum & 0xFFFF
