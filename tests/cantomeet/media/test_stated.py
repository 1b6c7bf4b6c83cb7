"""An implausible stated duration gives no warning. A truncated file still gives one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from cantomeet import media
from cantomeet.media.stated import is_believable
from tests.marked import SECONDS, file_bytes, marked, wav_bytes

MONO = marked()
DAY = 24 * 3600.0


def with_number(content: bytes, word: bytes, offset: int, value: int, width: int = 4, order: str = "big") -> bytes:
    at = content.index(word) + offset
    return content[:at] + value.to_bytes(width, "big" if order == "big" else "little") + content[at + width :]


def flac_stating(samples: int) -> bytes:
    content = file_bytes("flac", "flac", [MONO])
    field = int.from_bytes(content[18:26], "big") >> 36 << 36 | samples
    return content[:18] + field.to_bytes(8, "big") + content[26:]


def mp3_stating(frames: int) -> bytes:
    return with_number(file_bytes("mp3", "libmp3lame", [MONO], bit_rate=96_000), b"Info", 8, frames)


def webm_stating_everything() -> bytes:
    content = file_bytes("webm", "libopus", [MONO])
    at = content.index(b"\x44\x89\x88") + 3
    content = content[:at] + struct.pack(">d", 1e12) + content[at + 8 :]
    return with_number(content, b"\x18\x53\x80\x67", 5, 2**40, 7)


ABSURD: dict[str, Callable[[], bytes]] = {
    "flac of 397 hours": lambda: flac_stating(2**36 - 1),
    "flac of an hour, whose last frame is whole": lambda: flac_stating(3600 * 48_000),
    "mp3 of 66 hours": lambda: mp3_stating(10_000_000),
    "mp3 of twice the frames, whose bytes are all there": lambda: mp3_stating(500),
    "wav whose samples alone are too many": lambda: with_number(wav_bytes(MONO), b"data", 4, 10**9, order="little"),
    "aiff of that kind": lambda: with_number(file_bytes("aiff", "pcm_s16be", [MONO]), b"SSND", 4, 10**9),
    "w64 of that kind": lambda: with_number(
        file_bytes("w64", "pcm_s16le", [MONO]), b"data\xf3", 16, 10**9, 8, "little"
    ),
    "caf of 3000 hours": lambda: with_number(file_bytes("caf", "pcm_s16be", [MONO]), b"data", 4, 2**40, 8),
    "m4a whose index is complete": lambda: with_number(
        file_bytes("ipod", "alac", [MONO], options={"movflags": "faststart"}), b"mdat", -4, 2**31
    ),
    "wavpack of 12 hours, whose last block is whole": lambda: with_number(
        file_bytes("wv", "wavpack", [MONO]), b"wvpk", 12, 2**31, order="little"
    ),
    "flv of 2700 hours": lambda: with_number(
        file_bytes("flv", "aac", [marked(44_100)], rate=44_100),
        b"duration",
        9,
        int.from_bytes(struct.pack(">d", 1e7), "big"),
        8,
    ),
    "webm of 30 years": webm_stating_everything,
}


@pytest.mark.parametrize("kind", ABSURD)
def test_an_implausible_total_is_no_loss(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(ABSURD[kind]())
    found = media.measure(tmp_path / "file")
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert found.missing == ()
    assert not found.plays_alike or kind.startswith("m4a")


@pytest.mark.parametrize("share", [0.95, 0.5, 0.3])
@pytest.mark.parametrize("kind", ["flac", "mp3", "wav", "aiff"])
def test_a_truncation_of_any_size_is_a_loss(kind: str, share: float, tmp_path: Path) -> None:
    forms = {"flac": ("flac", "flac"), "mp3": ("mp3", "libmp3lame"), "aiff": ("aiff", "pcm_s16be")}
    content = wav_bytes(MONO) if kind == "wav" else file_bytes(*forms[kind], [MONO])
    (tmp_path / "file").write_bytes(content[: int(share * len(content))])
    found = media.measure(tmp_path / "file")
    (gap,) = found.missing
    assert found.seconds + gap.seconds == pytest.approx(SECONDS, abs=0.1)


def test_a_length_that_no_recording_has_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(flac_stating(2**36 - 1))
    assert media.probe(tmp_path / "file").duration_seconds is None


@pytest.mark.parametrize(
    ("stated", "heard", "ends_whole", "believed"),
    [
        (3600.0, 1.0, False, True),
        (3600.0, 1.0, True, False),
        (3600.0, 1800.0, True, True),
        (1.5 * DAY, 0.5 * DAY, False, True),
        (1.5 * DAY, 3600.0, False, False),
    ],
)
def test_a_stated_duration_is_believed_unless_it_is_implausible(
    stated: float, heard: float, ends_whole: bool, believed: bool
) -> None:
    assert is_believable(stated, heard, ends_whole=ends_whole) is believed
