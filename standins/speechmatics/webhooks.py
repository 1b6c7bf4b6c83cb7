"""Sends notifications of finished jobs: `POST <url>?id=&status=`, repeated until answered by 2xx.

Only the headers that the client itself requested prove their sender.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from random import Random

import httpx

from standins.speechmatics.jobs import FakeJob, JobBook, instant
from standins.speechmatics.plan import JobPlan
from standins.speechmatics.rules import ReceivedNotification
from standins.speechmatics.transcript import as_text, transcript

TIMEOUT = 10.0
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between the attempts of one notification."""

Item = tuple[str, bytes, str]
"""Name, content and content type."""


class Notices:
    """Sends the notifications that jobs requested; `close` cancels all that are not sent yet."""

    def __init__(self, book: JobBook, plan: Callable[[], JobPlan]) -> None:
        self._book = book
        self._plan = plan
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def schedule(self, job: FakeJob) -> None:
        webhooks = self._plan().webhooks
        random = Random(f"{self._plan().seed}:{job.reference}")
        for config in job.config.notification_config or ():
            for _ in range(webhooks.times):
                due = job.ends_at + webhooks.offset + random.uniform(0, webhooks.jitter)
                task = asyncio.create_task(self._notify(job, config, due, webhooks.retry_seconds))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _notify(self, job: FakeJob, config: ReceivedNotification, due: float, retry_seconds: float) -> None:
        await asyncio.sleep(max(0.0, due - time.time()))
        give_up = time.monotonic() + retry_seconds
        for pause in (*PAUSES, 0.0):
            if job.deleted_at is not None or await self._send_once(job, config):
                return
            if time.monotonic() + pause > give_up:
                return
            await asyncio.sleep(pause)

    async def _send_once(self, job: FakeJob, config: ReceivedNotification) -> bool:
        status = "success" if job.fate.becomes == "done" else "error"
        url = httpx.URL(config.url).copy_merge_params({"id": job.id, "status": status})
        if self._client is None:
            # Created late, because it loads certificates, which would be most of a stand-in's start time.
            self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)
        request = _request(config, url, _requested_items(job, config.contents))
        try:
            answer = await self._client.send(request)
        except httpx.HTTPError as error:
            self._book.notified(job, status, type(error).__name__)
            return False
        self._book.notified(job, status, str(answer.status_code))
        return answer.is_success


def _request(config: ReceivedNotification, url: httpx.URL, items: list[Item]) -> httpx.Request:
    """Build the request.

    One requested item is the body itself. Several items, or an unspecified list, are named attachments.
    """
    method = (config.method or "post").upper()
    headers = {"User-Agent": "Speechmatics-API/2.0"}
    headers |= {name: value.strip() for name, _, value in (h.partition(":") for h in config.auth_headers or ())}
    if config.contents is None or len(config.contents) > 1:
        files = [(name, (name, content, kind)) for name, content, kind in items]
        return httpx.Request(method, url, headers=headers, files=files or None)
    if items:
        headers["Content-Type"] = items[0][2]
    return httpx.Request(method, url, headers=headers, content=items[0][1] if items else b"")


def _requested_items(job: FakeJob, contents: Sequence[str] | None) -> list[Item]:
    """Return the requested items that exist; without a request, the transcript under the name `data_file`."""
    wanted = ["transcript"] if contents is None else contents
    items = [item for name in wanted if (item := _build_item(job, name)) is not None]
    return [("data_file", content, kind) for _, content, kind in items] if contents is None else items


def _build_item(job: FakeJob, name: str) -> Item | None:
    now = time.time()
    if name == "jobinfo":
        return name, json.dumps({"job": job.details(now)}).encode(), "application/json"
    if job.status(now) != "done" or name not in ("transcript", "transcript.json-v2", "transcript.txt"):
        return None
    answer = transcript(job.config, sha256=job.sha256, seconds=job.seconds, job=job.info(), now=instant(job.ends_at))
    if name == "transcript.txt":
        return name, as_text(answer).encode(), "text/plain"
    return name, json.dumps(answer).encode(), "application/json"
