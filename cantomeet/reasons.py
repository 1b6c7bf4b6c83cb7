"""Texts for error codes and warnings, made from stored codes and parameters."""

from __future__ import annotations

from collections.abc import Mapping

from cantomeet.errors import ErrorCode
from cantomeet.i18n import blanks, has_text, text
from cantomeet.stored_json import WarningDetails


def reason_text(code: str, params: Mapping[str, object], language: str, *, audio_removed: bool = False) -> str:
    """The text for an error code, in `language` ("en", else Hong Kong Chinese).

    A parameter that is true and names a variant of the code (`reason.<code>.<variant>`) chooses that variant. A
    missing parameter is shown as "?". With `audio_removed` the text does not say that the recording is safe.

    Raises `ValueError` for a code that this version does not know.
    """
    code = ErrorCode(code)
    shown: dict[str, object] = {**params, "safe": text(language, "reason.removed" if audio_removed else "reason.safe")}
    if "found" in params:
        shown["found"] = found_text(str(params["found"]), language)
    if code == ErrorCode.PROVIDER_UNREACHABLE:
        shown["cause"] = cause_text(str(params.get("cause", "")), language)
    if code == ErrorCode.WRONG_SETTING:
        shown["rule"] = setting_rule(str(params.get("setting", "")), language)
    return _filled(_key_of(code, params), shown, language)


def warning_text(code: str, language: str, details: WarningDetails | None = None) -> str:
    """The text for a warning code. An unknown code, from a newer version, is shown as it is.

    `details` come from `Meeting.warning_details`; meetings of earlier versions have none.
    """
    key = f"warning.{code}.details" if details else f"warning.{code}"
    return _filled(key, _shown_details(details or {}, language), language) if has_text(key) else code


def written_label(name: str, language: str) -> str:
    """The label of the written view, to be shown wherever the view is; `name` is the model's, if known."""
    return text(language, "piece.written_label", by=_bracketed(name, language))


def found_text(code: str, language: str) -> str:
    """What a refused file was found to be; what is no code of `sniffing` is shown as it is."""
    key = f"found.{code}"
    return text(language, key) if has_text(key) else code


def setting_rule(setting: str, language: str) -> str:
    """What the setting must be, in a few words."""
    if setting.lower() in ("http_proxy", "https_proxy", "all_proxy"):
        return text(language, "setting.proxy")
    key = f"setting.{setting}"
    return text(language, key if has_text(key) else "setting.any")


def cause_text(cause: str, language: str) -> str:
    """Why a provider could not be reached, in brackets; empty for an unknown cause.

    Reasons that earlier versions stored have no cause.
    """
    key = f"unreachable.{cause}"
    return _bracketed(text(language, key) if has_text(key) else "", language)


def _key_of(code: ErrorCode, params: Mapping[str, object]) -> str:
    variants = (f"reason.{code.value}.{name}" for name, value in params.items() if value)
    return next(filter(has_text, variants), f"reason.{code.value}")


def _filled(key: str, params: Mapping[str, object], language: str) -> str:
    return text(language, key, **{name: params.get(name, "?") for name in blanks(key)})


def _bracketed(words: str, language: str) -> str:
    return text(language, "piece.bracketed", text=words) if words else ""


def _shown_details(details: WarningDetails, language: str) -> dict[str, object]:
    shown: dict[str, object] = {**details}
    if "at" in details:
        shown["at"] = _clock(details["at"])
    if "places" in details:
        places = [
            text(language, "warning.place", at=_clock(at), seconds=f"{seconds:g}") for at, seconds in details["places"]
        ]
        shown["places"] = text(language, "piece.comma").join(places)
    return shown


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
