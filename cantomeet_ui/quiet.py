"""The web's log without what people wrote: Reflex logs a failed event whole, with its payload, cookies and headers.

Of what Reflex and the libraries below it log, the place in the code is kept, and of an exception its kind and the
lines that it passed. Texts are dropped, for they are made of values.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

_TALKATIVE = ("reflex", "reflex_base", "socketio", "engineio", "asyncio")
_OF_SOCKETS = ("socketio", "engineio")
"""They fail at what is no packet of theirs, which any script can send: no failure of the program's."""

Made = Callable[..., logging.LogRecord]


def shape_of(error: BaseException) -> str:
    """The kinds of the exception and of its causes, and the lines that each passed."""
    told = []
    for part in _chain(error):
        frames = "".join(traceback.format_tb(part.__traceback__))
        told.append(f"{frames}{type(part).__module__}.{type(part).__qualname__}")
    return "\n".join(told)


def _chain(error: BaseException | None) -> list[BaseException]:
    """The causes first, as Python tells them."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def keep_quiet() -> None:
    """From now on, in this process. Calling it again changes nothing."""
    made = logging.getLogRecordFactory()
    if not isinstance(made, _Quietly):
        logging.setLogRecordFactory(_Quietly(made))


class _Quietly:
    def __init__(self, made: Made) -> None:
        self._made = made

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._made(*args, **kwargs)
        library = record.name.partition(".")[0]
        if library in _TALKATIVE:
            _without_values(record, library in _OF_SOCKETS)
        return record


def _without_values(record: logging.LogRecord, without_lines: bool) -> None:
    told = f"{record.name}: {record.funcName}, line {record.lineno}"
    if record.exc_info and record.exc_info[1] is not None:
        kind = type(record.exc_info[1]).__name__
        told += f": {kind}" if without_lines else "\n" + shape_of(record.exc_info[1])
    record.msg, record.args, record.exc_info = told, (), None
