"""Shared by all HTTP providers: kinds of errors, the exception table, Retry-After, and safe server texts."""

from worker.providers.http.exceptions import (
    BY_EXCEPTION,
    FOREIGN,
    NOT_SENT,
    Cause,
    Failure,
    classify_exception,
    was_not_sent,
)
from worker.providers.http.kinds import ErrorKind, step_error
from worker.providers.http.messages import JsonObject, RequestParts
from worker.providers.http.texts import http_date, retry_after, safe_message

__all__ = [
    "BY_EXCEPTION",
    "FOREIGN",
    "NOT_SENT",
    "Cause",
    "ErrorKind",
    "Failure",
    "JsonObject",
    "RequestParts",
    "classify_exception",
    "http_date",
    "retry_after",
    "safe_message",
    "step_error",
    "was_not_sent",
]
