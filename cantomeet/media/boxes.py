"""Parses the boxes of MP4 and QuickTime files."""

from __future__ import annotations

from collections.abc import Iterator

from cantomeet.media.tags import Data


def boxes(data: Data, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, body offset and end offset of each ISO box from `at` to `end`. A box may end after the file."""
    while at + 8 <= end:
        size, name, head = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < head or not _is_box_name(name):
            return
        yield name, at + head, at + size
        at += size


def _is_box_name(name: bytes) -> bool:
    return all(32 <= byte < 127 or byte == 0xA9 for byte in name)
