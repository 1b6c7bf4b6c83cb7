"""A stand-in for an OpenAI-compatible endpoint over HTTP, with strict checks and planned faults.

    python -m standins.openai.server --port 9106 --log data/fake-openai.jsonl

or, in a test, `with FakeOpenAI(ModelPlan(...)) as fake: ... fake.base_url`. It ships with the product. It is no
language model: it finds decisions, tasks and questions by a few words, so that everything can be tried without a key.
Its log has one JSON object per request; `paid` is true if the model did its work. `POST /_fake/plan` changes its
faults.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from standins.http import HttpServer
from standins.openai.api import ModelApi
from standins.openai.log import LoggedRequest, RequestLog, paid_prompts, read_log
from standins.openai.plan import ModelFault, ModelPlan
from standins.serving import StandIn, options_of, serve

__all__ = ["FakeOpenAI", "ModelFault", "ModelPlan", "main", "paid_prompts", "read_log"]


class _Service:
    """Log, routes and server on one event loop."""

    def __init__(self, log: Path, plan: ModelPlan, key: str | None) -> None:
        self._log = RequestLog(log)
        self.api = ModelApi(self._log, plan, key)
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


class FakeOpenAI(StandIn[_Service]):
    """The stand-in in this process, with a thread and port of its own, during the `with` block."""

    def __init__(
        self, plan: ModelPlan | None = None, *, log: Path | None = None, key: str | None = None, port: int = 0
    ) -> None:
        """`log` None uses a temporary file. `key` None accepts any key."""
        super().__init__(lambda path: _Service(path, plan or ModelPlan(), key), "fake-openai", log, port)

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    @property
    def log(self) -> list[LoggedRequest]:
        return list(read_log(self.log_path))

    @property
    def paid(self) -> Counter[str]:
        """Count how often each prompt was paid for."""
        return paid_prompts(self.log_path)

    def asked(self, what: str = "") -> list[LoggedRequest]:
        """Return the log of all requests, or of those for "facts", "minutes" or "models"."""
        return [line for line in self.log if what in ("", line["asked"])]

    def use(self, plan: ModelPlan) -> None:
        """Replace the plan."""
        self.change(lambda service: service.api.use(plan))


def main(arguments: list[str] | None = None) -> int:
    parser = options_of("A stand-in for an OpenAI-compatible endpoint.", 9106)
    parser.add_argument("--log", type=Path, required=True, help="one JSON object for each request, appended")
    options = parser.parse_args(arguments)
    plan = ModelPlan.model_validate_json(options.plan.read_bytes()) if options.plan else ModelPlan()
    return serve(lambda: _Service(options.log, plan, options.key), "fake OpenAI", options, "/v1")


if __name__ == "__main__":
    sys.exit(main())
