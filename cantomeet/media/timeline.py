"""Decides whether a browser plays a file at the same times as the transcript.

Browsers guess times if a file does not have them: in MP3 of variable bit rate, in files without an index, in
concatenated recordings. So a file is played directly only if its structure and the decoded sound prove that nothing is
guessed. For all others a playback copy is made from the same decoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cantomeet.media.boxes import boxes
from cantomeet.media.ffmpeg import opened
from cantomeet.media.mpeg_frames import Walk
from cantomeet.media.parts import Part
from cantomeet.media.sound import Sound
from cantomeet.media.tags import Data, after_id3

_SAME_SECONDS = 0.1
"""Smaller differences of times are inaudible."""
_PRIMING_SECONDS = 0.15
"""Encoder delay before the sound is shorter than this. An edit that cuts it off is usual."""
_REORDERING_SECONDS = 1.0
"""Video frames are stored in decoding order, so their clock may start later by less than this."""
_MOST_CHANNELS = 2
_CODECS = {
    "mp3": {"mp3"},
    "mov": {"aac", "mp3", "opus", "flac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_mulaw", "pcm_alaw"},
    "ogg": {"opus", "vorbis", "flac"},
    "matroska": {"opus", "vorbis"},
    "flac": {"flac"},
}
"""Codecs that Chromium, Firefox and Safari all play and can seek in, by demuxer."""


def plays_alike(sound: Sound, seconds: float) -> bool:
    """Whether browsers surely play the file of `sound` at the times of the `seconds` that were decoded from it."""
    found = sound.findings
    whole = not (found.missing or found.unread_tracks or found.unread_bytes or found.cancels)
    if not whole or len(found.parts) != 1 or len(found.tracks) != 1:
        return False
    part, track = found.parts[0], found.tracks[0]
    even = len(track.shapes) == 1 and track.deviation < _SAME_SECONDS and not track.broken
    if not even or track.channels > _MOST_CHANNELS or abs(found.begins) > _SAME_SECONDS:
        return False
    if part.patches:
        return False  # a browser reads the file without the patches
    if part.start and not _only_tags_before(sound.data, part.start):
        return False
    with opened(sound.file, part.start, part.end, part.patches, part.options, part.skipped) as container:
        demuxer, streams = container.format.name.split(",")[0], container.streams
        codec = streams.audio[0].codec_context.codec.canonical_name
        stated = (container.duration or 0) / 1_000_000
        if codec not in _CODECS.get(demuxer, ()) or (demuxer == "ogg" and len(streams) > 1):
            return False
    if demuxer == "mp3":
        return _mp3(found.walks, seconds)
    return _PROOFS[demuxer](sound.data, part, stated, seconds)


def _only_tags_before(data: Data, start: int) -> bool:
    return after_id3(data, 0) == start and data[start] == 0xFF


def _wav(data: Data, part: Part, stated: float, seconds: float) -> bool:
    return data[:4] == b"RIFF" and part.stated and part.after >= len(data) - 1 and _same(stated, seconds)


def _flac(data: Data, part: Part, stated: float, seconds: float) -> bool:
    return data[:4] == b"fLaC" and _same(stated, seconds)


def _ogg(data: Data, part: Part, stated: float, seconds: float) -> bool:
    """Whether the time of every page is plausible."""
    return not part.patches and _same(stated, seconds)


def _mp3(walks: list[Walk], seconds: float) -> bool:
    """Whether the bit rate is constant, so that bytes map to times. A header with a frame count must be correct."""
    if len(walks) != 1 or not walks[0].constant or walks[0].junk:
        return False
    walk = walks[0]
    return _same(walk.seconds, seconds) and (not walk.stated_frames or _same(walk.stated_seconds, walk.seconds))


def _webm(data: Data, part: Part, stated: float, seconds: float) -> bool:
    """Whether there is a correct duration and an index that the header points to."""
    if b"webm" not in data[:64] or part.missing_bytes or not _same(stated, seconds):
        return False
    clusters, cues = data.find(b"\x1f\x43\xb6\x75"), b"\x1c\x53\xbb\x6b"
    # A SeekHead contains the id of each element that it points to.
    return 0 < data.find(cues, 0, clusters) < clusters and data.find(cues, clusters) > 0


def _mov(data: Data, part: Part, stated: float, seconds: float) -> bool:
    """Whether the file is not fragmented, has only the usual edits, and states its full duration."""
    if part.missing_bytes or stated < seconds - _SAME_SECONDS:
        return False
    outer = {name: (body, end) for name, body, end in boxes(data, part.start, part.end)}
    if b"moov" not in outer or b"moof" in outer:
        return False
    scale, tracks = 1000, 0
    for name, body, end in boxes(data, *outer[b"moov"]):
        if name == b"mvex":
            return False
        if name == b"mvhd":
            scale = _version(data, body, 12, 20, 4)
            if _version(data, body, 16, 24, 8 if data[body] else 4) < (seconds - _SAME_SECONDS) * scale:
                return False
        if name == b"trak":
            if not _plain_edit(data, body, end, scale, seconds):
                return False
            tracks += 1
    return tracks > 0


def _plain_edit(data: Data, body: int, end: int, scale: int, seconds: float) -> bool:
    sound, edits, media_scale = False, [], 1
    for name, at, _after in _within(data, body, end, (b"edts", b"mdia")):
        if name == b"elst":
            edits = list(_edits(data, at))
        if name == b"mdhd":
            media_scale = _version(data, at, 12, 20, 4)
        if name == b"hdlr":
            sound = data[at + 8 : at + 12] == b"soun"
    if not edits:
        return True
    length, begin, rate = edits[0]
    priming = _PRIMING_SECONDS if sound else _REORDERING_SECONDS
    plain = len(edits) == 1 and 0 <= begin <= priming * media_scale and rate == 0x10000
    return plain and (not sound or not length or abs(length / scale - seconds) < _SAME_SECONDS)


def _edits(data: Data, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield duration (in the movie's time scale), start (in the track's) and speed of each edit."""
    wide = 8 if data[at] else 4
    for number in range(min(int.from_bytes(data[at + 4 : at + 8], "big"), 1000)):
        place = at + 8 + number * (2 * wide + 4)
        length, begin = (int.from_bytes(data[p : p + wide], "big", signed=True) for p in (place, place + wide))
        yield length, begin, int.from_bytes(data[place + 2 * wide : place + 2 * wide + 4], "big")


def _within(data: Data, body: int, end: int, into: tuple[bytes, ...]) -> Iterator[tuple[bytes, int, int]]:
    for name, at, after in boxes(data, body, end):
        if name in into:
            yield from _within(data, at, after, into)
        else:
            yield name, at, after


def _version(data: Data, body: int, short: int, long: int, size: int) -> int:
    """A field of a box whose version 1 has longer fields: at offset `long` instead of `short`."""
    at = body + (long if data[body] else short)
    return int.from_bytes(data[at : at + size], "big")


def _same(stated: float, seconds: float) -> bool:
    return abs(stated - seconds) < _SAME_SECONDS


_PROOFS: dict[str, Callable[[Data, Part, float, float], bool]] = {
    "wav": _wav,
    "flac": _flac,
    "ogg": _ogg,
    "matroska": _webm,
    "mov": _mov,
}
