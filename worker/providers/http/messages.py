"""Types of what is sent to a provider and of what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict

JsonObject = Mapping[str, object]
"""An object of an answer. Each member is checked where it is read."""


class RequestParts(TypedDict, total=False):
    """Arguments of a request, as httpx takes them."""

    params: Mapping[str, str]
    headers: Mapping[str, str]
    content: Iterator[bytes]
    json: JsonObject
