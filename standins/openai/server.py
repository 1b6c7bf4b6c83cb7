"""A stand-in for an OpenAI-compatible endpoint over HTTP, with strict checks and planned faults.

    python -m standins.openai.server --port 9106 --log data/fake-openai.jsonl

or, in a test, `with FakeOpenAI(Plan(...)) as fake: ... fake.base_url`. It ships with the product. It is no language
model: it finds decisions, tasks and questions by a few words, so that everything can be tried without a key. Its log
has one JSON object per request; `paid` is true if the model did its work. `POST /_fake/plan` changes its faults.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from standins.openai.api import Api
from standins.openai.log import LoggedRequest, RequestLog, paid_prompts, read_log
from standins.openai.plan import Chance, Fault, Plan
from standins.speechmatics.http import HttpServer

__all__ = ["FakeOpenAI", "Fault", "Plan", "main", "paid_prompts", "read_log"]

HOST = "127.0.0.1"
START_SECONDS = 10.0


class _Service:
    """Log, routes and server on one event loop."""

    def __init__(self, log: Path, plan: Plan, key: str | None) -> None:
        self._log = RequestLog(log)
        self.api = Api(self._log, plan, key)
        self._server = HttpServer(self.api)

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen and yield the port. Raises `OSError` if the port is in use."""
        try:
            await self._server.start(host, port)
            yield self._server.port
        finally:
            await self._server.stop()
            self._log.close()


class FakeOpenAI:
    """The stand-in in this process, with a thread and port of its own, during the `with` block."""

    def __init__(
        self, plan: Plan | None = None, *, log: Path | None = None, key: str | None = None, port: int = 0
    ) -> None:
        """`log` None uses a temporary file. `key` None accepts any key."""
        self._plan = plan or Plan()
        self._own = None if log else tempfile.TemporaryDirectory(prefix="fake-openai-")
        self._log = log or Path(self._own.name if self._own else "") / "log.jsonl"
        self._key = key
        self._port = port
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: _Service | None = None
        self._stop: asyncio.Event | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="fake-openai", daemon=True)

    def __enter__(self) -> FakeOpenAI:
        self._thread.start()
        if not self._started.wait(START_SECONDS):
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

    def _clean_up(self) -> None:
        if self._own is not None:
            self._own.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self._port}/v1"

    @property
    def log(self) -> list[LoggedRequest]:
        return list(read_log(self._log))

    @property
    def paid(self) -> Counter[str]:
        """Count how often each prompt was paid for."""
        return paid_prompts(self._log)

    def asked(self, what: str = "") -> list[LoggedRequest]:
        """Return the log of all requests, or of those for "facts", "minutes" or "models"."""
        return [line for line in self.log if what in ("", line["asked"])]

    def use(self, plan: Plan) -> None:
        """Replace the plan."""
        assert self._loop is not None
        done = threading.Event()

        def change() -> None:
            assert self._service is not None
            self._service.api.chance = Chance(plan)
            done.set()

        self._loop.call_soon_threadsafe(change)
        done.wait(START_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            self._service = _Service(self._log, self._plan, self._key)
            async with self._service.listening(HOST, self._port) as self._port:
                self._started.set()
                await self._stop.wait()
        except OSError as error:
            # The thread that started this one raises the error.
            self._error = error
            self._started.set()


async def _serve_until_signalled(service: _Service, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with service.listening(host, port) as bound:
        print(f"fake OpenAI on http://{host}:{bound}/v1", flush=True)
        await stop.wait()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A stand-in for an OpenAI-compatible endpoint.")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=9106, help="0 takes a free one")
    parser.add_argument("--log", type=Path, required=True, help="one JSON object for each request, appended")
    parser.add_argument("--key", help="the only key that is let in; any, where this is not given")
    parser.add_argument("--plan", type=Path, help="a JSON file that says how to misbehave")
    options = parser.parse_args(arguments)
    plan = Plan.model_validate_json(options.plan.read_bytes()) if options.plan else Plan()
    try:
        service = _Service(options.log, plan, options.key)
        asyncio.run(_serve_until_signalled(service, options.host, options.port))
    except OSError as error:
        print(f"fake OpenAI: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
