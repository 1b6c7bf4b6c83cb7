"""Runs a stand-in's service: in a thread of this process for tests, or as a process until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
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


class ServiceThread(Generic[S]):
    """A service with an event loop and thread of its own."""

    def __init__(self, make: Callable[[], S], name: str, port: int = 0) -> None:
        """`make` is called on the event loop. Port 0 takes a free one."""
        self._make = make
        self.port = port
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: S | None = None
        self._stop: asyncio.Event | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Return when it listens. Raises `OSError` if the port is in use, and `TimeoutError`."""
        self._thread.start()
        if not self._started.wait(_START_SECONDS):
            raise TimeoutError("the stand-in did not start")
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Return when the thread has ended."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

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

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            self._service = self._make()
            async with self._service.listening(HOST, self.port) as self.port:
                self._started.set()
                await self._stop.wait()
        except OSError as error:
            # `start` raises it in the thread that called it.
            self._error = error
            self._started.set()


class StandIn(Generic[S]):
    """A service in this process, with a thread and port of its own, during the `with` block."""

    def __init__(self, make: Callable[[Path], S], name: str, log: Path | None, port: int = 0) -> None:
        """`make` gets the path of the log; `log` None uses a temporary file."""
        self._own = None if log else tempfile.TemporaryDirectory(prefix=f"{name}-")
        self.log_path = log or Path(self._own.name if self._own else "") / "log.jsonl"
        self._thread = ServiceThread(lambda: make(self.log_path), name, port)

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except OSError:
            self._clean_up()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._thread.stop()
        self._clean_up()

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self._thread.port}"

    def _clean_up(self) -> None:
        if self._own is not None:
            self._own.cleanup()


def serve(service: Service, host: str, port: int, announce: Callable[[int], str]) -> None:
    """Serve until SIGINT or SIGTERM. `announce` makes of the port the line that is printed. Raises `OSError`."""
    asyncio.run(_serve_until_signalled(service, host, port, announce))


async def _serve_until_signalled(service: Service, host: str, port: int, announce: Callable[[int], str]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with service.listening(host, port) as bound:
        print(announce(bound), flush=True)
        await stop.wait()
