"""Reads a request's body as a stream: in large pieces, with back pressure and a timeout."""

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
"""A sender that sends no byte for this long counts as gone. A closed laptop does not close its connection."""
_PIECE = 1024 * 1024
_FINISHERS = ThreadPoolExecutor(4, thread_name_prefix="finishing")
P = ParamSpec("P")
T = TypeVar("T")


async def pieces(request: Request, stall_seconds: float = STALL_SECONDS) -> AsyncIterator[bytearray]:
    """Yield the body in pieces of at least 1 MiB. The next piece is read only when the caller asks for it.

    After a broken connection or a stall, yields what arrived and then raises `Refused`, which no client will see.
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


async def run_in_finisher(finish: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Finish an upload in one of a few dedicated threads, so that slow files delay only other uploads."""
    return await asyncio.get_running_loop().run_in_executor(_FINISHERS, partial(finish, *args, **kwargs))


def content_length(request: Request) -> int | None:
    """The Content-Length in bytes. None if the header is missing or invalid."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
