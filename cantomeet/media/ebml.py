"""The elements of which Matroska and WebM files are made."""

from __future__ import annotations

from cantomeet.media.tags import Data


def ebml_size(data: Data, at: int) -> tuple[int | None, int]:
    """A size (None: unknown) and the place behind it."""
    first = data[at] if at < len(data) else 0
    if not first:
        return None, at + 1
    length = 9 - first.bit_length()
    value = int.from_bytes(data[at : at + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value, at + length


def ebml_element(data: Data, at: int) -> tuple[bytes, int | None, int]:
    """Name, size of the body (None: unknown), and where that begins."""
    length = 9 - data[at].bit_length()
    size, body = ebml_size(data, at + length)
    return bytes(data[at : at + length]), size, body
