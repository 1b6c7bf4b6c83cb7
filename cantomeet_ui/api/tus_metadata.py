"""Parses the header `Upload-Metadata`: comma-separated names, each with a value in base64 of UTF-8."""

from __future__ import annotations

import base64
import binascii

from cantomeet.errors import ErrorCode
from cantomeet_ui.api.problems import Refused

_MAX_BYTES = 64 * 1024


def read_metadata(header: str) -> dict[str, str]:
    """The values by name. A name without a value gets "". Raises `Refused` (400)."""
    if len(header) > _MAX_BYTES:
        raise _refused()
    values: dict[str, str] = {}
    for pair in filter(None, (pair.strip() for pair in header.split(","))):
        name, _, value = pair.partition(" ")
        if name in values:
            raise _refused()
        values[name] = _decoded(value.strip())
    return values


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise _refused() from error


def _refused() -> Refused:
    return Refused(400, ErrorCode.INVALID_REQUEST, field="Upload-Metadata")
