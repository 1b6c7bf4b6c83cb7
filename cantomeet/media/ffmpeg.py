"""The door to FFmpeg: the demuxers that we name, decoders of sound alone, no protocol at all, and no file's name.

So nothing inside a recording can make it open another file or an address.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec import Codec, codecs_available
from av.codec.codec import UnknownCodecError
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Discard

_DEMUXERS = "mp3,mov,mp4,m4a,3gp,3g2,mj2,wav,ogg,matroska,webm,flac,aac,amr,asf"
_MOST_STREAMS = 64
"""Tracks; FFmpeg keeps a decoder's memory for each."""


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


class _Nameless:
    """A file without its name, so that FFmpeg judges by content alone; it keeps what the system said went wrong."""

    def __init__(self, file: BinaryIO) -> None:
        self.tell = file.tell
        self._file = file
        self._failed: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """A place before the file's start, as a broken index names it, is an error of FFmpeg's, not the system's."""
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
        """FFmpeg turns what a callback raises into an error of its own; here the system's comes back."""
        try:
            yield
        except FFmpegError as error:
            if self._failed is not None:
                raise self._failed from error
            raise


@contextmanager
def opened(file: BinaryIO) -> Iterator[InputContainer]:
    """`file` as a container to read. Raises `FFmpegError`, and what the system said where reading failed."""
    source = _Nameless(file)
    with (
        source.telling(),
        av.open(source, "r", options=dict(_OPTIONS), metadata_errors="replace") as container,
    ):
        for stream in container.streams:
            if stream.type != "audio":
                stream.discard = Discard.all
        yield container


@contextmanager
def created(file: BinaryIO, format: str) -> Iterator[OutputContainer]:
    """A container of `format` that is written into `file`, with the errors of `opened`."""
    target = _Nameless(file)
    with target.telling(), av.open(target, "w", format=format) as container:
        yield container


def frames_in(container: InputContainer, stream: AudioStream, packets: int | None = None) -> Iterator[AudioFrame]:
    """What decodes in the next `packets` packets (None: to the end); what is broken is passed over."""
    demuxed = islice(container.demux(stream), packets)
    while True:
        try:
            packet = next(demuxed)
        except StopIteration:
            return
        except FFmpegError:
            # The container ends here; the decoder may still hold a frame.
            yield from _decoded(lambda: stream.codec_context.decode(None))
            return
        yield from _decoded(packet.decode)


def _decoded(decode: Callable[[], object]) -> list[AudioFrame]:
    try:
        frames = decode()
    except FFmpegError:
        return []
    assert isinstance(frames, list)
    return [frame for frame in frames if isinstance(frame, AudioFrame) and frame.samples and frame.rate]
