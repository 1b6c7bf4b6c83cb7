"""The one table of everything that Speechmatics can answer, and what each means for a meeting.

A status that is not in the table still gets an error of ours: by its family, the cautious way. Trouble on the way to
it is in `worker.providers.http`.
Texts for people are in `cantomeet.i18n`; their parameters are made here and never hold a key.
Source of the statuses: the provider's OpenAPI file of Batch v2, and its pages on limits and troubleshooting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError
from worker.providers.http import retry_after, safe_message, trouble_of, was_not_sent

PROVIDER = "Speechmatics"
KEY_SETTING = "SPEECHMATICS_API_KEY"
URL_SETTING = "SPEECHMATICS_BASE_URL"
BOTH_SETTINGS = f"{KEY_SETTING}, {URL_SETTING}"


class Call(StrEnum):
    """What was being asked; a 404 means something else for each."""

    SUBMIT = "submit"
    LIST = "list"
    CHECK = "check"
    FETCH = "fetch"
    DELETE = "delete"


@dataclass(frozen=True)
class Disposition:
    """Where an answer belongs: its code, whether trying again can help, and the setting a person would mend."""

    code: ErrorCode
    retry: bool
    setting: str | None = URL_SETTING


KEY_REFUSED = Disposition(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=KEY_SETTING)
KEY_OR_REGION = Disposition(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=BOTH_SETTINGS)
FORBIDDEN = Disposition(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
REJECTED = Disposition(ErrorCode.PROVIDER_REJECTED, retry=False, setting=None)
GONE = Disposition(ErrorCode.PROVIDER_JOB_GONE, retry=False)
NOT_READY = Disposition(ErrorCode.PROVIDER_BUSY, retry=True, setting=None)
BUSY = Disposition(ErrorCode.PROVIDER_BUSY, retry=True, setting=None)
UNREACHABLE = Disposition(ErrorCode.PROVIDER_UNREACHABLE, retry=True)
WRONG_HOST = Disposition(ErrorCode.PROVIDER_UNREACHABLE, retry=False)
GARBLED = Disposition(ErrorCode.PROVIDER_BAD_ANSWER, retry=True)
NOT_UNDERSTOOD = Disposition(ErrorCode.PROVIDER_BAD_ANSWER, retry=False)
OUR_FAULT = Disposition(ErrorCode.INTERNAL, retry=False, setting=None)

BY_STATUS: dict[int, Disposition] = {
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
BY_CALL: dict[tuple[Call, int], Disposition] = {
    # A job that the provider no longer lists: its limits page says 404, its OpenAPI file 410.
    (Call.CHECK, 404): GONE,
    (Call.CHECK, 410): GONE,
    (Call.FETCH, 410): GONE,
    # "Not ready or unknown"; whether the job still exists is for the next check to say.
    (Call.FETCH, 404): NOT_READY,
    (Call.DELETE, 404): GONE,
    (Call.DELETE, 410): GONE,
    # Said of a question about a job, not of the job: taken for a rejected recording, a retry would pay again.
    **{(call, status): NOT_UNDERSTOOD for call in Call if call is not Call.SUBMIT for status in (400, 413, 415, 422)},
}
BY_FAMILY: dict[int, Disposition] = {3: WRONG_HOST, 4: NOT_UNDERSTOOD, 5: BUSY}

NOT_TAKEN = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 421, 422, 429})
"""Answers to a submission that say that no job was made of it, whoever gives them."""


def disposition_of_status(status: int, call: Call, *, is_json: bool) -> Disposition:
    """`is_json`: the body is the API's own JSON; HTML comes from something in between (or a host without the API)."""
    if not is_json and status == 401:
        # The provider's troubleshooting page: HTML means no key at all or the host of another region.
        return KEY_OR_REGION
    if not is_json and status in (404, 410):
        # Not the API speaking: to believe it would give up a job that is paid for.
        return WRONG_HOST if call in (Call.SUBMIT, Call.LIST) else UNREACHABLE
    return BY_CALL.get((call, status)) or BY_STATUS.get(status) or BY_FAMILY.get(status // 100, GARBLED)


def make_error(
    disposition: Disposition, detail: str, *, message: str = "", retry_after: float | None = None, cause: str = ""
) -> StepError:
    """`detail` is for the operator's log, `message` (the provider's words, already safe) for a person; `cause` is of
    `worker.providers.http.Cause`.
    """
    params: dict[str, str | int | float] = {"provider": PROVIDER, "message": message or "—"}
    if cause:
        params["cause"] = cause
    if disposition.setting is not None:
        params["setting"] = disposition.setting
    if disposition.code is ErrorCode.INTERNAL:
        params["reference"] = detail
    if disposition.retry:
        return TransientError(detail, code=disposition.code, retry_after=retry_after, **params)
    return PermanentError(detail, code=disposition.code, **params)


def error_of_exception(error: Exception, call: Call) -> StepError:
    """For all that httpx raises."""
    trouble = trouble_of(error)
    disposition = Disposition(trouble.code, trouble.retry, None if trouble.code is ErrorCode.INTERNAL else URL_SETTING)
    detail = f"{PROVIDER} {call}: {type(error).__name__} ({trouble.cause})"
    ours = make_error(disposition, detail, message=trouble.message, cause=trouble.cause)
    ours.refused = was_not_sent(error)
    return ours


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, call: Call, *, secrets: tuple[str, ...]
) -> StepError:
    """The error for an answer that is not a success; `body` may be cut short."""
    said = _provider_words(body)
    disposition = disposition_of_status(status, call, is_json=said is not None)
    message = safe_message(said or "", secrets)
    detail = f"{PROVIDER} {call}: HTTP {status}" + (f": {message}" if message else "")
    if said is None:
        detail += " (not the API's JSON)"
    ours = make_error(disposition, detail, message=message or f"HTTP {status}", retry_after=retry_after(headers))
    ours.refused = status in NOT_TAKEN
    return ours


def _provider_words(body: bytes) -> str | None:
    """`error` and `detail` of the API's error object; None where the body is something else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    return ": ".join(str(answer[name]) for name in ("error", "detail") if answer.get(name))
