"""Server-sent events as language models send them, read as they come (WHATWG, "Server-sent events").

More is taken than the standard gives: events that no empty line parts, and JSON lines without "data:".
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

END = "[DONE]"
_LINE_END = re.compile(r"\r\n|\n|\r")
_FIELD = re.compile(r"(?:data|event|id|retry)?:", re.I)
_BOM = "\ufeff"


class EventReader:
    """Bytes in, the data of events out. Characters and lines may be split anywhere between two reads."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        text = (self._rest + self._decoder.decode(chunk)).removeprefix(_BOM)
        # A "\r" at the end may be half of "\r\n".
        held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text.removesuffix(held))
        self._rest = rest + held
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[str]:
        """What a connection that ended left behind."""
        yield from self.feed(b"\n\n")

    def _line(self, line: str) -> Iterator[str]:
        name, colon, value = line.partition(":")
        if line.startswith(("{", "[")):
            yield from self._whole(line)
        elif not line:
            yield from self._event()
        elif colon and name.strip().lower() == "data":
            yield from self._whole(value.removeprefix(" "))

    def _whole(self, data: str) -> Iterator[str]:
        """Data that is complete by itself is an event; other data goes on in the next line."""
        if not self._data and (data.strip() == END or json_object(data) is not None):
            yield data.strip()
        else:
            self._data.append(data)

    def _event(self) -> Iterator[str]:
        data, self._data = "\n".join(self._data), []
        if data.strip():
            yield data.strip()


def json_object(text: str | bytes) -> dict[str, Any] | None:
    """The object that the whole text is, else None."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def looks_like_events(start: bytes) -> bool | None:
    """By the first characters of a body, whatever it is declared to be; None: too little to tell."""
    text = start.decode("utf-8", "ignore").removeprefix(_BOM).lstrip()
    if _FIELD.match(text):
        return True
    return None if len(text) < len("event:") and not text.startswith(("{", "[", "<")) else False
