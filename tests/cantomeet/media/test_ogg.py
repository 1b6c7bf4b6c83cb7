"""An Ogg page with a false time neither moves nor hides sound. A truncated page shows how much is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cantomeet import media
from cantomeet.media.ogg import _checksum
from tests.marked import SECONDS, assert_whole, file_bytes, marked

MONO = marked()
PAGES = {"page_duration": "500000"}
FILES = {codec: file_bytes("ogg", codec, [MONO], options=PAGES) for codec in ("libopus", "flac")}


def pages(content: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(content):
        size = 27 + content[at + 26] + sum(content[at + 27 : at + 27 + content[at + 26]])
        yield at, at + size
        at += size


def with_time(content: bytes, number: int, granule: int) -> bytes:
    """The file with the time `granule` and a correct checksum in page `number`."""
    begin, end = list(pages(content))[number]
    page = bytearray(content[begin:end])
    page[6:14] = granule.to_bytes(8, "little", signed=True)
    page[22:26] = bytes(4)
    page[22:26] = _checksum(page).to_bytes(4, "little")
    return content[:begin] + page + content[end:]


def decoded(content: bytes, folder: Path) -> media.Decoded:
    (folder / "file").write_bytes(content)
    return media.decode_to_wav(folder / "file", folder / "wav")


@pytest.mark.parametrize("granule", [-5, -1, 0, 48_000, 48_000 * 60, 2**62])
@pytest.mark.parametrize("codec", FILES)
def test_a_page_with_a_false_time_is_placed_at_the_right_one(codec: str, granule: int, tmp_path: Path) -> None:
    found = decoded(with_time(FILES[codec], 8, granule), tmp_path)
    assert found.missing == ()
    assert_whole(tmp_path / "wav")
    assert not found.plays_alike


@pytest.mark.parametrize("number", [2, -1])
@pytest.mark.parametrize("codec", FILES)
def test_a_false_time_of_the_first_or_last_page_is_corrected(codec: str, number: int, tmp_path: Path) -> None:
    found = decoded(with_time(FILES[codec], number, -5), tmp_path)
    assert found.missing == ()
    assert_whole(tmp_path / "wav")
    assert not found.plays_alike


@pytest.mark.parametrize("codec", FILES)
def test_a_truncated_last_page_says_how_much_is_missing(codec: str, tmp_path: Path) -> None:
    content = FILES[codec]
    begin, _ = list(pages(content))[-4]
    found = decoded(content[: begin + 60], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(found.seconds, abs=0.01)
    assert gap.seconds == pytest.approx(0.55, abs=0.1)
    assert not found.plays_alike
    assert found.seconds < SECONDS - 1


@pytest.mark.parametrize("codec", FILES)
def test_destroyed_pages_before_the_last_are_reported(codec: str, tmp_path: Path) -> None:
    """The last page has a moment of sound, which is not placed at its time."""
    content = FILES[codec]
    begin, end = list(pages(content))[-3][0] + 50, list(pages(content))[-1][0]
    found = decoded(content[:begin] + bytes(end - begin) + content[end:], tmp_path)
    assert sum(gap.seconds for gap in found.missing) == pytest.approx(SECONDS - found.seconds, abs=0.1)
    assert found.seconds < SECONDS - 0.5
    assert not found.plays_alike


@pytest.mark.parametrize("granule", [48_000 * 30, 2**62])
def test_an_implausible_time_of_the_last_page_is_ignored(granule: int, tmp_path: Path) -> None:
    assert decoded(with_time(FILES["libopus"], -1, granule), tmp_path).missing == ()


def test_an_implausible_time_of_a_truncated_page_is_ignored(tmp_path: Path) -> None:
    content = with_time(FILES["libopus"], -4, 2**62)
    begin, _ = list(pages(content))[-4]
    assert decoded(content[: begin + 60], tmp_path).missing == ()
