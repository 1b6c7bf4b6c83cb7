"""The one table of what an OpenAI-compatible endpoint, or the way to it, can answer, and what each means.

There is no common document of errors: the same refusal comes as 400, 404, 413 or 422, told apart only by its words.
The words looked for are those of OpenAI's API, OpenRouter, vLLM, llama.cpp's server and Ollama.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError
from worker.providers.http import retry_after, safe_message, trouble_of, was_not_sent

KEY_SETTING = "OPENAI_API_KEY"
URL_SETTING = "OPENAI_BASE_URL"
MODEL_SETTING = "OPENAI_MODEL"


@dataclass(frozen=True)
class Place:
    """Where an answer belongs: its code, whether trying again can help, and the setting a person would mend."""

    code: ErrorCode
    retry: bool
    setting: str | None = None


KEY_REFUSED = Place(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=KEY_SETTING)
FORBIDDEN = Place(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
NO_QUOTA = Place(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
MODEL_UNKNOWN = Place(ErrorCode.MODEL_UNKNOWN, retry=False, setting=MODEL_SETTING)
WRONG_URL = Place(ErrorCode.PROVIDER_UNREACHABLE, retry=False, setting=URL_SETTING)
UNREACHABLE = Place(ErrorCode.PROVIDER_UNREACHABLE, retry=True, setting=URL_SETTING)
REJECTED = Place(ErrorCode.PROVIDER_REJECTED, retry=False)
BUSY = Place(ErrorCode.PROVIDER_BUSY, retry=True)
GARBLED = Place(ErrorCode.PROVIDER_BAD_ANSWER, retry=True, setting=URL_SETTING)

BY_STATUS: dict[int, Place] = {
    400: REJECTED,
    401: KEY_REFUSED,
    402: NO_QUOTA,
    403: FORBIDDEN,
    404: WRONG_URL,
    405: WRONG_URL,
    408: UNREACHABLE,
    409: BUSY,
    413: REJECTED,
    422: REJECTED,
    425: BUSY,
    429: BUSY,
    500: BUSY,
    501: REJECTED,
    502: BUSY,
    503: BUSY,
    504: BUSY,
    529: BUSY,
}
BY_FAMILY: dict[int, Place] = {3: WRONG_URL, 4: REJECTED, 5: BUSY}

_QUOTA = re.compile(r"insufficient[_ ]quota|billing[_ ]|exceeded your current quota|credit balance", re.I)
_MODEL = re.compile(
    r"model_not_found|model[^.]{0,120}(?:does not exist|not found|not a valid model|unknown|not exist)"
    r"|(?:no such|unknown|invalid) model|not a valid model",
    re.I | re.S,
)
_CONTEXT = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|window|size)|maximum context"
    r"|prompt is too long|input is too long|too many tokens",
    re.I,
)
_CLIENT_FAULTS = (400, 404, 413, 422)


class CallFailed(Exception):
    """`error` is for the pipeline; `maybe_paid` is False where the model certainly did no work for it."""

    def __init__(self, error: StepError, *, maybe_paid: bool, status: int | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.maybe_paid = maybe_paid
        self.status = status


class ContextExceeded(Exception):
    """The prompt is longer than the model can read: send less."""


class BadRequest(Exception):
    """The endpoint does not take the request as it was put; another way to put it may do. Not paid for."""

    def __init__(self, error: StepError, complaint: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.complaint = complaint
        """The endpoint's own words, in lower case."""


@dataclass(frozen=True)
class Said:
    """What an error's body says, whatever server wrote it."""

    text: str
    is_json: bool


def error_of_exception(error: Exception, provider: str) -> CallFailed:
    """For all that httpx raises."""
    trouble = trouble_of(error)
    place = Place(trouble.code, trouble.retry, None if trouble.code is ErrorCode.INTERNAL else URL_SETTING)
    detail = f"{provider}: {type(error).__name__} ({trouble.cause})"
    ours = make_error(place, detail, provider, message=trouble.message, cause=trouble.cause)
    return CallFailed(ours, maybe_paid=not was_not_sent(error))


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, provider: str, secrets: tuple[str, ...]
) -> CallFailed | ContextExceeded | BadRequest:
    """For an answer that is not a success; `body` may be cut short."""
    said = read_error(body)
    if status == 413 or (status in _CLIENT_FAULTS and _CONTEXT.search(said.text)):
        return ContextExceeded(f"HTTP {status}")
    message = safe_message(said.text, secrets)
    place = _place(status, said)
    detail = f"{provider}: HTTP {status}" + (f": {message}" if message else "")
    error = make_error(place, detail, provider, message=message or f"HTTP {status}", wait=retry_after(headers))
    if place is REJECTED and status in (400, 422, 501):
        return BadRequest(error, said.text.lower())
    # A gateway's time-out may come after the model has done its work.
    return CallFailed(error, maybe_paid=status in (408, 502, 504), status=status)


def _place(status: int, said: Said) -> Place:
    if status in (402, 403, 429) and _QUOTA.search(said.text):
        return NO_QUOTA
    if status in _CLIENT_FAULTS and said.is_json and _MODEL.search(said.text):
        return MODEL_UNKNOWN
    return BY_STATUS.get(status) or BY_FAMILY.get(status // 100, GARBLED)


def make_error(
    place: Place, detail: str, provider: str, *, message: str = "", wait: float | None = None, cause: str = ""
) -> StepError:
    """`detail` is for the operator's log, `message` (the endpoint's words, already safe) for a person; `cause` is one
    of `cantomeet.reasons.CAUSES`.
    """
    params: dict[str, str | int | float] = {"provider": provider, "message": message or "—"}
    if cause:
        params["cause"] = cause
    if place.setting is not None:
        params["setting"] = place.setting
    if place.code is ErrorCode.INTERNAL:
        params["reference"] = detail
    if place.retry:
        return TransientError(detail, code=place.code, retry_after=wait, **params)
    return PermanentError(detail, code=place.code, **params)


def read_error(body: bytes) -> Said:
    """Code, type and message of `{"error": {...}}`, `{"error": "..."}`, `{"message": ...}` or `{"detail": ...}`."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Said("", is_json=False)
    if not isinstance(answer, dict):
        return Said("", is_json=False)
    error = answer.get("error", answer)
    if isinstance(error, str):
        return Said(error, is_json=True)
    return Said(_words(error if isinstance(error, dict) else answer), is_json=True)


def _words(error: Mapping[str, Any]) -> str:
    found = (error.get(name) for name in ("code", "type", "param", "message", "detail"))
    return ": ".join(str(word) for word in found if isinstance(word, str | list | dict) and word)
