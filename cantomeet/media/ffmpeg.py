"""The only access to FFmpeg. It is limited to listed demuxers and to audio decoders, without protocols or file names.

So nothing inside a recording can make FFmpeg open another file or an address.
"""

from __future__ import annotations

import errno
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec import Codec, codecs_available
from av.codec.codec import UnknownCodecError
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard

_DEMUXERS = (
    "mp3,mov,mp4,m4a,3gp,3g2,mj2,wav,ogg,matroska,webm,flac,aac,amr,asf,"
    # Other recorders: Macs, field recorders, dictaphones, camcorders, television, video meetings, surveillance cameras.
    "aiff,caf,w64,au,avi,mpegts,mpeg,ac3,eac3,dts,loas,flv,mxf,dv,dhav,voc,oma,qcp,act,"
    # Lossless formats into which people convert recordings.
    "tta,wv,ape,tak"
)
_TRIES_AFTER_ERRORS = 50
"""A demuxer that fails this often in a row without a packet is at its end."""
_MOST_STREAMS = 64
"""Limit on tracks, because FFmpeg allocates a decoder for each."""

_MOST_CHANNELS = 64
"""The limit of FFmpeg's resampler."""


def _is_of_sound(name: str) -> bool:
    try:
        return Codec(name, "r").type == "audio"
    except UnknownCodecError:
        return False


_OPTIONS = {
    "format_whitelist": _DEMUXERS,
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(filter(_is_of_sound, codecs_available))),
    "max_streams": str(_MOST_STREAMS),
}


def _raise_out_of_memory(error: FFmpegError) -> None:
    """Raises `MemoryError` if FFmpeg ran out of memory, which must not count as a broken file."""
    if error.errno == errno.ENOMEM:
        raise MemoryError from error


class _Nameless:
    """A file object without a name, so that FFmpeg detects formats by content alone. It remembers `OSError`s."""

    def __init__(self, file: BinaryIO) -> None:
        self.tell = file.tell
        self._file = file
        self._failed: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek, or return -EINVAL for an invalid offset of a broken index, so that FFmpeg handles it."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise
            return -errno.EINVAL

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            self._failed = error
            raise

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self._failed = error
            raise

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Raise the remembered `OSError`, which FFmpeg has turned into an error of its own."""
        try:
            yield
        except FFmpegError as error:
            if self._failed is not None:
                raise self._failed from error
            _raise_out_of_memory(error)
            raise


class _Window(_Nameless):
    """Presents `pieces` of a file (start, end) as one file. `patches` replace bytes, by offset in the original file."""

    def __init__(self, file: BinaryIO, pieces: Sequence[tuple[int, int]], patches: Mapping[int, bytes]) -> None:
        super().__init__(file)
        self._pieces, self._patches = pieces, patches
        self._ends = list(accumulate(end - begin for begin, end in pieces))
        self._at = 0
        self.tell = self._tell

    def read(self, size: int) -> bytes:
        number = bisect_right(self._ends, self._at)
        if number == len(self._pieces):
            return b""  # a broken index may name an offset after the end
        left = self._ends[number] - self._at
        begin = self._pieces[number][1] - left
        self._file.seek(begin)
        read = super().read(max(0, min(size, left)))
        self._at += len(read)
        return self._patched(begin, read) if self._patches else read

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._ends[-1]}[whence] + offset
        if not 0 <= at <= sys.maxsize:
            return -errno.EINVAL
        self._at = at
        return at

    def _tell(self) -> int:
        return self._at

    def _patched(self, begin: int, read: bytes) -> bytes:
        patched = bytearray(read)
        for offset, patch in self._patches.items():
            for place, byte in enumerate(patch, offset - begin):
                if 0 <= place < len(patched):
                    patched[place] = byte
        return bytes(patched)


@contextmanager
def opened(
    file: BinaryIO,
    start: int = 0,
    end: int | None = None,
    patches: Mapping[int, bytes] | None = None,
    options: Mapping[str, str] | None = None,
    skipped: Sequence[tuple[int, int]] = (),
) -> Iterator[InputContainer]:
    """Open the bytes `start` to `end` of `file` (None: its end), without those in `skipped`, as a container.

    Raises `FFmpegError`, `MemoryError`, and the `OSError` of a failed read.
    """
    end = os.fstat(file.fileno()).st_size if end is None else end
    borders = [start, *chain.from_iterable(skipped), end]
    source = _Window(file, list(zip(borders[::2], borders[1::2], strict=True)), patches or {})
    with (
        source.telling(),
        av.open(source, "r", options={**_OPTIONS, **(options or {})}, metadata_errors="replace") as container,
    ):
        for stream in container.streams:
            if stream.type != "audio":
                stream.discard = Discard.all
        yield container


@contextmanager
def created(file: BinaryIO, format: str) -> Iterator[OutputContainer]:
    """A container of `format` that is written into `file`. Raises the errors of `opened`."""
    target = _Nameless(file)
    with target.telling(), av.open(target, "w", format=format) as container:
        yield container


def packets_in(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream] | None]:
    """Yield the packets of `stream`, and None where the demuxer failed and something may be missing."""
    demuxed, failures = container.demux(stream), 0
    while failures < _TRIES_AFTER_ERRORS:
        try:
            packet = next(demuxed)
        except StopIteration:
            return
        except FFmpegError as error:
            _raise_out_of_memory(error)
            # The demuxer can often continue after the bytes that it could not read.
            demuxed, failures = container.demux(stream), failures + 1
            yield None
        else:
            failures = 0
            yield packet


def decoded(decode: Callable[[], object]) -> list[AudioFrame] | None:
    """The audible frames that `decode` returns. None if it failed."""
    try:
        frames = decode()
    except FFmpegError as error:
        _raise_out_of_memory(error)
        return None
    assert isinstance(frames, list)
    return [frame for frame in frames if isinstance(frame, AudioFrame) and _can_be_heard(frame)]


def _can_be_heard(frame: AudioFrame) -> bool:
    return bool(frame.samples and frame.rate) and frame.layout.nb_channels <= _MOST_CHANNELS
