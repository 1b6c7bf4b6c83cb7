"""The parts of a file: recordings that were put one after the other, what lies before them and what they state.

FFmpeg reads a container to the end that its header states. What lies behind it is found here, by structure where a
format has one, else by the first bytes of another recording.
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
from cantomeet.media.tags import Data, behind_id3

_LEAD_BYTES = 1024 * 1024
"""How far into a file a recording is looked for."""
_LEAST_BYTES = 64
"""What is shorter holds no recording."""
_WAV_PLACEHOLDER = 0x7FFF0000
"""From this size on, what a recorder writes that cannot go back to its header (sox: 0x7FFFFFFF less some)."""

_AVI_UNKNOWN = (0x7FFFFFFF, 0xFFFFFFFF)
"""What is written where nobody can go back to the header."""

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
"""How recordings begin that can be told from anything else by it."""
_ANCHORS = (
    *((0, word) for word in (b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"caff", b"riff\x2e", b".snd\0", b"fLaC")),
    *((0, word) for word in (b"OggS\0\2", b"OggS\0\6", b"\x1aE\xdf\xa3", b"#!AMR", b"\x30\x26\xb2\x75\x8e", b"FLV\1")),
    (4, b"ftyp"),
)
"""A word of each of them and its place in it: to look for words takes a hundredth of what the expression takes."""
_RAW = re.compile(
    rb"\xff[\xe2-\xff]|\x0b\x77|\x56[\xe0-\xff]|\x00\x00\x01\xba|\x47.{187}\x47|.{4}\x47.{187}.{4}\x47"
    rb"|wvpk|TTA1|MAC |tBaK|\x7f\xfe\x80\x01|....(?:moov|mdat|wide|free|skip)|Creative Voice|ea3|EA3|DHAV",
    re.DOTALL,
)
"""How others begin, that FFmpeg tells for sure."""
_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip")
"""That old QuickTime files begin with."""
_FRAGMENT = b"moof\0\0\0\x10mfhd"
_MOST_DESTROYED = 100
"""Places in a file of fragments."""
_BEFORE_TYPE = (b"wide", b"free", b"skip")
"""That may stand before the type of a file."""
_WITH_OTHERS_INSIDE = (b"wvpk", b"MAC ", b"tBaK", b"TTA1")
"""These hold the header of the WAV that they were made of."""
_HTTP = re.compile(rb"(?:HTTP/1\.[01] \d{3}|--[!-~]{1,70}\r\n|Content-[A-Za-z]+:)", re.IGNORECASE)
_OGG_PAGE = re.compile(rb"OggS\x00")


@dataclass(frozen=True)
class Part:
    """One recording within a file: the bytes `start` to `end`."""

    start: int
    end: int
    kind: str
    """A group of `_MAGIC`, or "" for what FFmpeg has to tell."""
    missing_bytes: int = 0
    """That the header states and the file does not have."""
    stated: bool = True
    """The header's own size is the size of what is there."""
    patches: Mapping[int, bytes] = field(default_factory=dict)
    """What the header has to say instead, by offset in the file."""
    skipped: tuple[tuple[int, int], ...] = ()
    """From byte, to byte: what lies between chunks of samples that are read as one."""
    data_bytes: int = 0
    """Of samples, in formats that state it."""
    stated_end: int = 0
    """In samples, of an Ogg file; 0 where it states none that can be believed."""
    after: int = 0
    """Where another part may begin."""
    lost_lead: bool = False
    """The first fragments are destroyed: the clock begins later than the recording."""

    @property
    def options(self) -> dict[str, str]:
        """Of the demuxer: the end of a WAV is the end of the part, whatever its header says."""
        return {"ignore_length": "1"} if self.kind == "wav" else {}


@dataclass(frozen=True)
class _Chunks:
    """How a format of chunks is laid out."""

    first: int
    """Offset of the first chunk."""
    name: int
    """Bytes of a chunk's name, and of its size:"""
    size: int
    order: str
    align: int
    data: bytes
    """Name of the chunk of samples."""
    whole: bool = False
    """A size counts the chunk's own head too."""
    before: int = 0
    """Bytes between the head of a chunk of samples and the first of them."""


_CHUNKED = {
    "wav": _Chunks(12, 4, 4, "little", 2, b"data"),
    "aiff": _Chunks(12, 4, 4, "big", 2, b"SSND", before=8),
    "caf": _Chunks(8, 4, 8, "big", 1, b"data"),
    "w64": _Chunks(40, 16, 8, "little", 8, b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a", whole=True),
}


def first_part(data: Data) -> Part:
    """The first recording in a file; only its head is read where that says how long it is."""
    return _part_at(data, first_start(data), scan=False)


def parts_of(data: Data) -> Iterator[Part]:
    """The recordings in a file, in their order."""
    at: int | None = first_start(data)
    while at is not None:
        part = _part_at(data, at, scan=True)
        yield part
        at = _next_start(data, part.after)


def first_start(data: Data) -> int:
    """Where the first recording begins: behind tags, zeros, or a header of the protocol by which it was fetched."""
    at = _behind_lead(data)
    if _MAGIC.match(data, at) or _RAW.match(data, at):
        return at
    found = _search(data, at, at + _LEAD_BYTES)
    return at if found is None else found


def _search(data: Data, at: int, end: int | None = None, like: bytes = b"") -> int | None:
    """Where the first recording from `at` on begins that can be told for sure; with `like` only one of that word."""
    limit = len(data) if end is None else min(end, len(data))
    first = None
    for offset, word in _ANCHORS:
        if not word.startswith(like):
            continue
        place = at + offset - 1
        while (place := data.find(word, place + 1, limit)) >= 0:
            if _MAGIC.match(data, place - offset):
                # Another one is only of interest where it comes earlier.
                first = limit = place - offset
                break
    return first


def _behind_lead(data: Data) -> int:
    at = -1
    after = 0
    while after != at:
        at = after
        after = _behind_zeros(data, _behind_http(data, behind_id3(data, at)))
    return at


def _behind_http(data: Data, at: int) -> int:
    while _HTTP.match(data, at):
        end = data.find(b"\r\n\r\n", at, at + 65536)
        if end < 0:
            break
        at = end + 4
    return at


def _behind_zeros(data: Data, at: int) -> int:
    if data[at : at + 16] != bytes(16):
        return at
    found = re.compile(rb"[^\x00]").search(data, at, min(len(data), at + _LEAD_BYTES))
    if not found:
        return at
    # The size of a box and some words of sync begin with zeros themselves.
    for back in range(min(4, found.start() - at), -1, -1):
        if _MAGIC.match(data, found.start() - back) or _RAW.match(data, found.start() - back):
            return found.start() - back
    return found.start()


def _next_start(data: Data, at: int) -> int | None:
    """Where the next recording begins, at `at` or a little behind it."""
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
    # Video is large, so of pages and clusters only another file of the same kind is looked for.
    end = _end_by_next(data, _behind_head(data, at, kind), b"OggS" if kind == "ogg" else b"")
    if kind:
        end = _end_by_tagged_frames(data, at, end)
    if kind == "ogg":
        clock = read_clock(data, at, end)
        return Part(at, end, kind, patches=clock.patches, stated_end=clock.end, after=end)
    return Part(at, end, kind, after=end)


def _end_by_tagged_frames(data: Data, at: int, end: int) -> int:
    """MP3 and ADTS have no word of their own to be found by, but mostly a tag before them."""
    while (at := data.find(b"ID3", at + 1, end)) >= 0:
        if begins_frames(data, at):
            return at
        # Tags that follow one another are looked behind once.
        at = max(at, behind_id3(data, at) - 1)
    return end


def _behind_head(data: Data, at: int, kind: str) -> int:
    """Where a file that begins is surely another one, not something that the head of this one holds."""
    if kind == "ogg":
        return _behind_first_pages(data, at)
    return _behind_metadata(data, at) if kind == "flac" else at + 1


def _behind_metadata(data: Data, at: int) -> int:
    """FLAC made of a WAV can hold that one's header; pictures are there too."""
    place, last = at + 4, False
    while not last and place + 4 < len(data):
        last = bool(data[place] & 0x80)
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
    return place


def _end_by_next(data: Data, at: int, like: bytes = b"") -> int:
    found = _search(data, at, like=like)
    return len(data) if found is None else found


def _behind_first_pages(data: Data, at: int) -> int:
    """Each stream of an Ogg file begins with a page of its own, all of them before any other page."""
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
    """Name, size of the body, and where that begins."""
    body = place + form.name + form.size
    size = int.from_bytes(data[place + form.name : body], "big" if order == "big" else "little")
    return bytes(data[place : place + form.name]), max(0, size - (body - place)) if form.whole else size, body


def _of_samples(data: Data, at: int, kind: str, place: int, body: int, size: int, scan: bool) -> Part:
    form = _CHUNKED[kind]
    order = "big" if data[at : at + 4] == b"RIFX" else form.order
    end = body + size
    unknown = size == 0 or (kind in ("wav", "aiff") and size >= _WAV_PLACEHOLDER and end > len(data)) or size >= 2**62
    if not unknown and end > len(data) and _outer_size(data, at, kind) in (len(data) - at, len(data) - at - 1):
        # A file that was cut off is shorter than both sizes say: here only the size of the samples is wrong.
        return Part(at, len(data), kind, stated=False, after=len(data))
    if not unknown and end >= len(data):
        return Part(at, len(data), kind, end - len(data), end == len(data), data_bytes=size, after=len(data))
    if not unknown or size == 0:
        after, more = _behind_chunks(data, _aligned(end, form.align), form, order)
        if more and kind != "caf":
            if after is None:
                after = _end_by_next(data, more[-1][1], data[at : at + 4]) if scan else len(data)
                more[-1] = (more[-1][0], after)
            return _of_many_chunks(Part(at, after, kind), place, [(body, end), *more], order, len(data))
        if after is not None:
            # A WAV is read to the end of the part; others have what they need behind the samples too.
            return Part(at, end if kind == "wav" else after, kind, data_bytes=size, after=after)
    # The header states too little, or nothing: samples go on up to another recording or the end.
    end = _end_by_next(data, end if not unknown else body, data[at : at + 4]) if scan else len(data)
    if kind == "wav":
        return Part(at, end, kind, stated=False, after=end)
    stated = end - body + (body - place if form.whole else 0)
    return Part(at, end, kind, stated=False, patches=_patched_size(form, place, stated, order), after=end)


def _outer_size(data: Data, at: int, kind: str) -> int:
    """Of the whole recording, as its first bytes state it; 0 where they do not."""
    if kind == "w64":
        return int.from_bytes(data[at + 16 : at + 24], "little")
    if kind == "caf":
        return 0
    is_big = data[at : at + 4] in (b"RIFX", b"FORM")
    return 8 + int.from_bytes(data[at + 4 : at + 8], "big" if is_big else "little")


def _of_many_chunks(part: Part, place: int, chunks: list[tuple[int, int]], order: str, length: int) -> Part:
    """`part` with the samples of all `chunks` (from byte, to byte), as if the first one at `place` held them all."""
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


def _behind_chunks(data: Data, at: int, form: _Chunks, order: str) -> tuple[int | None, list[tuple[int, int]]]:
    """Where the chunks at `at` end: at the file's end, at another recording, or where only zeros follow.

    None where no chunks but samples follow. With it, from byte to byte, what the chunks of samples among them hold;
    the last may be cut off.
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
    """FFmpeg ends at a destroyed box; one that is to be skipped leads it to the next fragment."""
    sizes = default_sizes(data, at)
    part, patches = _of_whole_boxes(data, at, sizes, scan), dict[int, bytes]()
    while len(patches) < _MOST_DESTROYED and (place := _next_fragment(data, part)) is not None:
        patches[part.after] = (place - part.after).to_bytes(4, "big") + b"free"
        part = _of_whole_boxes(data, place, sizes, scan)
    if data[part.after + 4 : part.after + 8] == b"moof":
        # Nothing behind a destroyed fragment says how long it was: as long as the others, or as it has more bytes.
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
            # It goes on to the end of the file that it was written to.
            after = _end_by_next(data, body, b"ftyp")
            break
    missing = max(0, after - len(data))
    after = min(after, len(data))
    return Part(at, after, "iso", missing_bytes=missing, after=after)


def _loses_lead(data: Data, at: int, patches: Mapping[int, bytes]) -> bool:
    """Whether what is destroyed comes before any fragment that is whole."""
    first = min(patches, default=None)
    return first is not None and not any(name == b"moof" for name, *_ in boxes(data, at, first))


def _next_fragment(data: Data, part: Part) -> int | None:
    """Where a fragment begins behind what is destroyed at the end of `part`."""
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
        # Whatever is attached inside is no part of its own.
        return Part(at, stated, "ebml", after=stated)
    end = _end_by_next(data, at + 1, data[at : at + 4]) if scan else len(data)
    return Part(at, end, "ebml", missing_bytes=max(0, stated - len(data)), after=end)


def _end_of_segment(data: Data, at: int) -> int:
    """Where the segment of a Matroska file says that it ends; 0 where it does not say."""
    header_size, body = ebml_size(data, at + 4)
    place = body + (header_size or 0)
    if data[place : place + 4] != b"\x18\x53\x80\x67":
        return 0
    size, body = ebml_size(data, place + 4)
    return 0 if size is None else body + size
