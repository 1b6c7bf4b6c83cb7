"""The one table of everything Speechmatics, or the way to it, can answer, and what each means for a meeting.

A status or an httpx exception that is not in the table still gets an error of ours: by its family, the cautious way.
Texts for people are in `cantomeet.reasons`; their parameters are made here and never hold a key.
Source of the statuses: the provider's OpenAPI file of Batch v2, and its pages on limits and troubleshooting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError

PROVIDER = "Speechmatics"
KEY_SETTING = "SPEECHMATICS_API_KEY"
URL_SETTING = "SPEECHMATICS_BASE_URL"
BOTH_SETTINGS = f"{KEY_SETTING}, {URL_SETTING}"
MESSAGE_LIMIT = 300
"""Characters of the provider's own words that a person is shown."""
LONGEST_RETRY_AFTER = 24 * 3600.0


class Call(StrEnum):
    """What was being asked; a 404 means something else for each."""

    SUBMIT = "submit"
    LIST = "list"
    CHECK = "check"
    FETCH = "fetch"
    DELETE = "delete"


@dataclass(frozen=True)
class Place:
    """Where an answer belongs: its code, whether trying again can help, and the setting a person would mend."""

    code: ErrorCode
    retry: bool
    setting: str | None = URL_SETTING


KEY_REFUSED = Place(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=KEY_SETTING)
KEY_OR_REGION = Place(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=BOTH_SETTINGS)
FORBIDDEN = Place(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
REJECTED = Place(ErrorCode.PROVIDER_REJECTED, retry=False, setting=None)
GONE = Place(ErrorCode.PROVIDER_JOB_GONE, retry=False)
NOT_READY = Place(ErrorCode.PROVIDER_BUSY, retry=True, setting=None)
BUSY = Place(ErrorCode.PROVIDER_BUSY, retry=True, setting=None)
UNREACHABLE = Place(ErrorCode.PROVIDER_UNREACHABLE, retry=True)
WRONG_HOST = Place(ErrorCode.PROVIDER_UNREACHABLE, retry=False)
GARBLED = Place(ErrorCode.PROVIDER_BAD_ANSWER, retry=True)
NOT_UNDERSTOOD = Place(ErrorCode.PROVIDER_BAD_ANSWER, retry=False)
OUR_FAULT = Place(ErrorCode.INTERNAL, retry=False, setting=None)

BY_STATUS: dict[int, Place] = {
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
BY_CALL: dict[tuple[Call, int], Place] = {
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
BY_FAMILY: dict[int, Place] = {3: WRONG_HOST, 4: NOT_UNDERSTOOD, 5: BUSY}

BY_EXCEPTION: dict[type[Exception], Place] = {
    httpx.ConnectTimeout: UNREACHABLE,
    httpx.ReadTimeout: UNREACHABLE,
    httpx.WriteTimeout: UNREACHABLE,
    httpx.PoolTimeout: UNREACHABLE,
    httpx.TimeoutException: UNREACHABLE,
    httpx.ConnectError: UNREACHABLE,
    httpx.ReadError: UNREACHABLE,
    httpx.WriteError: UNREACHABLE,
    httpx.CloseError: UNREACHABLE,
    httpx.NetworkError: UNREACHABLE,
    httpx.RemoteProtocolError: UNREACHABLE,
    httpx.ProxyError: UNREACHABLE,
    httpx.DecodingError: GARBLED,
    httpx.UnsupportedProtocol: WRONG_HOST,
    httpx.InvalidURL: WRONG_HOST,
    httpx.TooManyRedirects: WRONG_HOST,
    httpx.LocalProtocolError: OUR_FAULT,
    httpx.CookieConflict: OUR_FAULT,
    httpx.HTTPStatusError: OUR_FAULT,
    httpx.StreamConsumed: OUR_FAULT,
    httpx.StreamClosed: OUR_FAULT,
    httpx.RequestNotRead: OUR_FAULT,
    httpx.ResponseNotRead: OUR_FAULT,
    httpx.StreamError: OUR_FAULT,
    httpx.ProtocolError: UNREACHABLE,
    httpx.TransportError: UNREACHABLE,
    httpx.RequestError: UNREACHABLE,
    httpx.HTTPError: UNREACHABLE,
}
NOT_TAKEN = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 421, 422, 429})
"""Answers to a submission that say that no job was made of it, whoever gives them."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
"""Trouble before the first byte left."""
FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""What the client catches; together all that httpx raises."""


def place_of_status(status: int, call: Call, *, is_json: bool) -> Place:
    """`is_json`: the body is the API's own JSON; HTML comes from something in between (or a host without the API)."""
    if not is_json and status == 401:
        # The provider's troubleshooting page: HTML means no key at all or the host of another region.
        return KEY_OR_REGION
    if not is_json and status in (404, 410):
        # Not the API speaking: to believe it would give up a job that is paid for.
        return WRONG_HOST if call in (Call.SUBMIT, Call.LIST) else UNREACHABLE
    return BY_CALL.get((call, status)) or BY_STATUS.get(status) or BY_FAMILY.get(status // 100, GARBLED)


def place_of_exception(error: Exception) -> Place:
    return next((BY_EXCEPTION[kind] for kind in type(error).__mro__ if kind in BY_EXCEPTION), UNREACHABLE)


def make_error(place: Place, detail: str, *, message: str = "", retry_after: float | None = None) -> StepError:
    """`detail` is for the operator's log, `message` (the provider's words, already safe) for a person."""
    params: dict[str, str | int | float] = {"provider": PROVIDER, "message": message or "—"}
    if place.setting is not None:
        params["setting"] = place.setting
    if place.code is ErrorCode.INTERNAL:
        params["reference"] = detail
    if place.retry:
        return TransientError(detail, code=place.code, retry_after=retry_after, **params)
    return PermanentError(detail, code=place.code, **params)


def error_of_exception(error: Exception, call: Call) -> StepError:
    """The text of the foreign exception is left out: it may quote a header."""
    ours = make_error(place_of_exception(error), f"{PROVIDER} {call}: {type(error).__name__}")
    ours.refused = isinstance(error, NOT_SENT)
    return ours


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, call: Call, *, secrets: tuple[str, ...]
) -> StepError:
    """The error for an answer that is not a success; `body` may be cut short."""
    said = _provider_words(body)
    place = place_of_status(status, call, is_json=said is not None)
    message = safe_message(said or "", secrets)
    detail = f"{PROVIDER} {call}: HTTP {status}" + (f": {message}" if message else "")
    if said is None:
        detail += " (not the API's JSON)"
    ours = make_error(place, detail, message=message or f"HTTP {status}", retry_after=retry_after(headers))
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


_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


def safe_message(text: str, secrets: tuple[str, ...]) -> str:
    """A foreign text on one line, without control or direction marks, without our secrets, not long."""
    for secret in secrets:
        text = text.replace(secret, "…")
    text = _UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from Retry-After as a number or as a date, at most a day; None where it says nothing.

    A date is measured against the answer's own Date, since the provider's clock and ours may differ.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", value):
        return min(float(value), LONGEST_RETRY_AFTER)
    then = http_date(value)
    if then is None:
        return None
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (then - now).total_seconds()), LONGEST_RETRY_AFTER)


def http_date(value: str) -> datetime | None:
    """Of a header; UTC where it names no zone, None where it is no date."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
