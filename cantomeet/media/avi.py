"""The times of packets in an AVI: it holds none, but its index names the destroyed packets too."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.packet import Packet

_CHUNK_HEAD = 8
"""Bytes from the place that the index names to the packet."""


class AviIndex:
    """The index of one track, followed as its packets are read; FFmpeg counts only those that are left."""

    def __init__(self, stream: AudioStream) -> None:
        self._entries = stream.index_entries
        self._base = float(stream.time_base or 0)
        first, second = self._entries[0], self._entries[1]
        self._in_bytes = second.timestamp - first.timestamp == first.size
        self._unit = 1.0
        """What the index counts for each step of the packets' clock: bytes of one sample, or one."""
        self._at = self._late = 0

    @property
    def end(self) -> float:
        """Seconds at which the last packet begins."""
        return self._entries[-1].timestamp / self._unit * self._base

    def correct(self, packet: Packet[AudioStream]) -> bool:
        """Set the packet's time to what the index says. True where packets before it are destroyed."""
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
