"""Parses the EBML elements of Matroska and WebM files."""

from __future__ import annotations

from cantomeet.media.tags import Data


def ebml_size(data: Data, at: int) -> tuple[int | None, int]:
    """An element size (None if unknown) and the offset after it."""
    first = data[at] if at < len(data) else 0
    if not first:
        return None, at + 1
    length = 9 - first.bit_length()
    value = int.from_bytes(data[at : at + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value, at + length


def ebml_element(data: Data, at: int) -> tuple[bytes, int | None, int]:
    """Name, body size (None if unknown) and body offset of the element at `at`."""
    length = 9 - data[at].bit_length()
    size, body = ebml_size(data, at + length)
    return bytes(data[at : at + length]), size, body
