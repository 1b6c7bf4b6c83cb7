"""Counts the frames of MP3, ADTS and similar formats without decoding. They have neither times nor an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cantomeet.media.tags import Data, after_id3

_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MP3_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_LAYER_2_KBITS = (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_LAYER_1_KBITS = {
    True: (0, *range(32, 449, 32)),
    False: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
}
_AC3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_IN_A_ROW = 2
"""Consecutive frames that confirm a sync word."""
_LEAST_FRAME = 8
_TO_BE_SURE = 5
"""Consecutive frames that confirm the start of a recording without a header."""


@dataclass(frozen=True)
class Frame:
    size: int
    """Bytes."""
    samples: int
    rate: int
    mode: object
    """The parameters that are equal in all frames of a constant bit rate."""


@dataclass
class Walk:
    """The result of walking through the frames of a file."""

    frames: int = 0
    seconds: float = 0.0
    bytes: int = 0
    modes: set[object] = field(default_factory=set)
    stated_frames: int = 0
    """Number of frames by the Xing header, or 0."""
    stated_bytes: int = 0
    """Bytes of all frames by the Xing header, or 0."""
    frame_seconds: float = 0.0
    junk: list[tuple[float, int]] = field(default_factory=list)
    """Position in seconds and number of bytes between frames. Tags, and bytes after the last frame, do not count."""
    end: int = 0
    """The offset after the last frame."""
    cut: bool = False
    """Whether the last frame is truncated."""

    @property
    def constant(self) -> bool:
        return len(self.modes) == 1

    @property
    def stated_seconds(self) -> float:
        return self.stated_frames * self.frame_seconds

    @property
    def has_stated_bytes(self) -> bool:
        """Whether all the bytes that the header states are there. Overwritten ones count as junk."""
        return 0 < self.stated_bytes <= self.bytes + sum(size for _, size in self.junk) and not self.cut


def walk_mp3(data: Data, start: int, end: int) -> Walk:
    return _walk(data, start, end, _mp3_frame)


def walk_adts(data: Data, start: int, end: int) -> Walk:
    return _walk(data, start, end, _adts_frame)


def walk_sized(data: Data, start: int, end: int, codec: str, samples: int, rate: int) -> Walk:
    """Walk through the frames of a `codec` in `SIZED`. Each frame has `samples` samples."""
    size_of = _SIZES[codec]

    def parse(head: bytes) -> Frame | None:
        size = size_of(head)
        return Frame(size, 0 if _is_extension(codec, head) else samples, rate, size) if size >= _LEAST_FRAME else None

    return _walk(data, start, end, parse, _SYNCS[codec])


def begins_frames(data: Data, at: int) -> bool:
    """Whether MP3 or ADTS starts at `at`, with or without a tag before it."""
    begin = after_id3(data, at)
    return any(_frames_in_a_row(data, begin, parse) == _TO_BE_SURE for parse in (_mp3_frame, _adts_frame))


def _frames_in_a_row(data: Data, at: int, parse: Callable[[bytes], Frame | None]) -> int:
    for number in range(_TO_BE_SURE):
        frame = parse(data[at : at + 8]) if len(data) >= at + 8 else None
        if frame is None:
            return number
        at += frame.size
    return _TO_BE_SURE


def mp3_stated_seconds(data: Data, start: int) -> float | None:
    """The duration by the Xing header of the MP3 at `start`. None if there is no header."""
    at = after_id3(data, start)
    frame = _mp3_frame(data[at : at + 8]) if len(data) >= at + 8 else None
    frames = _stated(data, at, frame) if frame else 0
    return frames * frame.samples / frame.rate if frame and frames else None


def _walk(data: Data, at: int, end: int, parse: Callable[[bytes], Frame | None], sync: bytes = b"\xff") -> Walk:
    walk, lost_at = Walk(), -1
    at = after_id3(data, at)
    while at + 8 <= end:
        frame = parse(data[at : at + 8])
        if frame is None or (lost_at >= 0 and not _is_followed(data, at, end, parse)):
            after = _after_tag(data, at)
            lost_at = at if lost_at < 0 and after == at else lost_at
            at = after if after > at else _next_sync(data, at + 1, end, sync)
            continue
        if lost_at >= 0:
            walk.junk.append((walk.seconds, at - lost_at))
            lost_at = -1
        if not walk.frames:
            walk.stated_frames, walk.frame_seconds = _stated(data, at, frame), frame.samples / frame.rate
            walk.stated_bytes = _stated_bytes(data, at, frame)
        _count(walk, frame, is_header=not walk.frames and bool(walk.stated_frames))
        at += frame.size
        walk.end, walk.cut = min(at, end), at > end
    return walk


def _count(walk: Walk, frame: Frame, *, is_header: bool) -> None:
    walk.frames += 1
    walk.bytes += frame.size
    walk.modes.add(frame.mode)
    # The frame with the Xing header contains no sound.
    if not is_header:
        walk.seconds += frame.samples / frame.rate


def _is_followed(data: Data, at: int, end: int, parse: Callable[[bytes], Frame | None]) -> bool:
    for _ in range(_IN_A_ROW):
        frame = parse(data[at : at + 8])
        if frame is None:
            return False
        at += frame.size
        if at + 8 > end:
            return True
    return True


def _next_sync(data: Data, at: int, end: int, sync: bytes) -> int:
    found = data.find(sync, at, end)
    return found if found >= 0 else end


def _after_tag(data: Data, at: int) -> int:
    after = after_id3(data, at)
    if after == at and data[at : at + 3] == b"TAG":
        return at + 128
    if after == at and data[at : at + 8] == b"APETAGEX":
        return at + 32 + int.from_bytes(data[at + 12 : at + 16], "little")
    return after


def _stated(data: Data, at: int, frame: Frame) -> int:
    head, place = _xing(data, at, frame)
    if place >= 0 and head[place + 7] & 1:
        return int.from_bytes(head[place + 8 : place + 12], "big")
    place = head.find(b"VBRI")
    return int.from_bytes(head[place + 14 : place + 18], "big") if place >= 0 else 0


def _stated_bytes(data: Data, at: int, frame: Frame) -> int:
    head, place = _xing(data, at, frame)
    if place < 0 or not head[place + 7] & 2:
        return 0
    field = place + (12 if head[place + 7] & 1 else 8)
    return int.from_bytes(head[field : field + 4], "big")


def _xing(data: Data, at: int, frame: Frame) -> tuple[bytes, int]:
    """The start of `frame`, and the offset of a Xing header in it, or -1."""
    head = bytes(data[at : at + min(frame.size, 192)])
    return head, next((place for name in (b"Xing", b"Info") if 0 <= (place := head.find(name)) < len(head) - 8), -1)


def _mp3_frame(head: bytes) -> Frame | None:
    if head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bits, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate == 3 or bits in (0, 15):
        return None
    kbits, hertz = _MP3_KBITS[version == 3][bits], _MP3_RATES[version][rate]
    samples = 1152 if version == 3 else 576
    size = samples // 8 * kbits * 1000 // hertz + (head[2] >> 1 & 1)
    return Frame(size, samples, hertz, (version, kbits, hertz, head[3] >> 6 == 3))


def _adts_frame(head: bytes) -> Frame | None:
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate, size = head[2] >> 2 & 15, (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_ADTS_RATES) or size < 8:
        return None
    return Frame(size, 1024 * (1 + (head[6] & 3)), _ADTS_RATES[rate], (rate, head[2] & 0xC0))


def _mp2_size(head: bytes) -> int:
    version, hertz = _version_and_rate(head, layer=2)
    if not hertz:
        return 0
    kbits = (_LAYER_2_KBITS if version == 3 else _MP3_KBITS[False])[head[2] >> 4]
    return 144_000 * kbits // hertz + (head[2] >> 1 & 1) if kbits else 0


def _mp1_size(head: bytes) -> int:
    version, hertz = _version_and_rate(head, layer=1)
    kbits = _LAYER_1_KBITS[version == 3][head[2] >> 4] if hertz else 0
    return 4 * (12_000 * kbits // hertz + (head[2] >> 1 & 1)) if kbits else 0


def _version_and_rate(head: bytes, layer: int) -> tuple[int, int]:
    """Version and sample rate of an MPEG audio frame of this layer. The rate is 0 if it is no such frame."""
    version, rate = head[1] >> 3 & 3, head[2] >> 2 & 3
    fits = head[0] == 0xFF and head[1] >> 5 == 7 and 4 - (head[1] >> 1 & 3) == layer
    if not fits or version == 1 or rate == 3 or head[2] >> 4 == 15:
        return version, 0
    return version, _MP3_RATES[version][rate]


def _ac3_size(head: bytes) -> int:
    """The frame size by ETSI TS 102 366: AC-3 has a table, E-AC-3 (bitstream id 11 and above) a field."""
    if head[:2] != b"\x0b\x77":
        return 0
    if head[5] >> 3 > 10:
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1)
    rate, code = head[4] >> 6, head[4] & 63
    if rate == 3 or code >= 2 * len(_AC3_KBITS):
        return 0
    kbits = _AC3_KBITS[code >> 1]
    return (4 * kbits, 2 * (kbits * 96_000 // 44_100 + (code & 1)), 6 * kbits)[rate]


def _is_extension(codec: str, head: bytes) -> bool:
    """Whether this is a dependent E-AC-3 frame: more channels of the previous frame, without a duration of its own."""
    return codec == "eac3" and head[5] >> 3 > 10 and head[2] >> 6 == 1


def _dts_size(head: bytes) -> int:
    """The size of the core frame by ETSI TS 102 114."""
    return ((head[5] & 3) << 12 | head[6] << 4 | head[7] >> 4) + 1 if head[:4] == _SYNCS["dts"] else 0


def _loas_size(head: bytes) -> int:
    """The frame size of an AudioSyncStream by ISO/IEC 14496-3."""
    return ((head[1] & 0x1F) << 8 | head[2]) + 3 if head[0] == 0x56 and head[1] >> 5 == 7 else 0


_SIZES: dict[str, Callable[[bytes], int]] = {
    "mp2": _mp2_size,
    "mp1": _mp1_size,
    "ac3": _ac3_size,
    "eac3": _ac3_size,
    "dts": _dts_size,
    "aac_latm": _loas_size,
}
_SYNCS = {
    "mp2": b"\xff",
    "mp1": b"\xff",
    "ac3": b"\x0b\x77",
    "eac3": b"\x0b\x77",
    "dts": b"\x7f\xfe\x80\x01",
    "aac_latm": b"\x56",
}
SIZED = frozenset(_SIZES)
"""The codecs that `walk_sized` supports, by FFmpeg's names."""
