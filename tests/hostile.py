"""Small files that ask for endless work: real recordings whose tables, times and sizes were set to absurd values.

Seeded: the same number makes the same file.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from tests.recordings_factory import COMMON, make_recording

_TABLES = (b"stsz", b"stts", b"stsc", b"stco", b"ctts", b"stss", b"elst")
_HUGE = (50_000_000, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000000)


@cache
def ordinary(kind: str, seconds: float = 1.0) -> bytes:
    """A recording of `kind` that is what it says."""
    with TemporaryDirectory() as folder:
        return make_recording(Path(folder) / "a", kind, seconds=seconds).read_bytes()


def endless_table(table: bytes = b"stsz", count: int = 50_000_000, size: int = 1) -> bytes:
    """An M4A of a few kilobytes, one of whose tables says that it has `count` entries (`stsz`: of `size` each)."""
    content = bytearray(ordinary("m4a-faststart"))
    at = content.find(table)
    if at < 0:
        return bytes(content)
    if table == b"stsz":
        content[at + 8 : at + 16] = struct.pack(">II", size, count & 0xFFFFFFFF)
    else:
        content[at + 8 : at + 12] = struct.pack(">I", count & 0xFFFFFFFF)
    return bytes(content)


def time_jumps(jumps: int, seconds: float) -> bytes:
    """A Matroska file of little sound, whose times jump by `seconds` before each tenth of a second of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.mkv"
        with av.open(str(path), "w", format="matroska") as out:
            stream = out.add_stream("libopus", rate=48_000, layout="mono")
            assert isinstance(stream, AudioStream)
            quiet = AudioFrame.from_ndarray(np.zeros((1, 4800), np.int16), format="s16", layout="mono")
            packets = []
            for number in range(jumps):
                quiet.sample_rate, quiet.pts = 48_000, number * 4800
                packets += stream.encode(quiet)
            for number, packet in enumerate(packets):
                assert packet.time_base is not None
                packet.pts = packet.dts = int((number * 0.02 + number // 5 * seconds) / packet.time_base)
                out.mux(packet)
        return path.read_bytes()


def many_tracks(tracks: int) -> bytes:
    """An MP4 with so many copies of its one track."""
    content = ordinary("m4a")
    at = content.index(b"moov") - 4
    size = int.from_bytes(content[at : at + 4], "big")
    moov = content[at + 8 : at + size]
    start = moov.index(b"trak") - 4
    length = int.from_bytes(moov[start : start + 4], "big")
    body = moov[:start] + moov[start : start + length] * tracks + moov[start + length :]
    return content[:at] + struct.pack(">I", len(body) + 8) + b"moov" + body + content[at + size :]


def nested_atoms(depth: int) -> bytes:
    """An MP4 of atoms in atoms."""
    inner = b""
    for name in (b"moov", *[b"trak", b"mdia", b"minf", b"udta"] * (depth // 4)):
        inner = struct.pack(">I", len(inner) + 8) + name + inner
    return ordinary("m4a")[:32] + inner


def chained(times: int) -> bytes:
    """An Ogg file of so many streams, one after the other."""
    return ordinary("ogg", 0.1) * times


def quiet_flac(seconds: float) -> bytes:
    """Silence: each block is one constant, so a kilobyte holds minutes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.flac"
        with av.open(str(path), "w", format="flac") as out:
            stream = out.add_stream("flac", rate=8_000, layout="mono")
            assert isinstance(stream, AudioStream)
            quiet = AudioFrame.from_ndarray(np.zeros((1, 80_000), np.int16), format="s16", layout="mono")
            for number in range(int(seconds / 10)):
                quiet.sample_rate, quiet.pts = 8_000, number * 80_000
                out.mux(stream.encode(quiet))
            out.mux(stream.encode(None))
        return path.read_bytes()


def slow_wav(rate: int, channels: int = 1, samples: int = 100_000) -> bytes:
    """A WAV of `rate` samples a second: at one a second a kilobyte is ten minutes."""
    data = bytes(2 * samples)
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels & 0xFFFFFFFF, 2 * channels & 0xFFFF, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def comfort_noise(seconds: float) -> bytes:
    """AMR in which nobody speaks: a byte for each fiftieth of a second."""
    return b"#!AMR\n" + b"\x7c" * int(50 * seconds)


def giant_tag(size: int) -> bytes:
    """An MP3 behind an ID3 tag that says it is `size` bytes long."""
    seven = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + seven + b"APIC" + seven + b"\x00\x00" + ordinary("mp3")


def giant_block(size: int = 0xFFFFFF) -> bytes:
    """A FLAC whose picture block says it is `size` bytes long."""
    content = ordinary("flac")
    return content[:42] + b"\x06" + size.to_bytes(3, "big") + b"\xff" * 64 + content[42:]


def giant_element(number: int) -> bytes:
    """A Matroska file in which the size of one element says nearly 2^56 bytes."""
    content = bytearray(ordinary("mkv"))
    ids = (b"\x16\x54\xae\x6b", b"\x15\x49\xa9\x66", b"\x1f\x43\xb6\x75", b"\x11\x4d\x9b\x74", b"\x86", b"\x63\xa2")
    chosen = ids[number % len(ids)]
    at = content.find(chosen)
    content[at + len(chosen) : at + len(chosen) + 8] = b"\x01" + b"\x7f" * 7
    return bytes(content)


def giant_list() -> bytes:
    """A WAV whose LIST chunk says that it is 4 GB."""
    content = ordinary("wav")
    return content[:12] + b"LIST" + struct.pack("<I", 0xFFFFFFF0) + b"INFOISFT" + content[12:]


def mutated(seed: int) -> bytes:
    """A recording of any kind, some of whose first bytes, where headers stand, are set to what breaks counting."""
    chance = random.Random(seed)
    content = bytearray(ordinary(chance.choice([*COMMON, "m4a-faststart", "alac", "3gp", "webm-live"])))
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(min(len(content), chance.choice((64, 512, 4096, len(content)))))
        content[at : at + 4] = chance.choice(
            (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", chance.randbytes(4))
        )
    return bytes(content)


_MAKERS: tuple[Callable[[int], bytes], ...] = (
    lambda n: endless_table(_TABLES[n % len(_TABLES)], _HUGE[n % len(_HUGE)]),
    lambda n: endless_table(b"stsz", 50_000_000 + n, 0),
    lambda n: endless_table(b"stsz", 50_000_000 + n, 1 + n),
    lambda n: time_jumps(200, 600.0 + n),
    lambda n: many_tracks(500 + n),
    lambda n: nested_atoms(4000 + n),
    lambda n: chained(100 + n),
    lambda n: quiet_flac(2000.0 + n),
    lambda n: slow_wav(1 + n % 7),
    lambda n: slow_wav(0xFFFFFFFF - n, 1 + n % 3 * 30_000),
    lambda n: comfort_noise(20_000.0 + n),
    lambda n: giant_tag(0x0FFFFFFF - n),
    lambda n: giant_block(0xFFFFFF - n),
    giant_element,
    lambda n: giant_list(),
    *[mutated] * 10,
)


def hostile(count: int, seed: int = 0) -> Iterator[bytes]:
    """So many of them, of every kind in turn."""
    for number in range(count):
        yield _MAKERS[number % len(_MAKERS)](seed + number)
