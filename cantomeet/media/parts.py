"""Splits a file into its parts: recordings that were concatenated, with other bytes before and between them.

FFmpeg reads a container only to the end that its header states. Further recordings are found here, by the structure of
the format if it has one, or else by the first bytes of another recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cantomeet.media.boxes import boxes
from cantomeet.media.ebml import ebml_size
from cantomeet.media.fragments import default_sizes, is_whole_fragment
from cantomeet.media.matroska import surplus_tracks
from cantomeet.media.mpeg_frames import begins_frames
from cantomeet.media.ogg import read_clock
from cantomeet.media.tags import Data, after_id3

_LEAD_BYTES = 1024 * 1024
"""How far into a file the start of a recording is searched."""
_LEAST_BYTES = 64
"""Fewer bytes contain no recording."""
_WAV_PLACEHOLDER = 0x7FFF0000
"""Sizes from here on are placeholders of programs that cannot seek back to the header (sox: a bit below 0x7FFFFFFF)."""

_AVI_UNKNOWN = (0x7FFFFFFF, 0xFFFFFFFF)
"""Placeholder sizes of programs that cannot seek back to the header."""

_MAGIC = re.compile(
    rb"""(?P<wav>RIFF....WAVE|RIFX....WAVE|RF64....WAVE|BW64....WAVE)
    |(?P<avi>RIFF....AVI[ ])
    |(?P<riff>RIFF....QLCM)
    |(?P<aiff>FORM....AIF[FC])
    |(?P<caf>caff\x00\x01\x00.(?:desc|free|info|chan|data))
    |(?P<w64>riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00)
    |(?P<au>\.snd\x00\x00[\x00-\x10].....\x00\x00\x00[\x01-\x1b])
    |(?P<flac>fLaC[\x00\x80]\x00\x00\x22)
    |(?P<ogg>OggS\x00[\x02\x06].{12}\x00\x00\x00\x00)
    |(?P<ebml>\x1aE\xdf\xa3.{1,48}?(?:webm|matroska))
    |(?P<iso>\x00\x00[\x00-\x01].ftyp(?!heic|heix|hevc|mif1|msf1|avif)[A-Za-z0-9 _]{4})
    |(?P<amr>\#!AMR(?:-WB|_MC1\.0|-WB_MC1\.0)?\n)
    |(?P<asf>\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c)
    |(?P<flv>FLV\x01[\x01\x04\x05]\x00\x00\x00\x09\x00\x00\x00\x00)""",
    re.DOTALL | re.VERBOSE,
)
"""The unambiguous starts of recordings."""
_ANCHORS = (
    *((0, word) for word in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"caff", b"riff\x2e", b".snd\0", b"fLaC")),
    *((0, word) for word in (b"OggS\0\2", b"OggS\0\6", b"\x1aE\xdf\xa3", b"#!AMR", b"\x30\x26\xb2\x75\x8e", b"FLV\1")),
    (4, b"ftyp"),
)
"""A fixed word of each start, with its offset. Searching for words is a hundred times faster than for `_MAGIC`."""
_RAW = re.compile(
    rb"\xff[\xe2-\xff]|\x0b\x77|\x56[\xe0-\xff]|\x00\x00\x01\xba|\x47.{187}\x47|.{4}\x47.{187}.{4}\x47"
    rb"|wvpk|TTA1|MAC |tBaK|\x7f\xfe\x80\x01|....(?:moov|mdat|wide|free|skip)|Creative Voice|ea3|EA3|DHAV",
    re.DOTALL,
)
"""Possible starts of further formats, which FFmpeg has to confirm."""
_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip")
"""Boxes with which old QuickTime files start."""
_FRAGMENT = b"moof\0\0\0\x10mfhd"
_MOST_DESTROYED = 100
"""Limit on the destroyed places in a fragmented file."""
_BEFORE_TYPE = (b"wide", b"free", b"skip")
"""Boxes that may precede the `ftyp` box."""
_WITH_OTHERS_INSIDE = (b"wvpk", b"MAC ", b"tBaK", b"TTA1")
"""Formats that contain the header of the WAV file they were made from."""
_HTTP = re.compile(rb"(?:HTTP/1\.[01] \d{3}|--[!-~]{1,70}\r\n|Content-[A-Za-z]+:)", re.IGNORECASE)
_OGG_PAGE = re.compile(rb"OggS\x00")


@dataclass(frozen=True)
class Part:
    """One recording within a file: the bytes `start` to `end`."""

    start: int
    end: int
    kind: str
    """A group name of `_MAGIC`, or "" if FFmpeg has to detect the format."""
    missing_bytes: int = 0
    """Bytes that the header states and that the file does not have."""
    stated: bool = True
    """Whether the size in the header is the real one."""
    patches: Mapping[int, bytes] = field(default_factory=dict)
    """Corrected bytes of the header, by offset in the file."""
    skipped: tuple[tuple[int, int], ...] = ()
    """Byte ranges between chunks of samples that are read as one chunk."""
    data_bytes: int = 0
    """Bytes of samples, in formats that state it."""
    stated_end: int = 0
    """The end of an Ogg file in samples. 0 if it states none that is plausible."""
    after: int = 0
    """Where another part may start."""
    lost_lead: bool = False
    """Whether the first fragments are destroyed, so that the clock starts later than the recording."""

    @property
    def options(self) -> dict[str, str]:
        """Options of the demuxer. A WAV is always read to the end of the part, whatever its header states."""
        return {"ignore_length": "1"} if self.kind == "wav" else {}


@dataclass(frozen=True)
class _Chunks:
    """The layout of a chunked format."""

    first: int
    """Offset of the first chunk."""
    name: int
    """Length of a chunk's name in bytes, followed by that of its size."""
    size: int
    order: str
    align: int
    data: bytes
    """Name of the chunk of samples."""
    whole: bool = False
    """Whether a size includes the chunk's own header."""
    before: int = 0
    """Bytes between the header of a chunk of samples and the first sample."""


_CHUNKED = {
    "wav": _Chunks(12, 4, 4, "little", 2, b"data"),
    "aiff": _Chunks(12, 4, 4, "big", 2, b"SSND", before=8),
    "caf": _Chunks(8, 4, 8, "big", 1, b"data"),
    "w64": _Chunks(40, 16, 8, "little", 8, b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a", whole=True),
}


def first_part(data: Data) -> Part:
    """The first recording in a file. Only its header is read if that states the length."""
    return _part_at(data, first_start(data), scan=False)


def parts_of(data: Data) -> Iterator[Part]:
    """Yield the recordings in a file, in order."""
    at: int | None = first_start(data)
    while at is not None:
        part = _part_at(data, at, scan=True)
        yield part
        at = _next_start(data, part.after)


def first_start(data: Data) -> int:
    """Where the first recording starts: after tags, zeros, or the HTTP header of a download."""
    at = _after_lead(data)
    if _MAGIC.match(data, at) or _RAW.match(data, at):
        return at
    found = _search(data, at, at + _LEAD_BYTES)
    return at if found is None else found


def _search(data: Data, at: int, end: int | None = None, like: bytes = b"") -> int | None:
    """Where the first unambiguous recording from `at` on starts. With `like`, only a start with that word counts."""
    limit = len(data) if end is None else min(end, len(data))
    first = None
    for offset, word in _ANCHORS:
        if not word.startswith(like):
            continue
        place = at + offset - 1
        while (place := data.find(word, place + 1, limit)) >= 0:
            if _MAGIC.match(data, place - offset):
                # From now on only an earlier one counts.
                first = limit = place - offset
                break
    return first


def _after_lead(data: Data) -> int:
    at = -1
    after = 0
    while after != at:
        at = after
        after = _after_zeros(data, _after_http(data, after_id3(data, at)))
    return at


def _after_http(data: Data, at: int) -> int:
    while _HTTP.match(data, at):
        end = data.find(b"\r\n\r\n", at, at + 65536)
        if end < 0:
            break
        at = end + 4
    return at


def _after_zeros(data: Data, at: int) -> int:
    if data[at : at + 16] != bytes(16):
        return at
    found = re.compile(rb"[^\x00]").search(data, at, min(len(data), at + _LEAD_BYTES))
    if not found:
        return at
    # Box sizes and some sync words start with zeros themselves.
    for back in range(min(4, found.start() - at), -1, -1):
        if _MAGIC.match(data, found.start() - back) or _RAW.match(data, found.start() - back):
            return found.start() - back
    return found.start()


def _next_start(data: Data, at: int) -> int | None:
    """Where the next recording starts, at `at` or shortly after it."""
    if len(data) - at < _LEAST_BYTES:
        return None
    if begins_frames(data, at):
        return at
    return _search(data, at, at + _LEAD_BYTES)


def _part_at(data: Data, at: int, *, scan: bool) -> Part:
    found = _MAGIC.match(data, at)
    kind = str(found.lastgroup) if found else ""
    if kind in _CHUNKED:
        return _of_chunks(data, at, kind, scan)
    if kind == "iso" or (not kind and data[at + 4 : at + 8] in _BOXES):
        return _of_boxes(data, at, scan)
    if kind == "au":
        return _of_au(data, at, scan)
    if kind == "avi":
        return _of_avi(data, at)
    if kind == "ebml":
        return _of_segment(data, at, scan)
    if not scan or data[at : at + 4] in _WITH_OTHERS_INSIDE:
        return Part(at, len(data), kind, after=len(data))
    # Video files are large, so in Ogg only another Ogg file is searched for.
    end = _end_by_next(data, _after_head(data, at, kind), b"OggS" if kind == "ogg" else b"")
    if kind:
        end = _end_by_tagged_frames(data, at, end)
    if kind == "ogg":
        clock = read_clock(data, at, end)
        return Part(at, end, kind, patches=clock.patches, stated_end=clock.end, after=end)
    return Part(at, end, kind, after=end)


def _end_by_tagged_frames(data: Data, at: int, end: int) -> int:
    """The start of MP3 or ADTS before `end`, found by its ID3 tag, or else `end`. They have no unambiguous start."""
    while (at := data.find(b"ID3", at + 1, end)) >= 0:
        if begins_frames(data, at):
            return at
        # Consecutive tags are checked once.
        at = max(at, after_id3(data, at) - 1)
    return end


def _after_head(data: Data, at: int, kind: str) -> int:
    """The offset after which another start is surely another file, not part of this one's header."""
    if kind == "ogg":
        return _after_first_pages(data, at)
    return _after_metadata(data, at) if kind == "flac" else at + 1


def _after_metadata(data: Data, at: int) -> int:
    """The offset after the metadata of a FLAC file, which may contain a WAV header or pictures."""
    place, last = at + 4, False
    while not last and place + 4 < len(data):
        last = bool(data[place] & 0x80)
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
    return place


def _end_by_next(data: Data, at: int, like: bytes = b"") -> int:
    found = _search(data, at, like=like)
    return len(data) if found is None else found


def _after_first_pages(data: Data, at: int) -> int:
    """The offset after the first pages of an Ogg file. Each stream starts with one, before all other pages."""
    while _OGG_PAGE.match(data, at) and data[at + 5] & 2 and len(data) > at + 27:
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(lacing) + sum(lacing)
    return at


def _of_chunks(data: Data, at: int, kind: str, scan: bool) -> Part:
    form = _CHUNKED[kind]
    order = "big" if data[at : at + 4] == b"RIFX" else form.order
    long_size, place = 0, at + form.first
    while place + form.name + form.size <= len(data):
        name, size, body = _chunk(data, place, form, order)
        if name == b"ds64":
            long_size = int.from_bytes(data[body + 8 : body + 16], "little")
        if name == form.data:
            return _of_samples(data, at, kind, place, body, long_size or size, scan)
        place = _aligned(body + size, form.align)
    return Part(at, len(data), kind, after=len(data))


def _chunk(data: Data, place: int, form: _Chunks, order: str) -> tuple[bytes, int, int]:
    """Name, body size and body offset of the chunk at `place`."""
    body = place + form.name + form.size
    size = int.from_bytes(data[place + form.name : body], "big" if order == "big" else "little")
    return bytes(data[place : place + form.name]), max(0, size - (body - place)) if form.whole else size, body


def _of_samples(data: Data, at: int, kind: str, place: int, body: int, size: int, scan: bool) -> Part:
    form = _CHUNKED[kind]
    order = "big" if data[at : at + 4] == b"RIFX" else form.order
    end = body + size
    unknown = size == 0 or (kind in ("wav", "aiff") and size >= _WAV_PLACEHOLDER and end > len(data)) or size >= 2**62
    if not unknown and end > len(data) and _outer_size(data, at, kind) in (len(data) - at, len(data) - at - 1):
        # A truncated file is shorter than both sizes. Here only the size of the samples is wrong.
        return Part(at, len(data), kind, stated=False, after=len(data))
    if not unknown and end >= len(data):
        return Part(at, len(data), kind, end - len(data), end == len(data), data_bytes=size, after=len(data))
    if not unknown or size == 0:
        after, more = _after_chunks(data, _aligned(end, form.align), form, order)
        if more and kind != "caf":
            if after is None:
                after = _end_by_next(data, more[-1][1], data[at : at + 4]) if scan else len(data)
                more[-1] = (more[-1][0], after)
            return _of_many_chunks(Part(at, after, kind), place, [(body, end), *more], order, len(data))
        if after is not None:
            # A WAV is read to the end of the part. Other formats may need chunks after the samples.
            return Part(at, end if kind == "wav" else after, kind, data_bytes=size, after=after)
    # The header states too little, or nothing: the samples extend to another recording or to the end.
    end = _end_by_next(data, end if not unknown else body, data[at : at + 4]) if scan else len(data)
    if kind == "wav":
        return Part(at, end, kind, stated=False, after=end)
    stated = end - body + (body - place if form.whole else 0)
    return Part(at, end, kind, stated=False, patches=_patched_size(form, place, stated, order), after=end)


def _outer_size(data: Data, at: int, kind: str) -> int:
    """The size of the whole recording that its first bytes state, or 0."""
    if kind == "w64":
        return int.from_bytes(data[at + 16 : at + 24], "little")
    if kind == "caf":
        return 0
    is_big = data[at : at + 4] in (b"RIFX", b"FORM")
    return 8 + int.from_bytes(data[at + 4 : at + 8], "big" if is_big else "little")


def _of_many_chunks(part: Part, place: int, chunks: list[tuple[int, int]], order: str, length: int) -> Part:
    """`part` with the samples of all `chunks` (start, end), as if the first one, at `place`, contained them all."""
    form = _CHUNKED[part.kind]
    skipped = tuple((end, begin) for (_, end), (begin, _) in pairwise(chunks))
    whole, end = sum(end - begin for begin, end in chunks), min(chunks[-1][1], length)
    stated = whole + (chunks[0][0] - place if form.whole else 0)
    return replace(
        part,
        end=end if part.kind == "wav" else part.end,
        missing_bytes=chunks[-1][1] - end,
        stated=False,
        patches={} if part.kind == "wav" else _patched_size(form, place, stated, order),
        skipped=skipped,
        data_bytes=whole,
        after=part.end,
    )


def _patched_size(form: _Chunks, place: int, size: int, order: str) -> dict[int, bytes]:
    return {place + form.name: min(size, 256**form.size - 1).to_bytes(form.size, "big" if order == "big" else "little")}


def _after_chunks(data: Data, at: int, form: _Chunks, order: str) -> tuple[int | None, list[tuple[int, int]]]:
    """The end of the chunks from `at` on: the end of the file, another recording, or trailing zeros.

    None if samples follow instead of chunks. The second value has the byte ranges of further chunks of samples, the
    last of which may be truncated.
    """
    more: list[tuple[int, int]] = []
    while len(data) - at >= form.name + form.size:
        if _begins_part(data, at) or not re.compile(rb"[^\x00]").search(data, at):
            return at, more
        name, size, body = _chunk(data, at, form, order)
        if name == form.data:
            unknown = size == 0 or (form.size == 4 and size >= _WAV_PLACEHOLDER and body + size > len(data))
            end = len(data) if unknown else body + size
            more.append((min(body + form.before, end), end))
            if end >= len(data):
                return len(data), more
        if not all(32 <= byte < 127 for byte in name[:4]) or body + size > len(data) + form.align:
            return None, more
        at = _aligned(body + size, form.align)
    return min(at, len(data)), more


def _begins_part(data: Data, at: int) -> bool:
    return bool(_MAGIC.match(data, at)) or begins_frames(data, at)


def _aligned(place: int, align: int) -> int:
    return place + -place % align


def _of_boxes(data: Data, at: int, scan: bool) -> Part:
    """An MP4 or QuickTime part. FFmpeg stops at a destroyed box, so a patch makes it skip to the next fragment."""
    sizes = default_sizes(data, at)
    part, patches = _of_whole_boxes(data, at, sizes, scan), dict[int, bytes]()
    while len(patches) < _MOST_DESTROYED and (place := _next_fragment(data, part)) is not None:
        patches[part.after] = (place - part.after).to_bytes(4, "big") + b"free"
        part = _of_whole_boxes(data, place, sizes, scan)
    if data[part.after + 4 : part.after + 8] == b"moof":
        # The length of a destroyed last fragment is unknown. Assume the average of the others, or its size if larger.
        others = sum(1 for _ in re.finditer(_FRAGMENT, data[at : part.after]))
        missing = max(len(data) - part.after, (part.after - at) // max(1, others))
        part = replace(part, missing_bytes=missing, after=len(data))
    return replace(part, start=at, patches=patches, lost_lead=_loses_lead(data, at, patches))


def _of_whole_boxes(data: Data, at: int, sizes: Mapping[int, int], scan: bool) -> Part:
    after, begun = at, False
    for name, body, end in boxes(data, at, len(data)):
        if name == b"ftyp" and begun:
            break
        if name == b"moof" and body < end <= len(data) and not is_whole_fragment(data, body, end, sizes):
            break
        begun |= name not in _BEFORE_TYPE
        after = end if body <= len(data) else after
        if scan and data[body - 8 : body] == b"\0\0\0\0mdat":
            # A size of zero: the box extends to the end of its original file.
            after = _end_by_next(data, body, b"ftyp")
            break
    missing = max(0, after - len(data))
    after = min(after, len(data))
    return Part(at, after, "iso", missing_bytes=missing, after=after)


def _loses_lead(data: Data, at: int, patches: Mapping[int, bytes]) -> bool:
    """Whether the first destroyed bytes precede all whole fragments."""
    first = min(patches, default=None)
    return first is not None and not any(name == b"moof" for name, *_ in boxes(data, at, first))


def _next_fragment(data: Data, part: Part) -> int | None:
    """Where the next fragment starts after the destroyed bytes at the end of `part`. None if there is none."""
    if part.missing_bytes or _begins_part(data, part.after):
        return None
    place = data.find(_FRAGMENT, part.after + 8) - 4
    if not part.after < place < part.after + 2**32:
        return None
    return place if _search(data, part.after, place) is None else None


def _of_au(data: Data, at: int, scan: bool) -> Part:
    begin, size = (int.from_bytes(data[at + place : at + place + 4], "big") for place in (4, 8))
    missing = 0 if size >= _WAV_PLACEHOLDER else max(0, at + begin + size - len(data))
    end = _end_by_next(data, at + 1) if scan else len(data)
    return Part(at, end, "au", missing_bytes=missing, after=end)


def _of_avi(data: Data, at: int) -> Part:
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    end = at + 8 + (0 if size in _AVI_UNKNOWN else size)
    while data[end : end + 4] == b"RIFF" and data[end + 8 : end + 12] == b"AVIX":
        end += 8 + int.from_bytes(data[end + 4 : end + 8], "little")
    after = _end_by_next(data, min(end, len(data)))
    return Part(at, after, "avi", missing_bytes=max(0, end - len(data)), after=after)


def _of_segment(data: Data, at: int, scan: bool) -> Part:
    part = _whole_segment(data, at, scan)
    return replace(part, patches=surplus_tracks(data, at, part.end))


def _whole_segment(data: Data, at: int, scan: bool) -> Part:
    stated = _end_of_segment(data, at)
    if at < stated <= len(data) and (stated == len(data) or _begins_part(data, stated)):
        # Files attached inside are no parts of their own.
        return Part(at, stated, "ebml", after=stated)
    end = _end_by_next(data, at + 1, data[at : at + 4]) if scan else len(data)
    return Part(at, end, "ebml", missing_bytes=max(0, stated - len(data)), after=end)


def _end_of_segment(data: Data, at: int) -> int:
    """The end that the segment of a Matroska file states, or 0."""
    header_size, body = ebml_size(data, at + 4)
    place = body + (header_size or 0)
    if data[place : place + 4] != b"\x18\x53\x80\x67":
        return 0
    size, body = ebml_size(data, place + 4)
    return 0 if size is None else body + size
