"""The sound of a recording: all parts and tracks of a file, mixed to one channel on one continuous clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from cantomeet.media import sniffing
from cantomeet.media.ffmpeg import opened
from cantomeet.media.found import Missing, unreadable
from cantomeet.media.matroska import destroyed
from cantomeet.media.mixing import Mixer, Samples
from cantomeet.media.mpeg_frames import SIZED, Walk, begins_frames, walk_adts, walk_mp3, walk_sized
from cantomeet.media.parts import Part, parts_of
from cantomeet.media.stated import is_believable
from cantomeet.media.tracks import LEAST_MISSING_SECONDS, Facts, Track
from cantomeet.media.voc import lost_share

_PROGRESS_SECONDS = 10.0
_OF_FRAMES = frozenset({"mp3", "ac3", "eac3", "dts", "loas", "wav"})
"""Demuxers that silently skip bytes between two frames."""
_MUCH_BYTES = 256 * 1024
"""Fewer unknown bytes at the end of a file count as a program's metadata."""


@dataclass
class Findings:
    """What decoding found. Complete once all blocks were read."""

    parts: list[Part] = field(default_factory=list)
    tracks: list[Facts] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    """The frames of MP3 and ADTS parts."""
    missing: list[Missing] = field(default_factory=list)
    unread_tracks: int = 0
    """Number of sound tracks that cannot be decoded."""
    unread_bytes: int = 0
    """Bytes of parts that cannot be decoded."""
    cancels: bool = False
    """Whether channels have the same sound with opposite signs, so that one loudspeaker plays little of it."""
    begins: float = 0.0
    """The clock at the start of the first part, in seconds."""


class Sound:
    """The sound of one file. `findings` has what was found while decoding it."""

    def __init__(self, file: BinaryIO, data: mmap) -> None:
        self.file, self.data = file, data
        self.findings = Findings()

    def blocks(self, rate: int) -> Iterator[Samples]:
        """Yield 16-bit samples of one channel, `rate` a second."""
        done = 0
        for part in self._parts():
            for samples in self._of_part(part, rate, done / rate):
                done += len(samples)
                yield samples

    def _parts(self) -> Iterator[Part]:
        after = 0
        for part in parts_of(self.data):
            yield part
            after = part.after
        rest = len(self.data) - after
        if rest >= _MUCH_BYTES and re.compile(rb"[^\x00]").search(self.data, after):
            self.findings.unread_bytes += rest

    def _of_part(self, part: Part, rate: int, begin: float) -> Iterator[Samples]:
        found = self.findings
        tracks = self._tracks_of(part)
        mixer = Mixer(rate)
        samples = 0
        for block in mixer.mixed([track.blocks(rate) for track in tracks]):
            samples += len(block)
            yield block
        found.cancels |= mixer.cancels
        found.tracks += [track.facts for track in tracks]
        heard = [track.facts for track in tracks if track.facts.shapes]
        found.unread_tracks += len(tracks) - len(heard) if heard else 0
        gaps = [gap for facts in heard for gap in [*facts.missing, *self._lost_between_frames(part, facts)]]
        found.missing += [Missing(begin + gap.at, gap.seconds) for gap in gaps]
        if samples:
            found.parts.append(part)
        else:
            found.unread_bytes += part.end - part.start

    def _lost_between_frames(self, part: Part, facts: Facts) -> Iterator[Missing]:
        """Yield what a demuxer silently skips: bytes between frames, and frames that a header counts."""
        if facts.demuxer == "matroska":
            for begin, end in destroyed(self.data, part.start, part.end):
                if end - begin >= LEAST_MISSING_SECONDS:
                    yield Missing(max(0.0, begin - facts.begins), end - begin)
        if facts.demuxer == "voc":
            seconds = facts.seconds * lost_share(self.data, part.start, part.end)
            if seconds >= LEAST_MISSING_SECONDS:
                yield Missing(facts.seconds, seconds)
        walk = self._walk(part, facts)
        if walk is None or not walk.frames:
            return
        lost = walk.seconds - facts.seconds
        if facts.codec == "aac_latm" and walk.junk and lost >= LEAST_MISSING_SECONDS:
            # A decoder that took destroyed bytes for a frame decodes nothing until the next stream configuration.
            yield Missing(walk.junk[0][0], lost)
        elif abs(lost) > 0.1 * facts.seconds + LEAST_MISSING_SECONDS:
            return  # frames of a kind that is not counted here
        accounted = walk.seconds
        for at, size in walk.junk:
            seconds = size * walk.seconds / walk.bytes
            accounted += seconds
            if seconds >= LEAST_MISSING_SECONDS:
                yield Missing(at, seconds)
        implausible = walk.has_stated_bytes or not is_believable(
            walk.stated_seconds, accounted, ends_whole=not walk.cut
        )
        if walk.stated_seconds - accounted >= LEAST_MISSING_SECONDS and not implausible:
            yield Missing(facts.seconds, walk.stated_seconds - accounted)

    def _walk(self, part: Part, facts: Facts) -> Walk | None:
        """The frames of a format without a clock. None for formats whose frames are not counted."""
        if facts.demuxer in _OF_FRAMES and facts.codec in SIZED and all(facts.frame):
            begin = part.start + (facts.first_byte if facts.demuxer == "wav" else 0)
            return walk_sized(self.data, begin, part.end, facts.codec, *facts.frame)
        if facts.demuxer == "wav" and facts.codec == "mp3":
            return walk_mp3(self.data, part.start + facts.first_byte, part.end)
        if facts.demuxer not in ("mp3", "aac"):
            return None
        walk = (walk_mp3 if facts.demuxer == "mp3" else walk_adts)(self.data, part.start, part.end)
        self.findings.walks.append(walk)
        if begins_frames(self.data, walk.end):
            # Frames of the other kind follow, which this decoder cannot decode.
            self.findings.unread_bytes += part.end - walk.end
        return walk

    def _tracks_of(self, part: Part) -> list[Track]:
        try:
            with opened(self.file, part.start, part.end, part.patches, part.options, part.skipped) as container:
                readable = sound_tracks(container)
                self.findings.unread_tracks += len(container.streams.audio) - len(readable) if readable else 0
                if not self.findings.parts:
                    self.findings.begins = (container.start_time or 0) / 1_000_000
                return [Track(self.file, part, stream, alone=len(readable) == 1) for stream in readable]
        except FFmpegError:
            return []


def sound_tracks(container: InputContainer) -> list[AudioStream]:
    """The sound tracks for which FFmpeg has a decoder."""
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


@contextmanager
def sound_of(src: Path) -> Iterator[Sound]:
    with src.open("rb") as file:
        if not src.stat().st_size:
            raise unreadable(sniffing.EMPTY)
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            yield Sound(file, data)


def reporting(blocks: Iterator[Samples], rate: int, on_progress: Callable[[float], None] | None) -> Iterator[Samples]:
    samples = reported = 0
    for block in blocks:
        yield block
        samples += len(block)
        if on_progress and samples - reported >= _PROGRESS_SECONDS * rate:
            reported = samples
            on_progress(samples / rate)
