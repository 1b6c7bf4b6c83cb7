"""The frames of MP3 and ADTS files, counted without decoding: these formats hold neither times nor an index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cantomeet.media.tags import Data, behind_id3

_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MP3_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_IN_A_ROW = 2
"""Frames that have to follow one another for a sync word to be believed."""
_TO_BE_SURE = 5
"""For a recording to begin where nothing says that one does."""


@dataclass(frozen=True)
class Frame:
    size: int
    """Bytes."""
    samples: int
    rate: int
    mode: object
    """What is the same in all frames of a constant bit rate."""


@dataclass
class Walk:
    """A file's frames as they follow one another."""

    frames: int = 0
    seconds: float = 0.0
    bytes: int = 0
    modes: set[object] = field(default_factory=set)
    stated_frames: int = 0
    """By the Xing header; 0 where there is none."""
    stated_bytes: int = 0
    """Of all frames, by the same header; 0 where it does not say."""
    frame_seconds: float = 0.0
    junk: list[tuple[float, int]] = field(default_factory=list)
    """Seconds into the recording, and bytes that belong to no frame; tags and what follows the last frame left out."""
    end: int = 0
    """The byte behind the last frame."""
    cut: bool = False
    """The last frame is longer than the file."""

    @property
    def constant(self) -> bool:
        return len(self.modes) == 1

    @property
    def stated_seconds(self) -> float:
        return self.stated_frames * self.frame_seconds

    @property
    def has_stated_bytes(self) -> bool:
        """All the bytes that the header counted are there, with junk for what was overwritten."""
        return 0 < self.stated_bytes <= self.bytes + sum(size for _, size in self.junk) and not self.cut


def walk_mp3(data: Data, start: int, end: int) -> Walk:
    return _walk(data, start, end, _mp3_frame)


def walk_adts(data: Data, start: int, end: int) -> Walk:
    return _walk(data, start, end, _adts_frame)


def begins_frames(data: Data, at: int) -> bool:
    """Surely MP3 or ADTS, a tag before it or not."""
    begin = behind_id3(data, at)
    return any(_frames_in_a_row(data, begin, parse) == _TO_BE_SURE for parse in (_mp3_frame, _adts_frame))


def _frames_in_a_row(data: Data, at: int, parse: Callable[[bytes], Frame | None]) -> int:
    for number in range(_TO_BE_SURE):
        frame = parse(data[at : at + 8]) if len(data) >= at + 8 else None
        if frame is None:
            return number
        at += frame.size
    return _TO_BE_SURE


def mp3_stated_seconds(data: Data, start: int) -> float | None:
    """As the Xing header of the MP3 at `start` says; None where there is none."""
    at = behind_id3(data, start)
    frame = _mp3_frame(data[at : at + 8]) if len(data) >= at + 8 else None
    frames = _stated(data, at, frame) if frame else 0
    return frames * frame.samples / frame.rate if frame and frames else None


def _walk(data: Data, at: int, end: int, parse: Callable[[bytes], Frame | None]) -> Walk:
    walk, lost_at = Walk(), -1
    at = behind_id3(data, at)
    while at + 8 <= end:
        frame = parse(data[at : at + 8])
        if frame is None or (lost_at >= 0 and not _goes_on(data, at, end, parse)):
            after = _behind_tag(data, at)
            lost_at = at if lost_at < 0 and after == at else lost_at
            at = after if after > at else _next_sync(data, at + 1, end)
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
    # The frame that holds a Xing header is no sound.
    if not is_header:
        walk.seconds += frame.samples / frame.rate


def _goes_on(data: Data, at: int, end: int, parse: Callable[[bytes], Frame | None]) -> bool:
    for _ in range(_IN_A_ROW):
        frame = parse(data[at : at + 8])
        if frame is None:
            return False
        at += frame.size
        if at + 8 > end:
            return True
    return True


def _next_sync(data: Data, at: int, end: int) -> int:
    found = data.find(b"\xff", at, end)
    return found if found >= 0 else end


def _behind_tag(data: Data, at: int) -> int:
    after = behind_id3(data, at)
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
    """The begin of `frame`, and the place of a Xing header in it; -1 where it holds none."""
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
