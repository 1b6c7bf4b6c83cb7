"""Errors as RFC 9457 problem documents, in the reader's language.

A problem has `type`, `title` (of the status), `status`, `detail` (for people), `code` (an `ErrorCode` of
`cantomeet.errors`) and the error's own parameters (`limit_mb`, `reference`, ...). For invalid input it also has `field`
and `errors: [{field, detail}]`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from cantomeet.atomic import NO_ROOM
from cantomeet.database import OUTAGES, outage_name, refuses_writes
from cantomeet.errors import CantoMeetError, ErrorCode, InvalidRequest, RequestError, StorageFull
from cantomeet.i18n import EN, ZH
from cantomeet.reasons import reason_text

MEDIA_TYPE = "application/problem+json"
MOST_NAMED = 20
"""Limit on the invalid fields that one response names."""
_log = logging.getLogger(__name__)
_CODES = {404: ErrorCode.UNKNOWN_ROUTE, 405: ErrorCode.METHOD_NOT_ALLOWED}


class Refused(RequestError):
    """A malformed request, refused before any meeting is read."""

    def __init__(self, status: int, code: ErrorCode, **params: str | int | float) -> None:
        super().__init__("", code=code, **params)
        self.status = status


def preferred_language(accept: str | None, default: str) -> str:
    """ "zh-Hant-HK" or "en", whichever an Accept-Language header prefers. `default` if it names neither."""
    ranked = sorted(_ranges(accept or ""), key=lambda found: -found[1])
    for tag, quality in ranked:
        if quality > 0 and tag.split("-")[0] in ("zh", "yue", "en"):
            return EN if tag.startswith("en") else ZH
    return default


def _ranges(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept[:500].split(","):
        tag, _, weight = part.strip().lower().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        found.append((tag.strip(), quality))
    return found


E = TypeVar("E", bound=Exception)


def problem(
    status: int,
    code: ErrorCode,
    language: str,
    params: Mapping[str, str | int | float] | None = None,
    *,
    variant: str = "",
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document for `code`. `variant` selects a variant of the reason's text."""
    shown = dict(params or {})
    body: dict[str, object] = {
        **shown,
        "type": f"urn:cantomeet:problem:{code.value}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": reason_text(code, {**shown, variant: True}, language),
        "code": code.value,
    }
    if errors:
        body["errors"] = errors
    told = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(body, status, headers=told, media_type=MEDIA_TYPE)


def problem_response(error: CantoMeetError, language: str) -> Response:
    """The response to a `CantoMeetError`. One that no client can fix gets the response of an unexpected error."""
    if not isinstance(error, RequestError | StorageFull):
        return unexpected_response(error, language)
    errors = None
    if isinstance(error, InvalidRequest):
        errors = [{"field": field, "detail": told} for field, told in ((error.field, error.detail), *error.also)]
    return problem(error.status, error.code, language, error.params, errors=errors)


def unexpected_response(error: Exception, language: str) -> Response:
    """500 with a reference. Only the log has the details, under that reference."""
    reference = uuid4().hex[:8]
    _log.error("a request failed (%s)", reference, exc_info=error)
    return problem(500, ErrorCode.REQUEST_FAILED, language, {"reference": reference})


def validation_response(error: RequestValidationError, language: str) -> Response:
    """422 that names the first invalid fields. It does not repeat their values."""
    wrong = error.errors()[:MOST_NAMED]
    errors = [{"field": _field(found["loc"]), "detail": str(found["msg"])[:200]} for found in wrong]
    return problem(422, ErrorCode.INVALID_REQUEST, language, {"field": errors[0]["field"]}, errors=errors)


def _field(location: tuple[str | int, ...]) -> str:
    names = [str(part) for part in location[1:] if isinstance(part, str)]
    return (".".join(names) or str(location[0]))[:200]


def install(app: FastAPI, default_language: str) -> None:
    """Make `app` answer every error with a problem document."""

    def language_of(request: Request) -> str:
        return preferred_language(request.headers.get("accept-language"), default_language)

    def handle(kind: type[E], answer: Callable[[E, Request, str], Response]) -> None:
        async def handler(request: Request, error: Exception) -> Response:
            assert isinstance(error, kind), "only what it is installed for"
            return answer(error, request, language_of(request))

        app.add_exception_handler(kind, handler)

    def database(error: DBAPIError | PoolTimeout, request: Request, language: str) -> Response:
        return database_response(error, language, "upload" if _is_upload(request) else "request")

    def disk(error: OSError, request: Request, language: str) -> Response:
        answer = disk_response if _is_upload(request) else unexpected_response
        return answer(error, language)

    handle(CantoMeetError, lambda error, _, language: problem_response(error, language))
    handle(RequestValidationError, lambda error, _, language: validation_response(error, language))
    handle(HTTPException, lambda error, _, language: _http_response(error, language))
    handle(DBAPIError, database)
    handle(PoolTimeout, database)
    handle(OSError, disk)
    handle(Exception, lambda error, _, language: unexpected_response(error, language))


def _http_response(error: HTTPException, language: str) -> Response:
    code = _CODES.get(error.status_code, ErrorCode.INVALID_REQUEST)
    params = {"field": "body"} if code is ErrorCode.INVALID_REQUEST else {}
    return problem(error.status_code, code, language, params, headers=error.headers)


def database_response(error: DBAPIError | PoolTimeout, language: str, variant: str) -> Response:
    """503 with Retry-After. If the database did not answer, it is unknown what was written, so no text says "saved"."""
    if isinstance(error, DBAPIError) and refuses_writes(error):
        _log.error("the database takes no writes: %s", error.orig)
        return problem(503, ErrorCode.DATABASE_READ_ONLY, language, variant=variant, headers={"Retry-After": "30"})
    if not isinstance(error, OUTAGES):
        return unexpected_response(error, language)
    _log.warning("the database did not answer a request: %s", outage_name(error))
    return problem(503, ErrorCode.DATABASE_BUSY, language, variant=variant, headers={"Retry-After": "2"})


def disk_response(error: OSError, language: str) -> Response:
    """507 if the recordings' disk is full or read-only."""
    if isinstance(error, ConnectionError | TimeoutError):
        return unexpected_response(error, language)
    _log.error("the recordings' disk could not be written to: %s", error.strerror)
    variant = "" if error.errno in NO_ROOM else "unwritable"
    return problem(507, ErrorCode.STORAGE_FULL, language, variant=variant)


def _is_upload(request: Request) -> bool:
    return request.url.path.startswith(("/meetings/upload", "/api/uploads"))
