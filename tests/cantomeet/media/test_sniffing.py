"""Detection of files that are no recordings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.errors import ErrorCode
from cantomeet.i18n import has_text
from cantomeet.media import sniffing
from cantomeet.reasons import reason_text


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "image"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "image"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "image"),
        (b"PK\x03\x04" + bytes(100), "archive"),
        (bytes(257) + b"ustar\x0000", "archive"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "pdf"),
        (b"\x03ds2" + bytes(100), "ds2"),
        (b"\x02dss" + bytes(100), "dss"),
        (b"\x02#!SILK_V3" + bytes(100), "silk"),
        (b"MS_VOICE" + bytes(100), "msv"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
        (b"\xef\xbb\xbf\r\n#EXTM3U\n", "playlist"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "playlist"),
        (b"[playlist]\nFile1=http://127.0.0.1/\n", "playlist"),
        (b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>", "playlist"),
        (b"<!DOCTYPE html><html></html>", "html"),
        ("各位早晨，今日開會討論三件事。\n".encode(), "text"),
        ("各位早晨，今日開會討論三件事。\n".encode("big5") * 9, "text"),
        (("hello there\n" * 9).encode("utf-16"), "text"),
        (b"\xff\xfb\x90\x64" + bytes(range(1, 200)), "unknown"),
    ],
)
def test_a_foreign_file_is_told_from_its_first_bytes(head: bytes, code: str) -> None:
    assert (sniffing.foreign(head) or "unknown") == code


@given(st.text(min_size=1).filter(lambda text: all(c.isprintable() or c == "\n" for c in text)))
def test_whatever_reads_as_text_is_foreign(text: str) -> None:
    assert sniffing.foreign(text.encode()) is not None


@given(st.text("會議紀錄早晨", min_size=200, max_size=400), st.integers(0, 3))
def test_text_is_told_also_where_its_last_character_is_cut(text: str, cut: int) -> None:
    assert sniffing.foreign(text.encode()[: -cut or None]) == sniffing.TEXT


def test_every_finding_has_a_text() -> None:
    named = {value for name, value in vars(sniffing).items() if name.isupper() and isinstance(value, str)}
    codes = {code for _, _, code in sniffing._MAGIC} | {sniffing.foreign(b"<html>")} | named
    assert len(codes) > 20
    assert [code for code in codes if not has_text(f"found.{code}")] == []


def test_a_refusal_names_what_was_found_in_the_readers_language() -> None:
    params = {"found": "image"}
    assert "圖片" in reason_text(ErrorCode.NOT_A_RECORDING, params, "zh-Hant-HK")
    assert "an image" in reason_text(ErrorCode.NOT_A_RECORDING, params, "en")
