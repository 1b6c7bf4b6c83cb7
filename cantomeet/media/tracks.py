"""Decodes one sound track of a recording, places it on the recording's clock, and finds missing sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from numpy.typing import NDArray

from cantomeet.media.avi import AviIndex
from cantomeet.media.clock import SteadyClock
from cantomeet.media.ffmpeg import decoded, opened, packets_in
from cantomeet.media.found import Missing
from cantomeet.media.parts import Part
from cantomeet.media.stated import is_believable, is_whole_frame

Block = NDArray[np.float32]
"""Samples from -1 to 1, of shape (channels, samples)."""

GAP_SECONDS = 0.1
"""Longer gaps are filled with silence, so that the times of transcript and player agree."""
_LONGEST_GAP_SECONDS = 3600.0
"""A longer jump counts as a broken clock, not as silence."""
_JUMP_BACK_SECONDS = 1.0
"""A clock that jumps back further was restarted. Less is jitter."""
LEAST_MISSING_SECONDS = 0.25
"""A shorter loss is a click, not a lost word."""
_ROUGH_SECONDS = 1.0
"""The tolerance of a stated duration."""
_CLOCK_ERROR = 0.01
"""A container's clock that differs by a larger share from its samples is ignored."""

_WITHOUT_CLOCK = frozenset(
    {"mp3", "aac", "amr", "wav", "w64", "aiff", "au", "caf", "ac3", "eac3", "dts", "loas"}
    | {"tta", "wv", "ape", "tak", "voc", "oma", "qcp", "act"}
)
"""Demuxers whose times are counted or guessed while reading, not stored in the file."""
_WITHOUT_PAUSES = frozenset({"flac", "ogg", "mpegts", "mpeg", "asf"})
"""Demuxers in which a jump of the clock is a loss. In other formats recorders omit silence. MPEG streams contain
silence, and FFmpeg's parser hides lost packets.
"""
_STATING_LENGTH = frozenset({"asf", "flv", "wv", "tta", "ape", "tak"})
"""Demuxers that stop at destroyed bytes or skip them, and whose headers state the duration."""
_CODED_BYTES = ("pcm_", "adpcm_", "gsm", "dsd_")
"""Prefixes of codecs in which zero bytes can be sound."""


@dataclass
class Facts:
    """What decoding a track found."""

    demuxer: str = ""
    """FFmpeg's name."""
    codec: str = ""
    """FFmpeg's name."""
    first_byte: int = 0
    """Offset of the first packet from the start of the part."""
    frame: tuple[int, int] = (0, 0)
    """Number of samples of the first frame, and their rate."""
    begins: float = 0.0
    """The clock at the start, in seconds."""
    seconds: float = 0.0
    missing: list[Missing] = field(default_factory=list)
    deviation: float = 0.0
    """The largest difference between the container's clock and the samples so far, in seconds."""
    shapes: set[object] = field(default_factory=set)
    """All sample rates and channel layouts of the track."""
    channels: int = 0
    broken: bool = False
    """Whether anything could not be decoded, however short."""


class Track:
    """A sound track as blocks of samples. `facts` is complete once all blocks were read."""

    def __init__(self, file: BinaryIO, part: Part, stream: AudioStream, *, alone: bool) -> None:
        self._file, self._part, self._index, self._alone = file, part, stream.index, alone
        self._contradicts = _contradicts(stream)
        self.facts = Facts()
        self._resampler: AudioResampler | None = None
        self._shape: object = None
        self._rate = self._emitted = 0
        self._position = self._origin = self._jumped = 0.0
        self._timed = self._strict = self._lost = self._indexed = False
        self._index_of_avi: AviIndex | None = None
        self._last: Packet[AudioStream] | None = None
        """The last packet, or None if the demuxer failed there."""

    def blocks(self, rate: int) -> Iterator[Block]:
        self._rate = rate
        part, options = self._part, dict(self._part.options)
        if self._contradicts:
            # An edit list in a wrong time scale would cut off the end.
            options["ignore_editlist"] = "1"
        with opened(self._file, part.start, part.end, part.patches, options, part.skipped) as container:
            stream = container.streams[self._index]
            assert isinstance(stream, AudioStream)
            for other in container.streams:
                if other is not stream:
                    other.discard = Discard.all
            self._read_clock(container)
            self.facts.codec = stream.codec_context.codec.canonical_name
            # The index of a fragmented file grows while it is read. Any other index shows where the sound ends.
            self._indexed = self.facts.demuxer == "mov" and bool(stream.frames) and len(stream.index_entries) > 1
            end = (0.0, 0.0) if self._contradicts else _stated_end(container, stream, part, self._origin)
            if self.facts.demuxer == "avi" and len(stream.index_entries) > 1:
                self._index_of_avi = AviIndex(stream)
            # Other demuxers guess the end from the last time in the file.
            states_end = self.facts.demuxer == "matroska"
            clock = SteadyClock((container.duration or 0) / 1_000_000 if states_end else 0.0)
            packets = packets_in(container, stream)
            for packet in clock.corrected(packets) if self._timed else packets:
                yield from self._of_packet(packet, stream)
            if self._index_of_avi:
                end = (self._index_of_avi.end - self._origin, LEAST_MISSING_SECONDS)
            for frame in decoded(lambda: stream.codec_context.decode(None)) or ():
                yield from self._placed(frame)
            yield from self._flushed()
        self.facts.seconds = self._position
        self.facts.deviation = max(self.facts.deviation, clock.leap)
        self.facts.broken |= self._contradicts
        self._note_end(end)

    def _read_clock(self, container: InputContainer) -> None:
        name = container.format.name.split(",")[0]
        self.facts.demuxer = name
        self._timed = name not in _WITHOUT_CLOCK and not self._contradicts
        # If fragments are destroyed, a jump of the clock is their loss.
        self._strict = name in _WITHOUT_PAUSES or (name == "mov" and bool(self._part.patches))
        self._origin = self.facts.begins = (container.start_time or 0) / 1_000_000
        # Most recorders start their clock at zero. A clock that started hours before tells nothing about the loss.
        if self._part.lost_lead and 0.0 < self._origin <= _LONGEST_GAP_SECONDS:
            self._origin = 0.0

    def _of_packet(self, packet: Packet[AudioStream] | None, stream: AudioStream) -> Iterator[Block]:
        if packet is None:
            self._lost, self._last = True, None
            self.facts.broken = True
            return
        if self._index_of_avi:
            self._lost |= self._index_of_avi.correct(packet)
        if self._resampler is None and packet.pos is not None and not self._emitted:
            self.facts.first_byte = packet.pos
        self._last = packet if packet.size else self._last
        frames = None if _is_destroyed(packet, stream) else decoded(packet.decode)
        if frames is None:
            yield from self._broken(packet)
        for frame in frames or ():
            yield from self._placed(frame)

    def _broken(self, packet: Packet[AudioStream]) -> Iterator[Block]:
        self._lost = self.facts.broken = True
        seconds = float(packet.duration * packet.time_base) if packet.duration and packet.time_base else 0.0
        if not self._timed and 0.0 < seconds < _LONGEST_GAP_SECONDS:
            self._note(self._position, seconds)
            yield from self._silence_to(self._position + seconds)

    def _placed(self, frame: AudioFrame) -> Iterator[Block]:
        gap = self._gap_before(frame)
        if gap:
            if self._lost or self._strict:
                self._note(self._position, gap)
            yield from self._silence_to(self._position + gap)
        self._lost = False
        if not self.facts.shapes:
            self.facts.frame = (frame.samples, frame.rate)
        shape = (frame.format.name, frame.layout.name, frame.rate)
        if self._resampler is None or shape != self._shape:
            yield from self._flushed()
            self._resampler = AudioResampler("flt", frame.layout, self._rate, frame_size=self._rate // 2)
            self._shape = shape
            self.facts.shapes.add((frame.rate, frame.layout.name))
            self.facts.channels = max(self.facts.channels, frame.layout.nb_channels)
        self._position += frame.samples / frame.rate
        frame.pts = None
        yield from self._counted(self._resampler.resample(frame))

    def _gap_before(self, frame: AudioFrame) -> float:
        """Seconds of silence to insert before `frame`."""
        if not self._timed or frame.time is None:
            return 0.0
        gap = frame.time - self._origin - self._position
        if gap > _LONGEST_GAP_SECONDS or gap < -_JUMP_BACK_SECONDS:
            self._origin += gap
            self._jumped += gap
            self.facts.deviation = max(self.facts.deviation, abs(gap))
            return 0.0
        self.facts.deviation = max(self.facts.deviation, abs(gap))
        first = not self._emitted and self._resampler is None
        # Tracks that are mixed are aligned exactly.
        return gap if gap > (0.0 if first and not self._alone else GAP_SECONDS) else 0.0

    def _silence_to(self, position: float) -> Iterator[Block]:
        yield from self._flushed()
        self._position = position
        while (left := round(position * self._rate) - self._emitted) > 0:
            self._emitted += min(left, self._rate)
            yield np.zeros((1, min(left, self._rate)), np.float32)

    def _flushed(self) -> Iterator[Block]:
        if self._resampler is not None:
            yield from self._counted(self._resampler.resample(None))
        self._resampler = None

    def _counted(self, frames: list[AudioFrame]) -> Iterator[Block]:
        for frame in frames:
            self._emitted += frame.samples
            # Interleaved, because PyAV reads out of bounds with eight or more planes.
            yield np.asarray(frame.to_ndarray(), np.float32).reshape(-1, frame.layout.nb_channels).T

    def _note(self, at: float, seconds: float) -> None:
        last = self.facts.missing[-1] if self.facts.missing else None
        if last and at - (last.at + last.seconds) < LEAST_MISSING_SECONDS:
            self.facts.missing[-1] = Missing(last.at, at + seconds - last.at)
        else:
            self.facts.missing.append(Missing(at, seconds))

    def _note_end(self, stated: tuple[float, float]) -> None:
        end, tolerance = stated[0] - self._jumped, stated[1]
        if end - self._position <= tolerance:
            end = self._end_by_bytes()
        whole = is_whole_frame(self.facts.demuxer, self._last)
        if end > self._position and is_believable(end, self._position, ends_whole=whole):
            self._note(self._position, end - self._position)
        self.facts.missing = [gap for gap in self.facts.missing if gap.seconds >= LEAST_MISSING_SECONDS]

    def _end_by_bytes(self) -> float:
        """Where the sound would end if all bytes that the header states were there. 0 if that is unknown."""
        part = self._part
        if not part.missing_bytes or part.kind == "ebml" or self._indexed:
            return 0.0
        there = (part.data_bytes or part.end - part.start + part.missing_bytes) - part.missing_bytes
        return self._position * (1 + part.missing_bytes / max(1, there))


def _contradicts(stream: AudioStream) -> bool:
    """Whether the header has a wrong sample rate, so that packet times contradict the number of samples."""
    entries, context = stream.index_entries, stream.codec_context
    if stream.container.format.name == "mpeg":
        return False  # an index entry there covers several packets
    if len(entries) < 10 or not context.frame_size or not context.sample_rate or not stream.time_base:
        return False
    told = float((entries[9].timestamp - entries[1].timestamp) * stream.time_base) / 8
    real = context.frame_size / context.sample_rate
    # A decoder may later find that its frames are twice as long. Times in milliseconds are rounded.
    return stream.time_base.denominator > 4000 and all(
        abs(told / (real * factor) - 1) > _CLOCK_ERROR for factor in (0.5, 1, 2)
    )


def _is_destroyed(packet: Packet[AudioStream], stream: AudioStream) -> bool:
    """Whether a packet has only zeros, like a disk sector that was never written. Some decoders take it for silence."""
    if packet.size < 4 or stream.codec_context.name.startswith(_CODED_BYTES):
        return False
    content = bytes(packet)
    return content[0] == 0 and not content.strip(b"\0")


def _stated_end(container: InputContainer, stream: AudioStream, part: Part, origin: float) -> tuple[float, float]:
    """The end of the track that the file states, in seconds of the track's time, and its tolerance in seconds."""
    name = container.format.name.split(",")[0]
    base = float(stream.time_base or 0)
    if name == "mov":
        entries = stream.index_entries
        if len(entries) < 2 or (part.missing_bytes and not stream.frames):
            return 0.0, LEAST_MISSING_SECONDS
        step = entries[1].timestamp - entries[0].timestamp
        return (entries[-1].timestamp + step) * base - origin, LEAST_MISSING_SECONDS
    if name == "ogg" and part.stated_end:
        return part.stated_end * base - origin, LEAST_MISSING_SECONDS
    if name == "flac" and stream.duration:
        return stream.duration * base, LEAST_MISSING_SECONDS
    if name == "matroska":
        seconds = (container.duration or 0) / 1_000_000
        # Matroska states the end, not the duration.
        return (seconds - origin if part.missing_bytes else 0.0), _ROUGH_SECONDS
    if name in _STATING_LENGTH and not container.streams.video:
        return (container.duration or 0) / 1_000_000, _ROUGH_SECONDS
    return 0.0, _ROUGH_SECONDS
