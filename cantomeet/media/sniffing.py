"""Detects files that are no recordings by their first bytes, and names them by a code."""

from __future__ import annotations

HEAD_BYTES = 4096
"""How many bytes of a file `foreign` needs."""

EMPTY = "empty"
UNKNOWN = "unknown"
NO_SOUND = "no_sound"
UNDECODABLE = "undecodable"
INCOMPLETE = "incomplete"
TOO_LONG = "too_long"
TOO_COSTLY = "too_costly"
CRASHING = "crashing"
CUT_OFF = "cut_off"
TEXT = "text"
PLAYLIST = "playlist"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (0, b"II*\x00", "image"),
    (0, b"MM\x00*", "image"),
    (0, b"\x00\x00\x01\x00", "image"),
    (8, b"WEBP", "image"),
    (4, b"ftypheic", "image"),
    (4, b"ftypheix", "image"),
    (4, b"ftypmif1", "image"),
    (4, b"ftypavif", "image"),
    (0, b"%PDF-", "pdf"),
    (0, b"PK\x03\x04", "archive"),
    (0, b"PK\x05\x06", "archive"),
    (0, b"Rar!\x1a\x07", "archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ\x00", "archive"),
    (0, b"\x28\xb5\x2f\xfd", "archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "archive"),
    (257, b"ustar", "archive"),
    (0, b"MZ", "program"),
    (0, b"\x7fELF", "program"),
    (0, b"\xcf\xfa\xed\xfe", "program"),
    (0, b"SQLite format 3\x00", "database"),
    (0, b"MThd", "midi"),
    (0, b".RMF", "realmedia"),
    (0, b".ra\xfd", "realmedia"),
    (1, b"dss", "dss"),
    (1, b"ds2", "ds2"),
    (0, b"MS_VOICE", "msv"),
    (0, b"\x02#!SILK", "silk"),
    (0, b"#!SILK", "silk"),
    (0, b"#!EVRC", "evrc"),
    (0, b"#!SMV", "evrc"),
    (4, b"ftypaax", "audible"),
    (4, b"\x57\x90\x75\x36", "audible"),
)

_PLAYLISTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"[reference]", b"<?wpl", b"<asx", b"<smil")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_FETCHED = (b"HTTP/1.", b"--", b"Content-")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x0b\x1b\x08")


def foreign(head: bytes) -> str | None:
    """The code of a file that is surely no supported recording (see `cantomeet.i18n.found`). None if it may be one.

    `head`: the first `HEAD_BYTES` bytes of the file, or all of a shorter one. Playlists are refused here, before a
    demuxer could follow the addresses in them.
    """
    if not head:
        return EMPTY
    for offset, magic, code in _MAGIC:
        if head.startswith(magic, offset):
            return code
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> str | None:
    start = head.lstrip(b"".join(_BOMS) + b" \t\r\n")[:512].lower()
    if start.startswith(_PLAYLISTS) or (start.startswith(b"<?xml") and b"<mpd" in start):
        return PLAYLIST
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if head.startswith(_FETCHED) and b"\r\n\r\n" in head:
        # A download saved with its HTTP header: a recording may follow.
        return None
    return TEXT if is_text(head) else None


def is_text(head: bytes) -> bool:
    if head.startswith(_BOMS[1:]):
        # An MPEG audio frame can start with the same two bytes. Half the bytes of Latin UTF-16 text are zero.
        return head[2:64].count(0) > 20
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The last character may be truncated at the end of `head`. Big5 uses two bytes a character.
        return error.start >= len(head) - 4 or _is_big5(head)
    return True


def _is_big5(head: bytes) -> bool:
    try:
        head[: len(head) // 2].decode("big5hkscs")
    except UnicodeDecodeError as error:
        return error.start >= len(head) // 2 - 2
    return True
