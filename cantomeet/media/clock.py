"""Corrects packet times that were damaged, for example by a flipped bit.

After damage the clock leaps and soon returns to its old course. A recorder that paused or restarted continues from the
new time instead, so only a leap that is taken back is damage.
"""

from __future__ import annotations

from collections.abc import Iterator

from av.audio.stream import AudioStream
from av.packet import Packet

_LEAP_SECONDS = 2.0
"""Smaller deviations of the clock are ignored."""
_SAME_SECONDS = 1.0
"""The clock is back on its old course if it differs from it by at most this much."""
_LOOK_AHEAD_SECONDS = 60.0
"""More than the sound of one cluster, page or broadcast packet, which share one time."""
_TAIL_SECONDS = 1.0
"""Sound shorter than this after a leap of more than `_LOOK_AHEAD_SECONDS` is damage: nobody resumes for it."""
_MOST_BYTES = 16 * 1024 * 1024
"""Limit on the bytes of held packets."""

Packets = Iterator["Packet[AudioStream] | None"]


class SteadyClock:
    """Corrects the times of damaged packets. The order of packets stays the same."""

    def __init__(self, stated_end: float = 0.0) -> None:
        """`stated_end`: the end that the container states, in seconds of its clock; 0 if it states none."""
        self._stated_end = stated_end
        self.leap = 0.0
        """The longest leap that was corrected, in seconds."""
        self._held: list[Packet[AudioStream] | None] = []
        self._bytes = 0
        self._due: float | None = None
        """When the next packet should begin on the old course."""
        self._leapt_from = 0.0
        """Where the clock left the old course."""

    def corrected(self, packets: Packets) -> Packets:
        for packet in packets:
            time = None if packet is None else _seconds(packet, packet.pts)
            if packet is not None and self._held and time is not None and self._is_due(time):
                self._correct()
                yield from self._released()
            if self._held or (time is not None and self._leaps(time)):
                self._hold(packet)
                if self._is_real():
                    yield from self._released()
                    self._due = None
                continue
            if packet is not None:
                self._advance(packet, time)
            yield packet
        if self._held and self._ends_implausibly():
            self._correct()
        yield from self._released()

    def _is_due(self, time: float) -> bool:
        return self._due is not None and abs(time - self._due) <= _SAME_SECONDS

    def _leaps(self, time: float) -> bool:
        return self._due is not None and not -_SAME_SECONDS <= time - self._due <= _LEAP_SECONDS

    def _hold(self, packet: Packet[AudioStream] | None) -> None:
        if not self._held:
            self._leapt_from, self._bytes = self._due or 0.0, 0
        self._held.append(packet)
        if packet is not None:
            self._bytes += packet.size
            self._due = (self._due or 0.0) + (_seconds(packet, packet.duration) or 0.0)

    def _is_real(self) -> bool:
        """Whether the leap is real: the clock has not returned for long enough."""
        return (self._due or 0.0) - self._leapt_from > _LOOK_AHEAD_SECONDS or self._bytes > _MOST_BYTES

    def _ends_implausibly(self) -> bool:
        """Whether the last packets are after the stated end, or very short after a long silence."""
        times = [_seconds(packet, packet.pts) for packet in self._held if packet is not None]
        latest = max((time for time in times if time is not None), default=0.0)
        if self._stated_end and latest > self._stated_end + _LEAP_SECONDS:
            return True
        due = self._due or 0.0
        return due - self._leapt_from < _TAIL_SECONDS and latest - due > _LOOK_AHEAD_SECONDS

    def _correct(self) -> None:
        at = self._leapt_from
        for packet in self._held:
            if packet is None:
                continue
            wrong = _seconds(packet, packet.pts)
            if wrong is not None and packet.time_base:
                self.leap = max(self.leap, abs(wrong - at))
                packet.pts = packet.dts = round(at / packet.time_base)
            at += _seconds(packet, packet.duration) or 0.0

    def _released(self) -> Packets:
        held, self._held = self._held, []
        yield from held

    def _advance(self, packet: Packet[AudioStream], time: float | None) -> None:
        begin = self._due if time is None else time
        if begin is not None:
            self._due = begin + (_seconds(packet, packet.duration) or 0.0)


def _seconds(packet: Packet[AudioStream], count: int | None) -> float | None:
    return None if count is None or packet.time_base is None else float(count * packet.time_base)
