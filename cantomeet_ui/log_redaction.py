"""Keeps user content out of the web log: Reflex logs a failed event with its payload, cookies and headers.

Of the records of Reflex and its libraries only the place in the code is kept, and of an exception its type and its
traceback. Message texts are dropped because they contain values.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

_REDACTED_LIBRARIES = ("reflex", "reflex_base", "socketio", "engineio", "asyncio")
_SOCKET_LIBRARIES = ("socketio", "engineio")
"""They raise at malformed packets, which any script can send. That is no failure of this program."""

Made = Callable[..., logging.LogRecord]


def traceback_without_values(error: BaseException) -> str:
    """The types and tracebacks of an exception and its causes, without their messages."""
    text = []
    for part in _chain(error):
        frames = "".join(traceback.format_tb(part.__traceback__))
        text.append(f"{frames}{type(part).__module__}.{type(part).__qualname__}")
    return "\n".join(text)


def _chain(error: BaseException | None) -> list[BaseException]:
    """The exception and its causes, the first cause first, in the order of Python's tracebacks."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def redact_library_logs() -> None:
    """Redact the libraries' log records from now on, in this process. Idempotent."""
    made = logging.getLogRecordFactory()
    if not isinstance(made, _RedactingFactory):
        logging.setLogRecordFactory(_RedactingFactory(made))


class _RedactingFactory:
    def __init__(self, made: Made) -> None:
        self._made = made

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._made(*args, **kwargs)
        library = record.name.partition(".")[0]
        if library in _REDACTED_LIBRARIES:
            _redact(record, library in _SOCKET_LIBRARIES)
        return record


def _redact(record: logging.LogRecord, kind_only: bool) -> None:
    text = f"{record.name}: {record.funcName}, line {record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        kind = type(record.exc_info[1]).__name__
        text += f": {kind}" if kind_only else "\n" + traceback_without_values(record.exc_info[1])
    record.msg, record.args, record.exc_info = text, (), None
