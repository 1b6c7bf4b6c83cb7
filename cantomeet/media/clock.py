"""Times of packets that a flipped bit set far away: the clock leaps and is back on its old course soon after.

A recorder that paused or started again goes on from where it leapt to, so a leap that is taken back is damage.
"""

from __future__ import annotations

from collections.abc import Iterator

from av.audio.stream import AudioStream
from av.packet import Packet

_LEAP_SECONDS = 2.0
"""A clock that is off by less is left alone."""
_SAME_SECONDS = 1.0
"""By which the clock may differ from its old course and still be on it."""
_LOOK_AHEAD_SECONDS = 60.0
"""A cluster, page or packet of a broadcast, to which one time belongs, holds less sound."""
_MOMENT_SECONDS = 1.0
"""Sound so short, behind a leap beyond `_LOOK_AHEAD_SECONDS`, ends no recording: nobody resumed for it."""
_MOST_BYTES = 16 * 1024 * 1024
"""Of packets held meanwhile."""

Packets = Iterator["Packet[AudioStream] | None"]


class SteadyClock:
    """Sets the times of such packets right; `packets` are passed on in their order."""

    def __init__(self, stated_end: float = 0.0) -> None:
        """`stated_end`: by the container, in seconds of its clock; 0 where it does not say."""
        self._stated_end = stated_end
        self.leap = 0.0
        """The longest that was set right, in seconds."""
        self._held: list[Packet[AudioStream] | None] = []
        self._bytes = 0
        self._due: float | None = None
        """When the next packet should begin, by the old course."""
        self._left = 0.0
        """Where the clock left it."""

    def steadied(self, packets: Packets) -> Packets:
        for packet in packets:
            time = None if packet is None else _seconds(packet, packet.pts)
            if packet is not None and self._held and time is not None and self._is_due(time):
                self._set_right()
                yield from self._released()
            if self._held or (time is not None and self._leaps(time)):
                self._hold(packet)
                if self._is_real():
                    yield from self._released()
                    self._due = None
                continue
            if packet is not None:
                self._go_on(packet, time)
            yield packet
        if self._held and self._ends_absurdly():
            self._set_right()
        yield from self._released()

    def _is_due(self, time: float) -> bool:
        return self._due is not None and abs(time - self._due) <= _SAME_SECONDS

    def _leaps(self, time: float) -> bool:
        return self._due is not None and not -_SAME_SECONDS <= time - self._due <= _LEAP_SECONDS

    def _hold(self, packet: Packet[AudioStream] | None) -> None:
        if not self._held:
            self._left, self._bytes = self._due or 0.0, 0
        self._held.append(packet)
        if packet is not None:
            self._bytes += packet.size
            self._due = (self._due or 0.0) + (_seconds(packet, packet.duration) or 0.0)

    def _is_real(self) -> bool:
        """The clock stays where it leapt to."""
        return (self._due or 0.0) - self._left > _LOOK_AHEAD_SECONDS or self._bytes > _MOST_BYTES

    def _ends_absurdly(self) -> bool:
        """The last packets are where the recording has ended, or alone after a long silence."""
        times = [_seconds(packet, packet.pts) for packet in self._held if packet is not None]
        latest = max((time for time in times if time is not None), default=0.0)
        if self._stated_end and latest > self._stated_end + _LEAP_SECONDS:
            return True
        due = self._due or 0.0
        return due - self._left < _MOMENT_SECONDS and latest - due > _LOOK_AHEAD_SECONDS

    def _set_right(self) -> None:
        at = self._left
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

    def _go_on(self, packet: Packet[AudioStream], time: float | None) -> None:
        begin = self._due if time is None else time
        if begin is not None:
            self._due = begin + (_seconds(packet, packet.duration) or 0.0)


def _seconds(packet: Packet[AudioStream], count: int | None) -> float | None:
    return None if count is None or packet.time_base is None else float(count * packet.time_base)
