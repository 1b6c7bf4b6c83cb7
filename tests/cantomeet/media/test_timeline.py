"""A browser plays the file itself only if its times surely agree with the transcript."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cantomeet import media
from tests.marked import assert_whole, file_bytes, marked, wav_bytes

MONO = marked()


def mp3(**options: object) -> bytes:
    return file_bytes("mp3", "libmp3lame", [MONO], **options)  # type: ignore[arg-type]


def vbr(xing: str) -> bytes:
    """An MP3 with frames of two bit rates, like one of a variable-bit-rate encoder."""
    begin = file_bytes("mp3", "libmp3lame", [marked(end=3.0)], bit_rate=32_000, options={"write_xing": xing})
    end = file_bytes(
        "mp3", "libmp3lame", [marked(begin=3.0)], bit_rate=160_000, options={"write_xing": "0", "id3v2_version": "0"}
    )
    return begin + end


def m4a(**options: object) -> bytes:
    return file_bytes("ipod", "aac", [MONO], **options)  # type: ignore[arg-type]


def patched(content: bytes, word: bytes, offset: int, value: int, width: int = 4) -> bytes:
    at = content.index(word) + offset
    return content[:at] + value.to_bytes(width, "big") + content[at + width :]


ALIKE: dict[str, Callable[[], bytes]] = {
    "wav": lambda: wav_bytes(MONO),
    "stereo wav": lambda: wav_bytes(np.array([MONO, MONO // 2])),
    "flac": lambda: file_bytes("flac", "flac", [MONO]),
    "mp3 of a constant bit rate": lambda: mp3(bit_rate=96_000),
    "the same without a header": lambda: mp3(bit_rate=96_000, options={"write_xing": "0"}),
    "m4a with the ordinary edit": m4a,
    "opus in ogg": lambda: file_bytes("ogg", "libopus", [MONO]),
    "webm with an index": lambda: file_bytes("webm", "libopus", [MONO]),
}
OTHERWISE: dict[str, Callable[[], bytes]] = {
    "mp3 of a variable bit rate": lambda: vbr("1"),
    "the same without a header": lambda: vbr("0"),
    "mp3 with bytes between its frames": lambda: mp3()[:20_000] + bytes(3000) + mp3()[20_000:],
    "two mp3": lambda: mp3() + mp3(),
    "webm without an index": lambda: file_bytes("webm", "libopus", [MONO], options={"live": "1"}),
    "webm whose clock begins at 10 s": lambda: file_bytes("webm", "libopus", [MONO], starts=(10.0,)),
    "m4a with an empty edit": lambda: m4a(starts=(5.0,)),
    "m4a with a cut": lambda: patched(m4a(), b"elst", 16, 96_000),
    "m4a in fragments": lambda: m4a(options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "m4a whose header states less": lambda: patched(m4a(), b"mvhd", 20, 2000),
    "mp3 whose header counts less": lambda: patched(mp3(bit_rate=96_000), b"Info", 8, 50),
    "channels turned over": lambda: wav_bytes(np.array([MONO, -MONO])),
    "six channels": lambda: wav_bytes(np.array([MONO] * 6)),
    "wav that states half": lambda: patched(wav_bytes(MONO), b"data", 4, int.from_bytes(b"\0\0\2\0", "big")),
    "zeros before wav": lambda: bytes(512) + wav_bytes(MONO),
    "matroska": lambda: file_bytes("matroska", "libopus", [MONO]),
    "alac": lambda: file_bytes("ipod", "alac", [MONO]),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_a_proven_file_is_played_itself(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(ALIKE[kind]())
    assert media.measure(tmp_path / "file").plays_alike


@pytest.mark.parametrize("kind", OTHERWISE)
def test_any_other_is_played_from_a_copy_of_the_same_decoding(kind: str, tmp_path: Path) -> None:
    source, copy, wav, again = (tmp_path / name for name in ("file", "copy", "wav", "again"))
    source.write_bytes(OTHERWISE[kind]())
    transcribed = media.decode_to_wav(source, wav)
    assert not transcribed.plays_alike
    assert media.make_playback_copy(source, copy).seconds == pytest.approx(transcribed.seconds, abs=0.01)
    assert media.decode_to_wav(copy, again).plays_alike
    if "cut" not in kind and "two" not in kind:
        assert_whole(wav, transcribed.seconds)
        assert_whole(again, transcribed.seconds)
