"""Helpers for downloads: Content-Disposition and chunking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import quote

_PIECE = 64 * 1024


def in_pieces(small: Iterable[bytes]) -> Iterator[bytes]:
    """Join small chunks into pieces of at least 64 KiB."""
    piece = bytearray()
    for part in small:
        piece += part
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def disposition(kind: Literal["inline", "attachment"], filename: str) -> str:
    """A Content-Disposition with the full name (RFC 5987), and an ASCII name for clients without RFC 5987."""
    plain = filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    plain = "".join(c if c.isprintable() else "_" for c in plain)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
