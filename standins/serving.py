"""Runs a stand-in's service: in a thread of this process for tests, or as a process until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

HOST = "127.0.0.1"
_START_SECONDS = 10.0


class Service(Protocol):
    """What a stand-in consists of, on one event loop."""

    def listening(self, host: str, port: int) -> AbstractAsyncContextManager[int]:
        """Listen during the block, which gets the port. Raises `OSError` if the port is in use."""


S = TypeVar("S", bound=Service)


class StandIn(Generic[S]):
    """A service with an event loop and thread of its own, during the `with` block."""

    def __init__(self, make: Callable[[Path], S], name: str, log: Path | None, port: int = 0) -> None:
        """`make` gets the path of the log and is called on the event loop.

        `log` None uses a temporary file. Port 0 takes a free one.
        """
        self._own = None if log else tempfile.TemporaryDirectory(prefix=f"{name}-")
        self.log_path = log or Path(self._own.name if self._own else "") / "log.jsonl"
        self._make = make
        self._port = port
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: S | None = None
        self._stop: asyncio.Event | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)

    def __enter__(self) -> Self:
        """Return when it listens. Raises `OSError` if the port is in use, and `TimeoutError`."""
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            raise TimeoutError("the stand-in did not start")
        if self._error is not None:
            self._clean_up()
            raise self._error
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._clean_up()

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self._port}"

    def change(self, change: Callable[[S], None]) -> None:
        """Call `change` with the service on its event loop, and wait for it."""
        assert self._loop is not None
        done = threading.Event()

        def do() -> None:
            assert self._service is not None
            change(self._service)
            done.set()

        self._loop.call_soon_threadsafe(do)
        done.wait(_START_SECONDS)

    def _clean_up(self) -> None:
        if self._own is not None:
            self._own.cleanup()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            self._service = self._make(self.log_path)
            async with self._service.listening(HOST, self._port) as self._port:
                self._started.set()
                await self._stop.wait()
        except OSError as error:
            # `__enter__` raises it in the thread that called it.
            self._error = error
            self._started.set()


def options_of(description: str, port: int) -> argparse.ArgumentParser:
    """The options of every stand-in's command; `port` is the default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=port, help="0 takes a free one")
    parser.add_argument("--key", help="the only key that is let in; any, where this is not given")
    parser.add_argument("--plan", type=Path, help="a JSON file that says how to misbehave")
    return parser


def serve(make: Callable[[], Service], name: str, options: argparse.Namespace, path: str = "") -> int:
    """Serve until SIGINT or SIGTERM, and print the address, or why it cannot. Returns the exit code."""
    try:
        asyncio.run(_serve_until_signalled(make(), name, options, path))
    except OSError as error:
        print(f"{name}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


async def _serve_until_signalled(service: Service, name: str, options: argparse.Namespace, path: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with service.listening(options.host, options.port) as port:
        print(f"{name} on http://{options.host}:{port}{path}", flush=True)
        await stop.wait()
