"""A stand-in for the Speechmatics Batch API over HTTP, with strict checks and planned faults.

    python -m standins.speechmatics.server --port 9105 --state data/fake-speechmatics.jsonl

or, in a test, `with FakeSpeechmatics(JobPlan(...)) as fake: ... fake.url`. It ships with the product. The state file is
its log, with one JSON object per line. `event` is "accepted" (a paid submission), "request" (with its outcome),
"deleted" or "notified". A second start with the same file knows the same jobs. `POST /_fake/plan` changes its faults,
and `GET /_fake/jobs` lists all jobs.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from standins.http import HttpServer
from standins.serving import StandIn, options_of, serve
from standins.speechmatics.api import JobApi
from standins.speechmatics.gate import Gate
from standins.speechmatics.jobs import JobBook, paid_submissions, read_log
from standins.speechmatics.plan import Fate, JobFault, JobPlan, Webhooks
from standins.speechmatics.webhooks import Notices

__all__ = ["FakeSpeechmatics", "Fate", "JobFault", "JobPlan", "Webhooks", "main", "paid_submissions", "read_log"]


class _Service:
    """Jobs, routes, notifications and server on one event loop."""

    def __init__(self, state: Path, plan: JobPlan, key: str | None) -> None:
        self._book = JobBook(state)
        self.api = JobApi(self._book, plan, lambda job: self._notices.schedule(job))
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


class FakeSpeechmatics(StandIn[_Service]):
    """The stand-in in this process, with a thread and port of its own, during the `with` block."""

    def __init__(self, plan: JobPlan | None = None, *, state: Path | None = None, key: str | None = None) -> None:
        """`state` None uses a temporary file. `key` None accepts any key."""
        super().__init__(lambda path: _Service(path, plan or JobPlan(), key), "fake-speechmatics", state)

    @property
    def url(self) -> str:
        return self.address

    @property
    def log(self) -> list[dict[str, Any]]:
        return list(read_log(self.log_path))

    @property
    def paid(self) -> Counter[str]:
        """Count how often each reference was paid for."""
        return paid_submissions(self.log_path)

    def requests(self, asked: str = "") -> list[dict[str, Any]]:
        """Return the log of all requests, or of those of the kind "submit", "list", "check", "fetch" or "delete"."""
        return [line for line in self.log if line["event"] == "request" and asked in ("", line["asked"])]

    def use(self, plan: JobPlan) -> None:
        """Replace the plan."""
        self.change(lambda service: service.api.use(plan))


def main(arguments: list[str] | None = None) -> int:
    parser = options_of("A stand-in for the Speechmatics Batch API.", 9105)
    parser.add_argument("--state", type=Path, required=True, help="the log, made where it does not exist")
    parser.add_argument("--job-seconds", type=float, help="how long a job runs")
    options = parser.parse_args(arguments)
    plan = JobPlan.model_validate_json(options.plan.read_bytes()) if options.plan else JobPlan()
    if options.job_seconds is not None:
        plan = plan.model_copy(update={"job_seconds": options.job_seconds})
    return serve(lambda: _Service(options.state, plan, options.key), "fake Speechmatics", options)


if __name__ == "__main__":
    sys.exit(main())
