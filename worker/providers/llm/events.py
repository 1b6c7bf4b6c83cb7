"""Reads a stream of server-sent events from a language model (WHATWG, "Server-sent events").

It accepts more than the standard: events without an empty line between them, and JSON lines without "data:".
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from worker.providers.http import JsonObject

END = "[DONE]"
_LINE_END = re.compile(r"\r\n|\n|\r")
_FIELD = re.compile(r"(?:data|event|id|retry)?:", re.I)
_BOM = "\ufeff"


class EventReader:
    """Turns bytes into the data of events. Characters and lines may be split anywhere between two reads."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[str]:
        text = (self._rest + self._decoder.decode(chunk)).removeprefix(_BOM)
        # A final "\r" may be half of "\r\n".
        held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text.removesuffix(held))
        self._rest = rest + held
        for line in lines:
            yield from self._read_line(line)

    def finish(self) -> Iterator[str]:
        """Yield what is left when the connection ends."""
        yield from self.feed(b"\n\n")

    def _read_line(self, line: str) -> Iterator[str]:
        name, colon, value = line.partition(":")
        if line.startswith(("{", "[")):
            yield from self._read_data(line)
        elif not line:
            yield from self._end_event()
        elif colon and name.strip().lower() == "data":
            yield from self._read_data(value.removeprefix(" "))

    def _read_data(self, data: str) -> Iterator[str]:
        """Yield data that is complete by itself as an event; other data continues in the next line."""
        if not self._data and (data.strip() == END or json_object(data) is not None):
            yield data.strip()
        else:
            self._data.append(data)

    def _end_event(self) -> Iterator[str]:
        data, self._data = "\n".join(self._data), []
        if data.strip():
            yield data.strip()


def json_object(text: str | bytes) -> JsonObject | None:
    """Parse the whole text as one object; None if it is not one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def looks_like_events(start: bytes) -> bool | None:
    """Tell from its first characters whether a body is a stream of events, whatever type it declares; None if too
    short.
    """
    text = start.decode("utf-8", "ignore").removeprefix(_BOM).lstrip()
    if _FIELD.match(text):
        return True
    return None if len(text) < len("event:") and not text.startswith(("{", "[", "<")) else False
