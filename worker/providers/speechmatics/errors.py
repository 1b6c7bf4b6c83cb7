"""Classifies Speechmatics' error responses.

A status that is not in the table is classified cautiously by its family. `worker.providers.http` has the connection
errors, and `cantomeet.i18n` has the texts for people; their parameters are built here and never contain a key.
Source of the statuses: the provider's OpenAPI file of Batch v2, and its pages on limits and troubleshooting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum

from cantomeet.errors import ErrorCode, StepError
from worker.providers.http import ErrorKind, classify_exception, retry_after, safe_message, step_error, was_not_sent

PROVIDER = "Speechmatics"
KEY_SETTING = "SPEECHMATICS_API_KEY"
URL_SETTING = "SPEECHMATICS_BASE_URL"
BOTH_SETTINGS = f"{KEY_SETTING}, {URL_SETTING}"


class Call(StrEnum):
    """The kind of request; a 404 means something different for each."""

    SUBMIT = "submit"
    LIST = "list"
    CHECK = "check"
    FETCH = "fetch"
    DELETE = "delete"


KEY_REFUSED = ErrorKind(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=KEY_SETTING)
KEY_OR_REGION = ErrorKind(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=BOTH_SETTINGS)
FORBIDDEN = ErrorKind(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
REJECTED = ErrorKind(ErrorCode.PROVIDER_REJECTED, retry=False)
GONE = ErrorKind(ErrorCode.PROVIDER_JOB_GONE, retry=False, setting=URL_SETTING)
NOT_READY = ErrorKind(ErrorCode.PROVIDER_BUSY, retry=True)
BUSY = ErrorKind(ErrorCode.PROVIDER_BUSY, retry=True)
UNREACHABLE = ErrorKind(ErrorCode.PROVIDER_UNREACHABLE, retry=True, setting=URL_SETTING)
WRONG_HOST = ErrorKind(ErrorCode.PROVIDER_UNREACHABLE, retry=False, setting=URL_SETTING)
GARBLED = ErrorKind(ErrorCode.PROVIDER_BAD_ANSWER, retry=True, setting=URL_SETTING)
NOT_UNDERSTOOD = ErrorKind(ErrorCode.PROVIDER_BAD_ANSWER, retry=False, setting=URL_SETTING)
OUR_FAULT = ErrorKind(ErrorCode.INTERNAL, retry=False)

BY_STATUS: dict[int, ErrorKind] = {
    400: REJECTED,
    401: KEY_REFUSED,
    402: FORBIDDEN,
    403: FORBIDDEN,
    404: WRONG_HOST,
    405: WRONG_HOST,
    408: UNREACHABLE,
    409: BUSY,
    410: WRONG_HOST,
    413: REJECTED,
    415: REJECTED,
    421: WRONG_HOST,
    422: REJECTED,
    423: BUSY,
    425: BUSY,
    429: BUSY,
    500: BUSY,
    501: NOT_UNDERSTOOD,
    502: BUSY,
    503: BUSY,
    504: BUSY,
}
BY_CALL: dict[tuple[Call, int], ErrorKind] = {
    # The provider no longer lists the job; its limits page says 404, its OpenAPI file 410.
    (Call.CHECK, 404): GONE,
    (Call.CHECK, 410): GONE,
    (Call.FETCH, 410): GONE,
    # The API documents 404 as "not ready or unknown". The next check tells whether the job still exists.
    (Call.FETCH, 404): NOT_READY,
    (Call.DELETE, 404): GONE,
    (Call.DELETE, 410): GONE,
    # These statuses concern the request about a job, not the job. As a rejected recording, they would make a retry pay
    # again.
    **{(call, status): NOT_UNDERSTOOD for call in Call if call is not Call.SUBMIT for status in (400, 413, 415, 422)},
}
BY_FAMILY: dict[int, ErrorKind] = {3: WRONG_HOST, 4: NOT_UNDERSTOOD, 5: BUSY}

NOT_TAKEN = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 421, 422, 429})
"""Responses to a submission that prove that no job was created, whichever server sent them."""


def kind_of_status(status: int, call: Call, *, is_json: bool) -> ErrorKind:
    """Classify a status.

    `is_json` tells whether the body is the API's own JSON; HTML comes from an intermediary or a host without the API.
    """
    if not is_json and status == 401:
        # The provider's troubleshooting page: HTML means no key at all, or the host of another region.
        return KEY_OR_REGION
    if not is_json and status in (404, 410):
        # The response is not from the API; believing it would give up a job that is paid for.
        return WRONG_HOST if call in (Call.SUBMIT, Call.LIST) else UNREACHABLE
    return BY_CALL.get((call, status)) or BY_STATUS.get(status) or BY_FAMILY.get(status // 100, GARBLED)


def make_error(
    kind: ErrorKind, detail: str, *, message: str = "", retry_after: float | None = None, cause: str = ""
) -> StepError:
    """`step_error` of this provider."""
    return step_error(kind, detail, PROVIDER, message=message, retry_after=retry_after, cause=cause)


def error_of_exception(error: Exception, call: Call) -> StepError:
    """Convert any exception of httpx."""
    failure = classify_exception(error)
    kind = ErrorKind(failure.code, failure.retry, None if failure.code is ErrorCode.INTERNAL else URL_SETTING)
    detail = f"{PROVIDER} {call}: {type(error).__name__} ({failure.cause})"
    ours = make_error(kind, detail, message=failure.message, cause=failure.cause)
    ours.refused = was_not_sent(error)
    return ours


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, call: Call, *, secrets: tuple[str, ...]
) -> StepError:
    """Convert a response that is not a success; `body` may be truncated."""
    words = _provider_words(body)
    kind = kind_of_status(status, call, is_json=words is not None)
    message = safe_message(words or "", secrets)
    detail = f"{PROVIDER} {call}: HTTP {status}" + (f": {message}" if message else "")
    if words is None:
        detail += " (not the API's JSON)"
    ours = make_error(kind, detail, message=message or f"HTTP {status}", retry_after=retry_after(headers))
    ours.refused = status in NOT_TAKEN
    return ours


def _provider_words(body: bytes) -> str | None:
    """Return `error` and `detail` of the API's error object, or None if the body is something else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    return ": ".join(str(answer[name]) for name in ("error", "detail") if answer.get(name))
