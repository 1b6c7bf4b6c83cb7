"""The stand-in's routes: answers each accepted request as the API does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from standins.http import Answer, Request, json_answer
from standins.speechmatics.answers import error
from standins.speechmatics.jobs import FakeJob, JobBook, instant
from standins.speechmatics.plan import JobChance, JobPlan
from standins.speechmatics.transcript import as_text, transcript
from standins.speechmatics.upload import JobSubmission

DEFAULT_WAIT = 2.0
"""Seconds that the real API delays its answer for a running job, unless `wait` says otherwise."""
LONGEST_WAIT = 30.0
_JOB_PATH = re.compile(r"/v2/jobs/([A-Za-z0-9_-]+)(/transcript)?")


def route(request: Request) -> tuple[str, str]:
    """Return the request's kind ("submit", "list", "check", "fetch", "delete" or "unknown") and its job."""
    if request.path == "/v2/jobs":
        return {"POST": "submit", "GET": "list"}.get(request.method, "unknown"), ""
    match = _JOB_PATH.fullmatch(request.path)
    if match is None:
        return "unknown", ""
    if match[2]:
        return ("fetch" if request.method == "GET" else "unknown"), match[1]
    return {"GET": "check", "DELETE": "delete"}.get(request.method, "unknown"), match[1]


class JobApi:
    """The stand-in's jobs API; `on_accepted` is called for each new job so that its notifications can be sent."""

    def __init__(self, book: JobBook, plan: JobPlan, on_accepted: Callable[[FakeJob], None]) -> None:
        self.book = book
        self._on_accepted = on_accepted
        self.use(plan)

    def use(self, plan: JobPlan) -> None:
        """Replace the plan."""
        self.chance = JobChance(plan)

    @property
    def plan(self) -> JobPlan:
        return self.chance.plan

    async def answer(self, asked: str, job_id: str, query: dict[str, str]) -> Answer:
        """Answer any request but a submission."""
        if asked == "list":
            return self._list(query)
        if asked == "unknown":
            return error(404, title="Bad Request")
        try:
            job = await self._waited_for(job_id, query) if asked in ("check", "fetch") else self._find(job_id)
        except ValueError as wrong:
            return error(422, str(wrong))
        if isinstance(job, Answer):
            return job
        if asked == "check":
            return json_answer({"job": job.details(time.time())})
        return self._transcript(job, query) if asked == "fetch" else self._delete(job, query)

    def accept(self, upload: JobSubmission) -> tuple[Answer, str]:
        """Return the answer and the new job's id, which is empty if too many jobs are running."""
        now = time.time()
        if sum(job.status(now) == "running" for job in self.book.jobs.values()) >= self.plan.max_running:
            return error(429), ""
        job = self.book.accept(upload, self.chance.fate(upload.reference), self.plan.job_seconds)
        self._on_accepted(job)
        return json_answer({"id": job.id}, 201), job.id

    def _find(self, job_id: str) -> FakeJob | Answer:
        """Return the job, or the answer for one that is unknown, deleted or expired."""
        job = self.book.jobs.get(job_id)
        if job is None or job.deleted_at is not None:
            return error(404)
        gone = job.gone_status(time.time(), self.plan.expiry_seconds)
        return job if gone is None else error(gone)

    async def _waited_for(self, job_id: str, query: dict[str, str]) -> FakeJob | Answer:
        wait = min(_number(query, "wait", DEFAULT_WAIT), LONGEST_WAIT)
        job = self._find(job_id)
        if isinstance(job, Answer):
            return job
        await asyncio.sleep(min(wait, max(0.0, job.ends_at - time.time())))
        return self._find(job_id)

    def _transcript(self, job: FakeJob, query: dict[str, str]) -> Answer:
        if job.status(time.time()) != "done":
            return error(404, title="Transcription not ready")
        answer = transcript(
            job.config, sha256=job.sha256, seconds=job.seconds, job=job.info(), now=instant(job.ends_at)
        )
        if query.get("format", "json-v2") == "txt":
            return Answer(200, as_text(answer).encode(), "text/plain")
        if query.get("format", "json-v2") != "json-v2":
            return error(404, title="Format Not Supported")
        ready = json_answer(answer)
        ready.content_type = "application/vnd.speechmatics.v2+json"
        return ready

    def _delete(self, job: FakeJob, query: dict[str, str]) -> Answer:
        if job.status(time.time()) == "running" and query.get("force") != "true":
            return error(423)
        self.book.delete(job)
        return json_answer({"job": job.details(time.time())})

    def _list(self, query: dict[str, str]) -> Answer:
        """List the newest jobs first; `created_before` is compared in whole milliseconds, as the OpenAPI file says."""
        try:
            limit = _limit(query)
            before = _cursor(query)
        except ValueError as wrong:
            return error(422, str(wrong))
        now = time.time()
        deleted_too = query.get("include_deleted") == "true"
        jobs = (
            job.details(now)
            for job in self.book.listed(now, self.plan.expiry_seconds, self.plan.list_lag)
            if (deleted_too or job.deleted_at is None) and (before is None or job.accepted_ms < before)
        )
        return json_answer({"jobs": [job for job, _ in zip(jobs, range(limit), strict=False)]})


def _number(query: dict[str, str], name: str, default: float) -> float:
    if name in query and not query[name].isdecimal():
        raise ValueError(f"{name} in query must be of type int64")
    return float(query.get(name, default))


def _limit(query: dict[str, str]) -> int:
    limit = int(_number(query, "limit", 10**9))
    if "limit" in query and not 1 <= limit <= 100:
        raise ValueError("limit in query should be 1 to 100")
    return limit


def _cursor(query: dict[str, str]) -> int | None:
    """Return the time in Unix milliseconds."""
    if "created_before" not in query:
        return None
    cursor = datetime.fromisoformat(query["created_before"])
    if cursor.utcoffset() != timedelta():
        raise ValueError("created_before in query must be a UTC timestamp")
    return round(cursor.timestamp() * 1000)
