"""Kinds of errors, into which each provider classifies its responses."""

from __future__ import annotations

from dataclasses import dataclass

from cantomeet.errors import ErrorCode


@dataclass(frozen=True)
class ErrorKind:
    """An error's code, whether a retry can help, and the setting that a person would correct."""

    code: ErrorCode
    retry: bool
    setting: str | None = None
