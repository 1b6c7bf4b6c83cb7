"""Skips the tags that programs put before, between and after sound."""

from __future__ import annotations

from mmap import mmap

Data = mmap | bytes
"""A whole file."""


def after_id3(data: Data, at: int) -> int:
    """The offset after the ID3 tags at `at`, or `at` if there are none."""
    while data[at : at + 3] == b"ID3" and len(data) > at + 10:
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        at += 10 + size
    return at
