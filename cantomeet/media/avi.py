"""Packet times in AVI files. The packets have none, but the index lists all packets, destroyed ones included."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.packet import Packet

_CHUNK_HEAD = 8
"""Bytes between the position in the index and the packet."""


class AviIndex:
    """The index of one track, followed while its packets are read. FFmpeg counts only the packets that are left."""

    def __init__(self, stream: AudioStream) -> None:
        self._entries = stream.index_entries
        self._base = float(stream.time_base or 0)
        first, second = self._entries[0], self._entries[1]
        self._in_bytes = second.timestamp - first.timestamp == first.size
        self._unit = 1.0
        """Units of the index per step of the packets' clock: bytes per sample, or one."""
        self._at = self._late = 0

    @property
    def end(self) -> float:
        """Start of the last packet, in seconds."""
        return self._entries[-1].timestamp / self._unit * self._base

    def correct(self, packet: Packet[AudioStream]) -> bool:
        """Set the packet's time from the index. True if packets before it are destroyed."""
        if packet.pos is None or packet.pts is None:
            return False
        if self._in_bytes and packet.duration:
            self._unit = packet.size / packet.duration
        late = max(self._late, self._late_by(packet.pos, packet.pts))
        lost, self._late = late > self._late, late
        packet.pts += late
        return lost

    def _late_by(self, place: int, counted: int) -> int:
        while self._at < len(self._entries) and self._entries[self._at].pos + _CHUNK_HEAD < place:
            self._at += 1
        if self._at == len(self._entries) or self._entries[self._at].pos + _CHUNK_HEAD != place:
            return 0
        return round(self._entries[self._at].timestamp / self._unit) - counted
