"""Classifies the errors of OpenAI-compatible endpoints and of the connection to them.

There is no common document of errors: the same refusal comes as 400, 404, 413 or 422, and only its text tells them
apart. The patterns match the texts of OpenAI's API, OpenRouter, vLLM, llama.cpp's server, Ollama, LM Studio, Gemini,
DashScope, Moonshot and GLM.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cantomeet.errors import ErrorCode, StepError
from worker.providers.http import (
    ErrorKind,
    JsonObject,
    classify_exception,
    retry_after,
    safe_message,
    step_error,
    was_not_sent,
)

KEY_SETTING = "OPENAI_API_KEY"
URL_SETTING = "OPENAI_BASE_URL"
MODEL_SETTING = "OPENAI_MODEL"


KEY_REFUSED = ErrorKind(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=KEY_SETTING)
FORBIDDEN = ErrorKind(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
NO_QUOTA = ErrorKind(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
MODEL_UNKNOWN = ErrorKind(ErrorCode.MODEL_UNKNOWN, retry=False, setting=MODEL_SETTING)
WRONG_URL = ErrorKind(ErrorCode.PROVIDER_UNREACHABLE, retry=False, setting=URL_SETTING)
UNREACHABLE = ErrorKind(ErrorCode.PROVIDER_UNREACHABLE, retry=True, setting=URL_SETTING)
REJECTED = ErrorKind(ErrorCode.PROVIDER_REJECTED, retry=False)
BUSY = ErrorKind(ErrorCode.PROVIDER_BUSY, retry=True)
GARBLED = ErrorKind(ErrorCode.PROVIDER_BAD_ANSWER, retry=True, setting=URL_SETTING)

BY_STATUS: dict[int, ErrorKind] = {
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
BY_FAMILY: dict[int, ErrorKind] = {3: WRONG_URL, 4: REJECTED, 5: BUSY}

_QUOTA = re.compile(
    r"insufficient[_ ](?:quota|balance)|billing[_ ]|exceeded your current quota|credit balance|arrear|overdue"
    r"|account[^.]{0,60}(?:good standing|suspended|deactivated)|余额|餘額|欠费|欠費",
    re.I,
)
_KEY = re.compile(
    r"api[ _-]?key[^.]{0,40}(?:invalid|not valid|incorrect|expired|missing|required)"
    r"|(?:invalid|incorrect|missing|expired)[ _]api[ _-]?key|unauthori[sz]ed",
    re.I,
)
_FILTER = re.compile(
    r"content[_ ]?(?:filter|management|policy)|data_inspection|inappropriate|moderation|flagged|responsible ai"
    r"|safety|敏感|违规|違規|不当内容",
    re.I,
)
_MODEL = re.compile(
    r"model_not_found|model[^.]{0,120}(?:does not exist|not found|not a valid model|unknown|not exist)"
    r"|(?:no such|unknown|invalid) model|not a valid model|no models? (?:is |are )?loaded|model[^.]{0,60} not loaded"
    r"|no endpoints found for",
    re.I | re.S,
)
_NO_SUCH_WAY = re.compile(r"no endpoints found that|\bstream\w*\b[^.]{0,40}(?:not |un)support", re.I)
"""A request parameter that no host of the model supports, as in a 404 from OpenRouter."""
_RATE = re.compile(r"rate[ _-]?limit|too many requests|per (?:second|minute|hour|day)|time[ds]?[ -]?out|deadline", re.I)
_ANSWER_LENGTH = re.compile(r"max_(?:completion_|output_|new_)?tokens", re.I)
_CONTEXT = re.compile(
    r"context_length_exceeded|exceed_context_size|context[ _](?:length|window|size|limit|overflow)|maximum[ _]context"
    r"|\bn(?:um)?_ctx\b|max_(?:model|seq(?:uence)?|position)_len|context[^.]{0,20} full"
    r"|(?:inputs?|prompt)\b[^.]{0,40} \+ [^.]{0,40}(?:<=|>|exceed)"
    r"|reduce (?:the|your) (?:length|prompt|input|messages)|shorter (?:input|prompt)"
    r"|(?:prompt|input)s?\b[^.]{0,60}\btoo (?:long|large|big|many)",
    re.I,
)
_TOO_LONG = re.compile(
    r"(?:prompt|inputs?|messages?|request|content|text|query|conversation|payload|body|sequence|tokens?)\b[^.]{0,60}?"
    r"(?:too[ _](?:long|large|big|many)|exceed|overflow|over the limit|larger than|longer than)"
    r"|too many (?:input |prompt )?tokens|too[ _]long|string_above_max_length"
    r"|exceed\w*[^.]{0,60}(?:tokens?|length|context|input|prompt)"
    r"|input[ _]length|(?:tokens?|length|size) limit|over the (?:allowed|maximum)|shorten (?:the|your)"
    r"|max(?:imum)?[ _]?(?:input|prompt|model|sequence|seq|request)[ _]?(?:tokens?|len|length|size|characters)"
    r"|超[长長出過过]|[过過太][长長]|[长長]度|上下文",
    re.I,
)
_SCHEMA = re.compile(r"response_?format|(?:invalid|json)[ _]?schema|schema[^.]{0,40} too", re.I)
"""Texts about the format; it may be too long, and a shorter prompt would not help."""
_TOO_LARGE_TO_WAIT_FOR = re.compile(r"request too large|tokens must be reduced", re.I)
"""Texts about a limit per minute that a single request exceeds."""
_CONTEXT_SIZE = re.compile(
    r"context (?:length|window|size)\D{0,40}(\d{3,7})|(?:n_ctx|max_\w+_len)\D{0,20}(\d{3,7})"
    r"| \+ [^.]{0,40}(?:<=|>) ?(\d{3,7})",
    re.I,
)
_NAMES_A_MEMBER = re.compile(
    r"response_?format|schema|json|temperature|max_\w*tokens|stream|\brole|reasoning|thinking|parameter|unsupported"
    r"|unrecogni[sz]ed|unknown|permitted|argument|propert|field|not support"
)
_CLIENT_FAULTS = (400, 404, 413, 422)
_LENGTH_FAULTS = (400, 404, 413, 422, 500)
"""Statuses for a prompt that is too long; llama.cpp's server returns 500."""


_ERROR_FIELDS = ("code", "type", "param", "message", "detail", "error_msg", "status_msg", "msg")


class CallFailed(Exception):
    """A call failed; `error` is for the pipeline.

    `maybe_paid` is False only if the model certainly did no work. `tokens_out` is our count of the partial answer.
    `only_lists` is True if the key may not read the list of models, which says nothing about other calls.
    """

    def __init__(
        self,
        error: StepError,
        *,
        maybe_paid: bool,
        status: int | None = None,
        tokens_out: int = 0,
        only_lists: bool = False,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.maybe_paid = maybe_paid
        self.status = status
        self.tokens_out = tokens_out
        self.only_lists = only_lists


class ContextExceeded(Exception):
    """The prompt is longer than the model can read; send less. Such a request is not paid for.

    `error` has the endpoint's own words, for a prompt that cannot be shortened. `context` is the context size in tokens
    that the endpoint reports. `guessed` is True if the endpoint gives no reason but the prompt is long.
    """

    def __init__(self, error: StepError, *, context: int | None = None, guessed: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.context = context
        self.guessed = guessed


class BadRequest(Exception):
    """The endpoint refuses the request's form; another form may be accepted. Such a request is not paid for."""

    def __init__(self, error: StepError, complaint: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.complaint = complaint
        """The endpoint's own words, in lower case."""

    @property
    def is_vague(self) -> bool:
        """True if the complaint names no part of the request."""
        return not _NAMES_A_MEMBER.search(self.complaint)


@dataclass(frozen=True)
class ErrorBody:
    """The text of an error's body, whatever server wrote it."""

    text: str
    is_json: bool


def error_of_exception(error: Exception, provider: str, *, tokens_out: int = 0) -> CallFailed:
    """Convert any exception of httpx."""
    failure = classify_exception(error)
    kind = ErrorKind(failure.code, failure.retry, None if failure.code is ErrorCode.INTERNAL else URL_SETTING)
    detail = f"{provider}: {type(error).__name__} ({failure.cause})"
    ours = step_error(kind, detail, provider, message=failure.message, cause=failure.cause)
    return CallFailed(ours, maybe_paid=not was_not_sent(error), tokens_out=tokens_out)


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, provider: str, secrets: tuple[str, ...]
) -> CallFailed | ContextExceeded | BadRequest:
    """Convert a response that is not a success; `body` may be truncated."""
    parsed = read_error(body)
    words = parsed.text or _plain_words(body)
    message = safe_message(words, secrets)
    kind = _kind_of(status, parsed)
    detail = f"{provider}: HTTP {status}" + (f": {message}" if message else "")
    cause = {3: "redirect"}.get(status // 100, "not_found" if status in (404, 405) else "")
    error = step_error(
        kind, detail, provider, message=message or f"HTTP {status}", retry_after=retry_after(headers), cause=cause
    )
    if _is_too_long(status, words, kind):
        # A shorter prompt may be accepted whatever the status means; this error is for when it is not.
        rejected = step_error(REJECTED, detail, provider, message=message or f"HTTP {status}")
        sizes = [int(size) for found in _CONTEXT_SIZE.findall(words) for size in found if size]
        return ContextExceeded(rejected, context=sizes[0] if sizes else None)
    if kind is REJECTED and status in (400, 404, 405, 422, 501) and not _FILTER.search(parsed.text):
        return BadRequest(error, words.lower())
    # A gateway may time out after the model has done its work.
    only_lists = status == 403 and "model.read" in words
    return CallFailed(error, maybe_paid=status in (408, 502, 504), status=status, only_lists=only_lists)


def _is_too_long(status: int, words: str, kind: ErrorKind) -> bool:
    if status == 413:
        return True
    if status == 429:
        return bool(_TOO_LARGE_TO_WAIT_FOR.search(words))
    if status not in _LENGTH_FAULTS or kind in (NO_QUOTA, KEY_REFUSED, MODEL_UNKNOWN) or _FILTER.search(words):
        return False
    if _CONTEXT.search(words):
        return True
    if status == 500 or any(other.search(words) for other in (_ANSWER_LENGTH, _SCHEMA, _RATE)):
        return False
    return bool(_TOO_LONG.search(words))


def _plain_words(body: bytes) -> str:
    """Return the text of an error that is neither JSON nor a web page."""
    text = body[:2000].decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) or not text.isprintable() else text


def _kind_of(status: int, parsed: ErrorBody) -> ErrorKind:
    if status in (400, 402, 403, 429) and _QUOTA.search(parsed.text):
        return NO_QUOTA
    if status in _CLIENT_FAULTS and parsed.is_json and _MODEL.search(parsed.text):
        return MODEL_UNKNOWN
    if status in (404, 405) and parsed.is_json and _NO_SUCH_WAY.search(parsed.text):
        return REJECTED
    if status in (400, 422) and _KEY.search(parsed.text):
        return KEY_REFUSED
    return BY_STATUS.get(status) or BY_FAMILY.get(status // 100, GARBLED)


def read_error(body: bytes) -> ErrorBody:
    """Read code, type and message of an error body.

    Known forms are `{"error": {...}}`, `{"error": "..."}`, `{"message": ...}`, `{"detail": ...}`, and a list of one of
    these.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorBody("", is_json=False)
    answer = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(answer, dict):
        return ErrorBody("", is_json=False)
    error = find_error(answer) or answer
    return ErrorBody(error if isinstance(error, str) else _error_text(error), is_json=True)


def find_error(answer: JsonObject) -> str | JsonObject | None:
    """Return the error that an answer contains, or None."""
    for name in ("error", "base_resp", "errors"):
        value = answer.get(name)
        value = value[0] if isinstance(value, list) and value else value
        # MiniMax reports a status in every answer.
        if value and isinstance(value, str | dict) and not (name == "base_resp" and _went_well(value)):
            return value
    return answer if answer.get("object") == "error" or _is_error(answer) else None


def _is_error(answer: JsonObject) -> bool:
    """Tell whether the object has an error message and no part of an answer; code 0 means success."""
    told = any(isinstance(answer.get(name), str) and answer[name] for name in ("message", "detail", "error_msg", "msg"))
    return told and answer.get("code") not in (0, "0") and not answer.keys() & {"choices", "usage"}


def _went_well(value: str | JsonObject) -> bool:
    return not isinstance(value, str) and not value.get("status_code")


def _error_text(error: JsonObject) -> str:
    found = (error.get(name) for name in _ERROR_FIELDS)
    return ": ".join(str(word) for word in found if isinstance(word, str | list | dict) and word)
