"""Parses a multipart upload while it streams in. The file goes straight to a writer; the fields stay in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cantomeet.errors import ErrorCode, InvalidRequest, RecordingRefused
from cantomeet_ui.api.problems import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_OVERHEAD_BYTES = 1024 * 1024
"""Limit on a body's bytes besides the file: the fields, and the headers of all parts."""
_MAX_HEADER_BYTES = 16 * 1024
_MAX_FIELD_BYTES = 64 * 1024
_MAX_PARTS = 20


class FileSink(Protocol):
    """Receives the bytes of the file."""

    def write(self, data: memoryview, /) -> None: ...


class MultipartUpload:
    """Parses one body: `fields` by name, `filename` as sent, and the bytes of the part `file` into `writer`.

    The parts may come in any order.
    """

    def __init__(self, content_type: str, writer: FileSink) -> None:
        """Raises `Refused` (400) if the body is not multipart/form-data."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Refused(400, ErrorCode.INVALID_REQUEST, field="content-type")
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self._writer = writer
        self._part = _Part()
        self._parts = 0
        self._ended = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": lambda data, start, end: self._part.header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._part.header_value.extend(data[start:end]),
            "on_header_end": lambda: self._part.end_header(),
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks, max_header_size=_MAX_HEADER_BYTES)
        except FormParserError as error:
            raise Refused(400, ErrorCode.INVALID_REQUEST, field="content-type") from error

    def feed(self, data: bytes | bytearray) -> None:
        """Parse the next bytes of the body. Raises `Refused` (400), `InvalidRequest`, and what the writer raises."""
        try:
            self._parser.write(bytes(data))
        except FormParserError as error:
            raise Refused(400, ErrorCode.INVALID_REQUEST, field="body") from error

    def end(self) -> str:
        """The file's name as sent. Raises `Refused` (400) for a truncated body, `RecordingRefused` without a file."""
        if not self._ended:
            raise Refused(400, ErrorCode.INVALID_REQUEST, field="body")
        if self.filename is None:
            raise RecordingRefused("no file", code=ErrorCode.EMPTY_UPLOAD)
        return self.filename

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise InvalidRequest(f"at most {_MAX_PARTS} parts", field="body")
        self._part = _Part()

    def _on_headers_finished(self) -> None:
        self._part.open()
        if self._part.name == "file":
            if self.filename is not None:
                raise InvalidRequest("one file at a time", field="file")
            self.filename = self._part.filename

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == "file":
            self._writer.write(memoryview(data)[start:end])
            return
        self._part.value += data[start:end]
        if len(self._part.value) > _MAX_FIELD_BYTES:
            raise InvalidRequest(f"at most {_MAX_FIELD_BYTES} bytes", field=self._part.name[:64])

    def _on_part_end(self) -> None:
        if self._part.name != "file":
            self.fields[self._part.name] = self._part.value.decode("utf-8", "replace")

    def _on_end(self) -> None:
        self._ended = True


class _Part:
    """One part while it is parsed."""

    def __init__(self) -> None:
        self.header_name, self.header_value, self.value = bytearray(), bytearray(), bytearray()
        self.name = self.filename = ""
        self._disposition = b""

    def end_header(self) -> None:
        if self.header_name.lower() == b"content-disposition":
            self._disposition = bytes(self.header_value)
        self.header_name.clear()
        self.header_value.clear()

    def open(self) -> None:
        """Raises `Refused` (400) for a part without a name."""
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise Refused(400, ErrorCode.INVALID_REQUEST, field="body")
        self.name = options[b"name"].decode("utf-8", "replace")
        # Browsers escape only the quote in a name, as %22 (WHATWG, multipart/form-data encoding).
        self.filename = options.get(b"filename", b"").decode("utf-8", "replace").replace("%22", '"')
