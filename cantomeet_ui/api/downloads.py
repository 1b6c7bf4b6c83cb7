"""What every file that leaves by the API says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import quote

_PIECE = 64 * 1024


def in_pieces(small: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of a size worth sending."""
    piece = bytearray()
    for part in small:
        piece += part
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def disposition(kind: Literal["inline", "attachment"], filename: str) -> str:
    """A Content-Disposition with the name in full (RFC 5987), and an ASCII one for clients that know no other."""
    plain = filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    plain = "".join(c if c.isprintable() else "_" for c in plain)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
