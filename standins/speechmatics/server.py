"""A stand-in for the Speechmatics Batch API over HTTP, with strict checks and planned faults.

    python -m standins.speechmatics.server --port 9105 --state data/fake-speechmatics.jsonl

or, in a test, `with FakeSpeechmatics(Plan(...)) as fake: ... fake.url`. It ships with the product. The state file is
its log, with one JSON object per line. `event` is "accepted" (a paid submission), "request" (with its outcome),
"deleted" or "notified". A second start with the same file knows the same jobs. `POST /_fake/plan` changes its faults,
and `GET /_fake/jobs` lists all jobs.
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
from typing import Any

from standins.speechmatics.api import Api
from standins.speechmatics.gate import Gate
from standins.speechmatics.http import HttpServer
from standins.speechmatics.jobs import JobBook, paid_submissions, read_log
from standins.speechmatics.plan import Chance, Fate, Fault, Plan, Webhooks
from standins.speechmatics.webhooks import Notices

__all__ = ["FakeSpeechmatics", "Fate", "Fault", "Plan", "Webhooks", "main", "paid_submissions", "read_log"]

HOST = "127.0.0.1"
START_SECONDS = 10.0


class _Service:
    """Jobs, routes, notifications and server on one event loop."""

    def __init__(self, state: Path, plan: Plan, key: str | None) -> None:
        self._book = JobBook(state)
        self.api = Api(self._book, plan, lambda job: self._notices.schedule(job))
        self._notices = Notices(self._book, lambda: self.api.plan)
        self._server = HttpServer(Gate(self.api, key))

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen and yield the port. Raises `OSError` if the port is in use."""
        try:
            await self._server.start(host, port)
            for job in self._book.jobs.values():
                if job.notified == 0:
                    self._notices.schedule(job)
            yield self._server.port
        finally:
            await self._server.stop()
            await self._notices.close()
            self._book.close()


class FakeSpeechmatics:
    """The stand-in in this process, with a thread and port of its own, during the `with` block."""

    def __init__(
        self, plan: Plan | None = None, *, state: Path | None = None, key: str | None = None, port: int = 0
    ) -> None:
        """`state` None uses a temporary file. `key` None accepts any key."""
        self._plan = plan or Plan()
        self._own = None if state else tempfile.TemporaryDirectory(prefix="fake-speechmatics-")
        self.state = state or Path(self._own.name if self._own else "") / "log.jsonl"
        self._key = key
        self._port = port
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._service: _Service | None = None
        self._stop: asyncio.Event | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="fake-speechmatics", daemon=True)

    def __enter__(self) -> FakeSpeechmatics:
        self._thread.start()
        if not self._started.wait(START_SECONDS):
            raise TimeoutError("the stand-in did not start")
        if self._error is not None:
            raise self._error
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._own is not None:
            self._own.cleanup()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def log(self) -> list[dict[str, Any]]:
        return list(read_log(self.state))

    @property
    def paid(self) -> Counter[str]:
        """Count how often each reference was paid for."""
        return paid_submissions(self.state)

    def requests(self, asked: str = "") -> list[dict[str, Any]]:
        """Return the log of all requests, or of those of the kind "submit", "list", "check", "fetch" or "delete"."""
        return [line for line in self.log if line["event"] == "request" and asked in ("", line["asked"])]

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
            self._service = _Service(self.state, self._plan, self._key)
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
        print(f"fake Speechmatics on http://{host}:{bound}", flush=True)
        await stop.wait()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A stand-in for the Speechmatics Batch API.")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=9105, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="the log, made where it does not exist")
    parser.add_argument("--key", help="the only key that is let in; any, where this is not given")
    parser.add_argument("--job-seconds", type=float, help="how long a job runs")
    parser.add_argument("--plan", type=Path, help="a JSON file that says how to misbehave")
    options = parser.parse_args(arguments)
    plan = Plan.model_validate_json(options.plan.read_bytes()) if options.plan else Plan()
    if options.job_seconds is not None:
        plan = plan.model_copy(update={"job_seconds": options.job_seconds})
    try:
        service = _Service(options.state, plan, options.key)
        asyncio.run(_serve_until_signalled(service, options.host, options.port))
    except OSError as error:
        print(f"fake Speechmatics: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
