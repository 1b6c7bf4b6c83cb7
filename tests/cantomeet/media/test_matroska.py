"""Matroska and WebM files with repeated track entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantomeet import media
from cantomeet.media.ebml import ebml_element
from cantomeet.media.matroska import surplus_tracks
from tests.marked import assert_whole, file_bytes, marked

MONO = marked()
TRACKS = b"\x16\x54\xae\x6b"
TIMES = 100_000


def with_length(body: bytes) -> bytes:
    return b"\x01" + len(body).to_bytes(7, "big") + body


def repeated(content: bytes, what: str) -> bytes:
    """`content` with its track list, or the entries of the list, repeated 100,000 times."""
    segment = content.index(b"\x18\x53\x80\x67") + 4
    at = segment + 8
    while (element := ebml_element(content, at))[0] != TRACKS:
        at = element[2] + (element[1] or 0)
    _, size, body = element
    end = body + (size or 0)
    lists = content[at:end] * TIMES if what == "lists" else TRACKS + with_length(content[body:end] * TIMES)
    return content[:segment] + b"\x01" + b"\xff" * 7 + content[segment + 8 : at] + lists + content[end:]


@pytest.mark.parametrize("what", ["lists", "entries"])
@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("matroska", "aac")])
def test_tracks_that_are_repeated_are_read_once(container: str, codec: str, what: str, tmp_path: Path) -> None:
    """FFmpeg would keep 64 of them. Each is opened separately, which reads all entries every time."""
    (tmp_path / "file").write_bytes(repeated(file_bytes(container, codec, [MONO]), what))
    assert media.probe(tmp_path / "file").content_type
    found = media.decode_to_wav(tmp_path / "file", tmp_path / "wav")
    assert (found.missing, found.unread_tracks, found.unread_bytes) == ((), 0, 0)
    assert not found.plays_alike
    assert_whole(tmp_path / "wav")


def test_tracks_without_repetition_are_not_patched() -> None:
    content = file_bytes("matroska", "flac", [MONO[:48_000]] * 8)
    assert surplus_tracks(content, 0, len(content)) == {}
