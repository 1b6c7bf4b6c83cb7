"""A request's body, read as it comes: in large pieces, no faster than they are written, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from cantomeet.errors import ErrorCode
from cantomeet_ui.api.problems import Refused

STALL_SECONDS = 30.0
"""Without a byte for so long the sender is taken for gone: a laptop that was closed says nothing."""
_PIECE = 1024 * 1024
_FINISHERS = ThreadPoolExecutor(4, thread_name_prefix="finishing")
P = ParamSpec("P")
T = TypeVar("T")


async def pieces(request: Request, stall_seconds: float = STALL_SECONDS) -> AsyncIterator[bytearray]:
    """The body in pieces of about a mebibyte; whoever takes the next one has written the last.

    What came before a broken connection or a stall is still given; then `Refused` rises, which nobody hears.
    """
    piece = bytearray()
    stream = request.stream()
    end: Refused | None = None
    while end is None:
        try:
            async with asyncio.timeout(stall_seconds):
                piece += await anext(stream)
        except StopAsyncIteration:
            break
        except TimeoutError:
            end = Refused(408, ErrorCode.INVALID_REQUEST, field="body")
        except ClientDisconnect:
            end = Refused(400, ErrorCode.INVALID_REQUEST, field="body")
        if len(piece) >= _PIECE:
            yield piece
            piece = bytearray()
    if piece:
        yield piece
    if end is not None:
        raise end


async def finishing(finish: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Finish an upload in one of a few threads of its own: files that take long to look at wait for each other, and
    nothing else waits for them.
    """
    return await asyncio.get_running_loop().run_in_executor(_FINISHERS, partial(finish, *args, **kwargs))


def content_length(request: Request) -> int | None:
    """As the header says; None where it says nothing that could be believed."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
