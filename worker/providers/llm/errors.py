"""The one table of what an OpenAI-compatible endpoint, or the way to it, can answer, and what each means.

There is no common document of errors: the same refusal comes as 400, 404, 413 or 422, told apart only by its words.
The words looked for are those of OpenAI's API, OpenRouter, vLLM, llama.cpp's server, Ollama, LM Studio, Gemini,
DashScope, Moonshot and GLM.
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
class Disposition:
    """Where an answer belongs: its code, whether trying again can help, and the setting a person would mend."""

    code: ErrorCode
    retry: bool
    setting: str | None = None


KEY_REFUSED = Disposition(ErrorCode.PROVIDER_KEY_REFUSED, retry=False, setting=KEY_SETTING)
FORBIDDEN = Disposition(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
NO_QUOTA = Disposition(ErrorCode.PROVIDER_FORBIDDEN, retry=False, setting=KEY_SETTING)
MODEL_UNKNOWN = Disposition(ErrorCode.MODEL_UNKNOWN, retry=False, setting=MODEL_SETTING)
WRONG_URL = Disposition(ErrorCode.PROVIDER_UNREACHABLE, retry=False, setting=URL_SETTING)
UNREACHABLE = Disposition(ErrorCode.PROVIDER_UNREACHABLE, retry=True, setting=URL_SETTING)
REJECTED = Disposition(ErrorCode.PROVIDER_REJECTED, retry=False)
BUSY = Disposition(ErrorCode.PROVIDER_BUSY, retry=True)
GARBLED = Disposition(ErrorCode.PROVIDER_BAD_ANSWER, retry=True, setting=URL_SETTING)

BY_STATUS: dict[int, Disposition] = {
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
BY_FAMILY: dict[int, Disposition] = {3: WRONG_URL, 4: REJECTED, 5: BUSY}

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
"""A member of the request that no host of the model takes, as OpenRouter's 404 says for one."""
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
"""Something of the format may be too long, and a shorter prompt mends nothing then."""
_TOO_LARGE_TO_WAIT_FOR = re.compile(r"request too large|tokens must be reduced", re.I)
"""Of a limit a minute that one request is over by itself."""
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
"""Answers to a prompt that is too long; llama.cpp's server gives 500."""


_WORDS = ("code", "type", "param", "message", "detail", "error_msg", "status_msg", "msg")


class CallFailed(Exception):
    """`error` is for the pipeline; `maybe_paid` is False where the model certainly did no work for it.

    `tokens_out`: of what had come of the answer, by our count. `only_lists`: the key may not read the list of models,
    which says nothing about other calls.
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
    """The prompt is longer than the model can read: send less. Not paid for.

    `error` has the endpoint's own words, for when less cannot be sent. `context`: the tokens that it says it can read.
    `guessed`: the words do not say so, but the prompt is long and they say nothing else.
    """

    def __init__(self, error: StepError, *, context: int | None = None, guessed: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.context = context
        self.guessed = guessed


class BadRequest(Exception):
    """The endpoint does not take the request as it was put; another way to put it may do. Not paid for."""

    def __init__(self, error: StepError, complaint: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.complaint = complaint
        """The endpoint's own words, in lower case."""

    @property
    def is_vague(self) -> bool:
        """Nothing that a request is made of is named."""
        return not _NAMES_A_MEMBER.search(self.complaint)


@dataclass(frozen=True)
class Said:
    """What an error's body says, whatever server wrote it."""

    text: str
    is_json: bool


def error_of_exception(error: Exception, provider: str, *, tokens_out: int = 0) -> CallFailed:
    """For all that httpx raises."""
    trouble = trouble_of(error)
    disposition = Disposition(trouble.code, trouble.retry, None if trouble.code is ErrorCode.INTERNAL else URL_SETTING)
    detail = f"{provider}: {type(error).__name__} ({trouble.cause})"
    ours = make_error(disposition, detail, provider, message=trouble.message, cause=trouble.cause)
    return CallFailed(ours, maybe_paid=not was_not_sent(error), tokens_out=tokens_out)


def error_of_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, provider: str, secrets: tuple[str, ...]
) -> CallFailed | ContextExceeded | BadRequest:
    """For an answer that is not a success; `body` may be cut short."""
    said = read_error(body)
    words = said.text or _plain_words(body)
    message = safe_message(words, secrets)
    disposition = _disposition(status, said)
    detail = f"{provider}: HTTP {status}" + (f": {message}" if message else "")
    cause = {3: "redirect"}.get(status // 100, "not_found" if status in (404, 405) else "")
    error = make_error(
        disposition, detail, provider, message=message or f"HTTP {status}", wait=retry_after(headers), cause=cause
    )
    if _is_too_long(status, words, disposition):
        # However the status would be taken, less of the prompt may go through; this is for when it does not.
        rejected = make_error(REJECTED, detail, provider, message=message or f"HTTP {status}")
        sizes = [int(size) for found in _CONTEXT_SIZE.findall(words) for size in found if size]
        return ContextExceeded(rejected, context=sizes[0] if sizes else None)
    if disposition is REJECTED and status in (400, 404, 405, 422, 501) and not _FILTER.search(said.text):
        return BadRequest(error, words.lower())
    # A gateway's time-out may come after the model has done its work.
    only_lists = status == 403 and "model.read" in words
    return CallFailed(error, maybe_paid=status in (408, 502, 504), status=status, only_lists=only_lists)


def _is_too_long(status: int, words: str, disposition: Disposition) -> bool:
    if status == 413:
        return True
    if status == 429:
        return bool(_TOO_LARGE_TO_WAIT_FOR.search(words))
    if status not in _LENGTH_FAULTS or disposition in (NO_QUOTA, KEY_REFUSED, MODEL_UNKNOWN) or _FILTER.search(words):
        return False
    if _CONTEXT.search(words):
        return True
    if status == 500 or any(other.search(words) for other in (_ANSWER_LENGTH, _SCHEMA, _RATE)):
        return False
    return bool(_TOO_LONG.search(words))


def _plain_words(body: bytes) -> str:
    """An error that is no JSON and no web page."""
    text = body[:2000].decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) or not text.isprintable() else text


def _disposition(status: int, said: Said) -> Disposition:
    if status in (400, 402, 403, 429) and _QUOTA.search(said.text):
        return NO_QUOTA
    if status in _CLIENT_FAULTS and said.is_json and _MODEL.search(said.text):
        return MODEL_UNKNOWN
    if status in (404, 405) and said.is_json and _NO_SUCH_WAY.search(said.text):
        return REJECTED
    if status in (400, 422) and _KEY.search(said.text):
        return KEY_REFUSED
    return BY_STATUS.get(status) or BY_FAMILY.get(status // 100, GARBLED)


def make_error(
    disposition: Disposition,
    detail: str,
    provider: str,
    *,
    message: str = "",
    wait: float | None = None,
    cause: str = "",
    variant: str = "",
) -> StepError:
    """`detail` is for the operator's log, `message` (the endpoint's words, already safe) for a person; `cause` is one
    of `cantomeet.i18n.unreachable`, `variant` of `cantomeet.i18n.reasons`.
    """
    params: dict[str, str | int | float] = {"provider": provider, "message": message or "—"}
    if variant:
        params[variant] = 1
    if cause:
        params["cause"] = cause
    if disposition.setting is not None:
        params["setting"] = disposition.setting
    if disposition.code is ErrorCode.INTERNAL:
        params["reference"] = detail
    if disposition.retry:
        return TransientError(detail, code=disposition.code, retry_after=wait, **params)
    return PermanentError(detail, code=disposition.code, **params)


def read_error(body: bytes) -> Said:
    """Code, type and message of `{"error": {...}}`, `{"error": "..."}`, `{"message": ...}`, `{"detail": ...}` or one
    of these in a list.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Said("", is_json=False)
    answer = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(answer, dict):
        return Said("", is_json=False)
    error = told_error(answer) or answer
    return Said(error if isinstance(error, str) else _words(error), is_json=True)


def told_error(answer: Mapping[str, Any]) -> str | Mapping[str, Any] | None:
    """What an answer says that went wrong, wherever it says so; None where it says nothing of the kind."""
    for name in ("error", "base_resp", "errors"):
        value = answer.get(name)
        value = value[0] if isinstance(value, list) and value else value
        # MiniMax tells how it went in every answer.
        if value and isinstance(value, str | dict) and not (name == "base_resp" and _went_well(value)):
            return value
    return answer if answer.get("object") == "error" or _is_error(answer) else None


def _is_error(answer: Mapping[str, Any]) -> bool:
    """Words and no part of an answer; a code of 0 says that all went well."""
    told = any(isinstance(answer.get(name), str) and answer[name] for name in ("message", "detail", "error_msg", "msg"))
    return told and answer.get("code") not in (0, "0") and not answer.keys() & {"choices", "usage"}


def _went_well(value: str | dict[str, Any]) -> bool:
    return isinstance(value, dict) and not value.get("status_code")


def _words(error: Mapping[str, Any]) -> str:
    found = (error.get(name) for name in _WORDS)
    return ": ".join(str(word) for word in found if isinstance(word, str | list | dict) and word)
