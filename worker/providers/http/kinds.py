"""Kinds of errors, into which each provider classifies its responses."""

from __future__ import annotations

from dataclasses import dataclass

from cantomeet.errors import ErrorCode, PermanentError, StepError, TransientError


@dataclass(frozen=True)
class ErrorKind:
    """An error's code, whether a retry can help, and the setting that a person would correct."""

    code: ErrorCode
    retry: bool
    setting: str | None = None


def step_error(
    kind: ErrorKind,
    detail: str,
    provider: str,
    *,
    message: str = "",
    retry_after: float | None = None,
    cause: str = "",
    variant: str = "",
) -> StepError:
    """Build the pipeline's error.

    `detail` is for the operator's log. `message`, the provider's words made safe, is for people. `cause` is one of
    `worker.providers.http.Cause`, `variant` one of `cantomeet.i18n.reasons`.
    """
    params: dict[str, str | int | float] = {"provider": provider, "message": message or "—"}
    if variant:
        params[variant] = 1
    if cause:
        params["cause"] = cause
    if kind.setting is not None:
        params["setting"] = kind.setting
    if kind.code is ErrorCode.INTERNAL:
        params["reference"] = detail
    if kind.retry:
        return TransientError(detail, code=kind.code, retry_after=retry_after, **params)
    return PermanentError(detail, code=kind.code, **params)
