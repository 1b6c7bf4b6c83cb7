"""The Speechmatics Batch API (v2) as a `RemoteTranscriber`, over httpx.

Each method is one short exchange. Nothing here sleeps, polls or retries; the pipeline does that by its schedule.
Source: the provider's OpenAPI file of Batch v2. Every error comes from the table in
`worker.providers.speechmatics.errors`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Unpack

import httpx

from cantomeet.errors import ErrorCode, PermanentError, SettingsError, StepError, TransientError
from worker import outgoing
from worker.providers import RemoteState, RemoteTranscript, SubmitOptions
from worker.providers.http import FOREIGN, JsonObject, RequestParts, http_date, safe_message
from worker.providers.speechmatics.config import Model, Notification, job_config
from worker.providers.speechmatics.errors import (
    GARBLED,
    GONE,
    KEY_SETTING,
    NOT_UNDERSTOOD,
    OUR_FAULT,
    PROVIDER,
    REJECTED,
    UNREACHABLE,
    URL_SETTING,
    Call,
    error_of_answer,
    error_of_exception,
    make_error,
)
from worker.providers.speechmatics.parse import parse_json_v2
from worker.providers.speechmatics.tokens import instant
from worker.providers.speechmatics.upload import MultipartBody, takes

TIMEOUTS = httpx.Timeout(connect=10.0, read=60.0, write=60.0, pool=10.0)
"""Seconds to connect, between two reads, between two writes, and to wait for a free connection."""
ANSWER_SECONDS = 300.0
"""Most seconds for an answer once it has begun, so that a slow one cannot block a worker."""
MAX_ANSWER = 32 * 1024 * 1024
"""Most bytes of any answer except a transcript; `SMALL_PAGE` jobs with the longest glossaries fit."""
MAX_TRANSCRIPT = 128 * 1024 * 1024
"""Most bytes of a transcript; a day of speech is about half of it."""
MAX_ERROR = 64 * 1024
"""Most bytes that are read of an error response."""
PAGE = 100
SMALL_PAGE = 10
"""Jobs on a page if a page of jobs with long glossaries exceeds `MAX_ANSWER`."""
MAX_PAGES = 500
"""Most pages of the list of jobs: 50,000 jobs, more than the provider allows one account to have in flight."""
_CLOCKS_DIFFER = timedelta(minutes=1)
"""Margin at the end of a search: an answer's Date has whole seconds, and the provider's servers may differ by more."""

_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SUBMIT_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[a-z]{2,3})?")


class SpeechmaticsTranscriber:
    """Keeps connections open between calls.

    Create it in the process that uses it, not before a fork, and `close` it afterwards.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        model: Model = "enhanced",
        notification: Notification | None = None,
        timeouts: httpx.Timeout = TIMEOUTS,
        max_transcript_bytes: int = MAX_TRANSCRIPT,
        max_pages: int = MAX_PAGES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`base_url` is scheme and host of a region, without /v2. Raises `SettingsError` that names the setting."""
        _check_settings(api_key, base_url, model, notification)
        self.name = f"Speechmatics {model}"
        self._model: Model = model
        self._notification = notification
        self._max_transcript_bytes = max_transcript_bytes
        self._max_pages = max_pages
        # Both the header's whole value and its last word, which is a token after a scheme, are secret.
        told = notification.auth_header.partition(": ")[2] if notification else ""
        self._secrets = tuple(filter(None, (api_key, told, told.rpartition(" ")[2])))
        self._page_size = PAGE
        self._provider_time: datetime | None = None
        """Time of the last answer, by the provider's clock."""
        self._client = outgoing.client(
            base_url,
            refuse_late=True,  # the worker's other tasks need no proxy
            base_url=base_url.rstrip("/") + "/v2/",
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "cantomeet-notes"},
            timeout=timeouts,
            transport=transport,
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> SpeechmaticsTranscriber:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def takes(self, recording: Path) -> bool:
        """Tell whether the provider accepts the file's type and size."""
        return takes(recording)

    def submit(self, recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        """Submit the recording and return the provider's job id.

        After an error that is not `refused` the job may exist nevertheless; call `find` first. The recording is sent
        under its submit key, while the person's file name is the job's title.
        """
        with self._body(recording, options, on_progress) as body:
            answer = self._request_object(
                Call.SUBMIT,
                "POST",
                "jobs",
                content=body.chunks(),
                headers={"Content-Type": body.content_type, "Content-Length": str(body.length)},
            )
        return _job_id(answer, Call.SUBMIT)

    def _body(self, recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> MultipartBody:
        try:
            _check_options(options)
            config = job_config(options, model=self._model, notification=self._notification)
            return MultipartBody(config, recording, options.submit_key, on_progress)
        except StepError as error:
            error.refused = True  # refused by us, before anything is sent
            raise

    def find(
        self,
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        """Return the newest job with this key, in any state, created before `before` and within the last `age()`.

        The search goes back only so far, by the provider's own clock if its answers have a Date. `age` is called after
        that clock was read, so that time that passes in between (a machine that sleeps) cannot shorten the search.
        Before each page but the first, `on_page` receives the time at which the page begins; a search that fails can
        continue from there.

        A rejected or deleted job counts too: it was accepted once, and a person must decide whether to submit again.
        Raises `TransientError` if the list is too long to search, and never returns None without proof.
        """
        seen: set[str] = set()
        page = self._list_page(before)
        horizon = self._oldest_possible(None if age is None else age())
        for _ in range(self._max_pages):
            for job in page:
                if _submit_key_of(job) == submit_key:
                    return _job_id(job, Call.LIST)
            if len(page) < self._page_size or (horizon is not None and _oldest(page) < horizon):
                return None
            ids = {_job_id(job, Call.LIST) for job in page}
            before = _next_cursor(page, stuck=ids <= seen)
            seen = ids
            on_page(before)
            page = self._list_page(before)
        raise TransientError(
            f"no end of the list of jobs after {self._max_pages} pages",
            code=ErrorCode.PROVIDER_BAD_ANSWER,
            provider=PROVIDER,
        )

    def check(self, job_id: str) -> RemoteState:
        # Without `wait=0` the API delays the answer for a running job by two seconds or more.
        job = _object_in(
            self._request_object(Call.CHECK, "GET", _job_path(job_id), params={"wait": "0"}), "job", Call.CHECK
        )
        status = job.get("status")
        if not isinstance(status, str):
            raise _bad_success(Call.CHECK, "no status")
        if status == "rejected":
            message = safe_message(_error_messages(job), self._secrets) or "no reason given"
            raise make_error(REJECTED, f"{PROVIDER} rejected job {job_id}: {message}", message=message)
        if status in ("deleted", "expired"):
            raise make_error(GONE, f"{PROVIDER} job {job_id} is {status}")
        # Any other status is a stage that a newer API may have added; the pipeline gives up on jobs that never end.
        return RemoteState.DONE if status == "done" else RemoteState.RUNNING

    def fetch(self, job_id: str) -> bytes:
        params = {"format": "json-v2", "wait": "0"}
        path = f"{_job_path(job_id)}/transcript"
        raw = self._request_body(Call.FETCH, "GET", path, cap=self._max_transcript_bytes, params=params)
        # An intermediary's answer must not be stored as a transcript that was paid for.
        if not (raw.lstrip()[:1] == b"{" and raw.rstrip()[-1:] == b"}"):
            raise _bad_success(Call.FETCH, "not a JSON object")
        return raw

    def parse(self, raw: bytes) -> RemoteTranscript:
        return parse_json_v2(raw)

    def delete(self, job_id: str) -> None:
        for params in ({}, {"force": "true"}):
            try:
                self._request_body(Call.DELETE, "DELETE", _job_path(job_id), params=params)
            except _Locked:
                continue
            except PermanentError as error:
                if error.code is not ErrorCode.PROVIDER_JOB_GONE:
                    raise
            return
        raise TransientError(f"{PROVIDER} job {job_id} stays locked", code=ErrorCode.PROVIDER_BUSY, provider=PROVIDER)

    def verify(self) -> None:
        """List one job, and raise the error that any call would for a wrong key, region or network."""
        self._request_object(Call.LIST, "GET", "jobs", params={"limit": "1"})

    def _oldest_possible(self, age: timedelta | None) -> datetime | None:
        """Return the time before which a job of that age cannot have been created, or None if unknown.

        An age below zero is ignored, since it means that our clock was set back.
        """
        if age is None or age < timedelta() or self._provider_time is None:
            return None
        return self._provider_time - age - _CLOCKS_DIFFER

    def _list_page(self, before: datetime | None) -> list[JsonObject]:
        """Return `_page_size` jobs, or fewer at the end of the list. After the first page that is too large, pages are
        small.
        """
        try:
            return self._request_jobs(before)
        except _TooLarge:
            if self._page_size == SMALL_PAGE:
                raise
            self._page_size = SMALL_PAGE
            return self._request_jobs(before)

    def _request_jobs(self, before: datetime | None) -> list[JsonObject]:
        params = {"limit": str(self._page_size), "include_deleted": "true"}
        if before is not None:
            params["created_before"] = before.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        jobs = self._request_object(Call.LIST, "GET", "jobs", params=params).get("jobs")
        if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
            raise _bad_success(Call.LIST, "no list of jobs")
        return jobs

    def _request_object(self, call: Call, method: str, path: str, **request: Unpack[RequestParts]) -> JsonObject:
        try:
            answer = json.loads(self._request_body(call, method, path, **request))
        except (ValueError, RecursionError):
            raise _bad_success(call, "not JSON") from None
        if not isinstance(answer, dict):
            raise _bad_success(call, "not a JSON object")
        return answer

    def _request_body(
        self, call: Call, method: str, path: str, *, cap: int | None = None, **request: Unpack[RequestParts]
    ) -> bytes:
        """Return the body of a success. Raises the table's error for any other response and for connection failures."""
        with _translated(call), self._client.stream(method, path, **request) as response:
            if response.is_success:
                self._provider_time = http_date(response.headers.get("date", ""))
                return _read_body(response, cap or MAX_ANSWER, call)
            body = _read_start(response, call)
            if call is Call.DELETE and response.status_code == httpx.codes.LOCKED:
                raise _Locked
            raise error_of_answer(response.status_code, response.headers, body, call, secrets=self._secrets)


class _Locked(StepError):
    """Status 423: the job is running and can only be deleted with force."""


class _TooLarge(PermanentError):
    """An answer over its size limit."""


@contextmanager
def _translated(call: Call) -> Iterator[None]:
    try:
        yield
    except FOREIGN as error:
        raise error_of_exception(error, call) from None


def _read_body(response: httpx.Response, cap: int, call: Call) -> bytes:
    body = bytearray()
    for chunk in _chunks(response, call):
        body += chunk
        if len(body) > cap:
            too_large = make_error(NOT_UNDERSTOOD, f"{PROVIDER} {call}: an answer over {cap} bytes")
            raise _TooLarge(too_large.detail, code=too_large.code, **too_large.params)
    return bytes(body)


def _read_start(response: httpx.Response, call: Call) -> bytes:
    """Read enough of an error's body to know what it says."""
    body = bytearray()
    for chunk in _chunks(response, call):
        body += chunk
        if len(body) > MAX_ERROR:
            break
    return bytes(body[:MAX_ERROR])


def _chunks(response: httpx.Response, call: Call) -> Iterator[bytes]:
    deadline = time.monotonic() + ANSWER_SECONDS
    for chunk in response.iter_bytes():
        yield chunk
        if time.monotonic() > deadline:
            raise make_error(UNREACHABLE, f"{PROVIDER} {call}: an answer over {ANSWER_SECONDS:.0f} s long")


def _check_settings(api_key: str, base_url: str, model: str, notification: Notification | None) -> None:
    if not re.fullmatch(r"[\x21-\x7e]+", api_key):
        raise SettingsError(f"{KEY_SETTING}: must be one line of visible ASCII characters")
    url = _http_url(base_url)
    if url is None or url.userinfo or url.query or url.fragment:
        raise SettingsError(f"{URL_SETTING}: must be scheme and host, e.g. https://eu1.asr.api.speechmatics.com")
    if url.path.strip("/"):
        raise SettingsError(f"{URL_SETTING}: must be scheme and host only; /v2 is added by the client")
    if model not in ("standard", "enhanced"):
        raise SettingsError("CANTOMEET_SPEECHMATICS_MODEL: the model must be standard or enhanced")
    if notification is None:
        return
    if _http_url(notification.url) is None:
        raise SettingsError("CANTOMEET_PUBLIC_URL: must be a http or https address")
    if not re.fullmatch(r"[A-Za-z0-9-]+: [\x21-\x7e]+( [\x21-\x7e]+)*", notification.auth_header):
        raise SettingsError("CANTOMEET_WEBHOOK_SECRET: must be one line of visible ASCII characters")


def _http_url(text: str) -> httpx.URL | None:
    """Parse an http or https address with a host; None for anything else."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    # httpx accepts a lone bracket as a host.
    host = re.fullmatch(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", url.raw_host)
    return url if url.scheme in ("http", "https") and host and not re.search(r"\s", text) else None


def _check_options(options: SubmitOptions) -> None:
    if not _SUBMIT_KEY.fullmatch(options.submit_key):
        raise make_error(OUR_FAULT, "a submit key is 1-64 of A-Z, a-z, 0-9, _ and -")
    if not _LANGUAGE.fullmatch(options.language):
        message = f"{options.language[:20]!r} is not a language code"
        raise make_error(REJECTED, message, message=message)


def _job_path(job_id: str) -> str:
    if not _JOB_ID.fullmatch(job_id):
        raise make_error(OUR_FAULT, "a job id that the provider cannot have given")
    return f"jobs/{job_id}"


def _job_id(answer: JsonObject, call: Call) -> str:
    job_id = answer.get("id")
    if not isinstance(job_id, str) or not _JOB_ID.fullmatch(job_id):
        raise _bad_success(call, "no job id")
    return job_id


def _object_in(answer: JsonObject, name: str, call: Call) -> JsonObject:
    value = answer.get(name)
    if not isinstance(value, dict):
        raise _bad_success(call, f"no {name}")
    return value


def _bad_success(call: Call, what: str) -> StepError:
    return make_error(GARBLED, f"{PROVIDER} {call}: {what} in a success")


def _submit_key_of(job: JsonObject) -> str | None:
    """Return the submit key of a listed job, from its tracking data or, in a list without configs, from its file's
    name.
    """
    for holder in (job.get("config"), job):
        tracking = holder.get("tracking") if isinstance(holder, dict) else None
        if isinstance(tracking, dict) and isinstance(tracking.get("reference"), str):
            return str(tracking["reference"])
    return str(job.get("data_name", "")).rpartition(".")[0] or None


def _next_cursor(page: list[JsonObject], *, stuck: bool) -> datetime:
    """Return the time before which the next page begins.

    The API compares whole milliseconds, so it would leave out a job of the same millisecond as the page's last one.
    Pages therefore overlap by one job, unless a page brought nothing new.
    """
    oldest = _oldest(page)
    oldest = oldest.replace(microsecond=oldest.microsecond // 1000 * 1000)
    return oldest if stuck else oldest + timedelta(milliseconds=1)


def _oldest(page: list[JsonObject]) -> datetime:
    try:
        return min(instant(job["created_at"]) for job in page)
    except (KeyError, ValueError):
        raise _bad_success(Call.LIST, "no created_at") from None


def _error_messages(job: JsonObject) -> str:
    errors = job.get("errors")
    if not isinstance(errors, list):
        return ""
    return "; ".join(str(error["message"]) for error in errors if isinstance(error, dict) and error.get("message"))
