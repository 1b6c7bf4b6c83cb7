"""Checks each request's key and rate, applies the plan's faults, and logs it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from pydantic import ValidationError

from standins.http import Answer, ClientGone, Dropped, Request, json_answer
from standins.speechmatics.answers import error, garbage, html
from standins.speechmatics.api import JobApi, route
from standins.speechmatics.plan import JobFault, JobPlan
from standins.speechmatics.rules import JobRefusal
from standins.speechmatics.upload import read_upload

MAX_BODY = 1_000_000_000


class Gate:
    """The stand-in's entrance; `key` is the accepted one, and None accepts any key but not a missing one."""

    def __init__(self, api: JobApi, key: str | None) -> None:
        self._api = api
        self._key = key
        self._recent: dict[str, deque[float]] = {"POST": deque(), "GET": deque()}

    async def __call__(self, request: Request) -> Answer:
        if request.path.startswith("/_fake/"):
            return await self._control(request)
        handler = _RequestHandler(self._api, request)
        outcome: int | str = "cancelled"
        try:
            answer = await handler.answer(self._refusal)
            outcome = answer.status
            return answer
        except Dropped:
            outcome = "dropped"
            raise
        except ClientGone:
            outcome = "client gone"
            raise
        finally:
            handler.log(outcome)

    def _refusal(self, request: Request) -> Answer | None:
        """Return the answer for a request without the right key, or for one request too many."""
        authorization = request.headers.get("authorization", "")
        scheme, _, key = authorization.partition(" ")
        if not authorization:
            return html(401)
        if scheme != "Bearer" or not key or self._key not in (None, key):
            return error(401)
        return self._too_many(request.method)

    def _too_many(self, method: str) -> Answer | None:
        plan = self._api.plan
        limit = {"POST": plan.post_per_second, "GET": plan.get_per_second}.get(method)
        if limit is None:
            return None
        recent, now = self._recent[method], time.monotonic()
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) >= limit:
            return error(429, title="Rate limited", retry_after="1")
        recent.append(now)
        return None

    async def _control(self, request: Request) -> Answer:
        if request.path == "/_fake/plan" and request.method in ("GET", "POST"):
            try:
                if request.method == "POST":
                    body = b"".join([chunk async for chunk in request.body])
                    self._api.use(JobPlan.model_validate_json(body))
            except ValidationError as wrong:
                return error(422, str(wrong.errors(include_url=False, include_input=False)[0]))
            return json_answer(self._api.plan.model_dump(mode="json"))
        if request.path == "/_fake/jobs" and request.method == "GET":
            now = time.time()
            jobs = self._api.book.jobs.values()
            return json_answer({"jobs": [job.details(now) | {"sha256": job.sha256} for job in jobs]})
        return error(404, "no such control")


class _RequestHandler:
    """Handles one request to the API."""

    def __init__(self, api: JobApi, request: Request) -> None:
        self._api = api
        self._request = request
        self._started = time.monotonic()
        self._fault: JobFault | None = None
        self._asked, self._job_id = route(request)
        job = api.book.jobs.get(self._job_id)
        self._reference = job.reference if job else ""

    async def answer(self, refusal: Callable[[Request], Answer | None]) -> Answer:
        self._fault = self._api.chance.fault(self._asked, self._reference, unread=True)
        if self._fault is not None:
            return await self._apply_fault(self._fault)
        refused = refusal(self._request)
        if refused is not None:
            return refused
        if self._asked == "submit":
            return await self._submission()
        return await self._with_faults(lambda: self._api.answer(self._asked, self._job_id, self._request.query))

    async def _submission(self) -> Answer:
        """Read and check the whole submission first, because a fault may apply to its reference only."""
        headers = self._request.headers
        if int(headers.get("content-length", "0")) >= MAX_BODY:
            return error(413, "the body is over the limit")
        try:
            body = _throttled(self._request.body, self._api.plan.upload_rate)
            upload = await read_upload(headers.get("content-type", ""), body)
        except JobRefusal as refused:
            return error(refused.status, refused.detail, title=refused.error)
        self._reference = upload.reference

        async def accept() -> Answer:
            answer, self._job_id = self._api.accept(upload)
            return answer

        return await self._with_faults(accept)

    async def _with_faults(self, do: Callable[[], Awaitable[Answer]]) -> Answer:
        self._fault = self._api.chance.fault(self._asked, self._reference)
        if self._fault is None:
            return await do()
        if self._fault.do == "slow":
            await asyncio.sleep(self._fault.seconds)
            return await do()
        if self._fault.after:
            await do()
        return await self._apply_fault(self._fault)

    async def _apply_fault(self, fault: JobFault) -> Answer:
        if fault.do == "hang":
            await self._request.gone(fault.seconds)
            raise Dropped
        if fault.do == "drop":
            raise Dropped
        if fault.do == "garbage":
            return garbage()
        if fault.do == "html":
            return html(fault.status)
        return error(fault.status, retry_after=fault.retry_after)

    def log(self, outcome: int | str) -> None:
        note = partial(
            self._api.book.note,
            "request",
            asked=self._asked,
            method=self._request.method,
            path=self._request.path,
            query=self._request.query,
            outcome=outcome,
            id=self._job_id,
            reference=self._reference,
            ms=round((time.monotonic() - self._started) * 1000, 1),
        )
        note(fault=self._fault.do) if self._fault else note()


async def _throttled(body: AsyncIterator[bytes], rate: float | None) -> AsyncIterator[bytes]:
    async for chunk in body:
        yield chunk
        if rate is not None:
            await asyncio.sleep(len(chunk) / rate)
