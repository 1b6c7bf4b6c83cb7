"""The table of httpx's exceptions and what each one means for the caller.

The text of a foreign exception is never shown, because it may quote a header. The only exception is what Python's
ssl module says about a certificate, since that describes only the certificate.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import httpx

from cantomeet.errors import ErrorCode


class Cause(StrEnum):
    """Why there was no answer; `cantomeet.i18n.unreachable` has the words."""

    NAME = "name"
    REFUSED = "refused"
    NO_CONNECTION = "no_connection"
    SLOW_CONNECTION = "slow_connection"
    SILENT = "silent"
    CUT_OFF = "cut_off"
    PROXY = "proxy"
    TLS = "tls"
    CERTIFICATE = "certificate"
    ADDRESS = "address"
    REDIRECTS = "redirects"
    ENCODING = "encoding"
    OURS = "ours"


@dataclass(frozen=True)
class Failure:
    """What an exception means: `retry` tells whether a later attempt can help.

    `message` describes a certificate and is safe to show.
    """

    code: ErrorCode
    cause: Cause
    retry: bool = True
    message: str = ""


def _unreachable(cause: Cause, *, retry: bool = True) -> Failure:
    return Failure(ErrorCode.PROVIDER_UNREACHABLE, cause, retry)


_NO_CONNECTION = _unreachable(Cause.NO_CONNECTION)
_CUT_OFF = _unreachable(Cause.CUT_OFF)
_OURS = Failure(ErrorCode.INTERNAL, Cause.OURS, retry=False)

BY_EXCEPTION: dict[type[Exception], Failure] = {
    httpx.ConnectTimeout: _unreachable(Cause.SLOW_CONNECTION),
    httpx.PoolTimeout: _unreachable(Cause.SLOW_CONNECTION),
    httpx.ReadTimeout: _unreachable(Cause.SILENT),
    httpx.WriteTimeout: _unreachable(Cause.SILENT),
    httpx.TimeoutException: _unreachable(Cause.SILENT),
    httpx.ConnectError: _NO_CONNECTION,
    httpx.ReadError: _CUT_OFF,
    httpx.WriteError: _CUT_OFF,
    httpx.CloseError: _CUT_OFF,
    httpx.NetworkError: _CUT_OFF,
    httpx.RemoteProtocolError: _CUT_OFF,
    httpx.ProtocolError: _CUT_OFF,
    httpx.ProxyError: _unreachable(Cause.PROXY),
    httpx.DecodingError: Failure(ErrorCode.PROVIDER_BAD_ANSWER, Cause.ENCODING),
    httpx.UnsupportedProtocol: _unreachable(Cause.ADDRESS, retry=False),
    httpx.InvalidURL: _unreachable(Cause.ADDRESS, retry=False),
    httpx.TooManyRedirects: _unreachable(Cause.REDIRECTS, retry=False),
    httpx.LocalProtocolError: _OURS,
    httpx.CookieConflict: _OURS,
    httpx.HTTPStatusError: _OURS,
    httpx.StreamConsumed: _OURS,
    httpx.StreamClosed: _OURS,
    httpx.RequestNotRead: _OURS,
    httpx.ResponseNotRead: _OURS,
    httpx.StreamError: _OURS,
    httpx.TransportError: _NO_CONNECTION,
    httpx.RequestError: _NO_CONNECTION,
    httpx.HTTPError: _NO_CONNECTION,
}
FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""The exceptions that a client catches; they cover everything that httpx raises."""
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
"""Exceptions that are raised before the first byte of a request is sent."""


def classify_exception(error: Exception) -> Failure:
    """Classify an httpx exception, by the exceptions that caused it where those say more."""
    known = next((BY_EXCEPTION[kind] for kind in type(error).__mro__ if kind in BY_EXCEPTION), _NO_CONNECTION)
    beneath = list(_beneath(error))
    for below in beneath:
        if isinstance(below, ssl.SSLCertVerificationError):
            words = (below.verify_message or "").strip().rstrip(".")
            return Failure(ErrorCode.PROVIDER_CERTIFICATE, Cause.CERTIFICATE, retry=False, message=words)
    if not isinstance(error, httpx.ConnectError):
        return known
    return replace(known, cause=next((cause for below in beneath if (cause := _of_socket(below))), known.cause))


def was_not_sent(error: Exception) -> bool:
    """Tell whether the server certainly received nothing of the request."""
    return isinstance(error, NOT_SENT)


def _of_socket(error: BaseException) -> Cause | None:
    if isinstance(error, ssl.SSLError):
        return Cause.TLS
    if isinstance(error, socket.gaierror):
        return Cause.NAME
    return Cause.REFUSED if isinstance(error, ConnectionRefusedError) else None


def _beneath(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions that led to this one, and the members of exception groups among them."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error.__cause__, error.__context__]
    while waiting:
        below = waiting.pop(0)
        if below is None or id(below) in seen:
            continue
        seen.add(id(below))
        yield below
        parts = below.exceptions if isinstance(below, BaseExceptionGroup) else ()
        waiting += [below.__cause__, below.__context__, *parts]
