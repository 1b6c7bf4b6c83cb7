"""Error codes and warnings as people read them: each code has its text, parameters fill it, variants replace it."""

from __future__ import annotations

import re

import pytest

from cantomeet.errors import ErrorCode, SettingsError
from cantomeet.i18n import blanks, text
from cantomeet.i18n.reasons import REASONS
from cantomeet.i18n.settings import SETTINGS
from cantomeet.i18n.warnings import WARNINGS
from cantomeet.reasons import reason_text, warning_text

VARIANTS = [key.split(".")[1:] for key in REASONS if key.count(".") == 2]
NAMES = [key.removeprefix("setting.") for key in SETTINGS if key not in ("setting.any", "setting.proxy")]
DETAILED = [key.split(".")[1] for key in WARNINGS if key.endswith(".details")]


def test_every_error_code_has_its_text_and_no_other_reason_has() -> None:
    codes = {key.split(".")[1] for key in REASONS} - {"safe", "removed"}
    assert codes == {code.value for code in ErrorCode}
    assert {f"reason.{code.value}" for code in ErrorCode} <= REASONS.keys()


def test_a_variant_replaces_the_text_of_its_code() -> None:
    assert len(VARIANTS) == 7
    for code, name in VARIANTS:
        shown = reason_text(code, {name: True}, "en")
        assert shown != reason_text(code, {}, "en")
        assert shown != reason_text(code, {name: True}, "zh-Hant-HK")
        assert reason_text(code, {name: False}, "en") == reason_text(code, {}, "en")


def test_a_removed_recording_is_not_called_safe() -> None:
    for language in ("en", "zh-Hant-HK"):
        safe, removed = text(language, "reason.safe"), text(language, "reason.removed")
        assert reason_text("stuck", {}, language).startswith(safe)
        assert reason_text("stuck", {}, language, audio_removed=True).startswith(removed)


def test_a_code_of_a_newer_version_is_an_error() -> None:
    with pytest.raises(ValueError, match="of_a_newer_version"):
        reason_text("of_a_newer_version", {}, "en")


def test_a_missing_blank_or_a_nasty_one_does_no_harm() -> None:
    assert "?" in reason_text("provider_key_refused", {}, "en")
    assert "{x.__class__}" in reason_text("provider_rejected", {"provider": "P", "message": "{x.__class__}"}, "en")


@pytest.mark.parametrize("setting", [*NAMES, "HTTP_PROXY", "all_proxy", "A_SETTING_WITHOUT_A_RULE"])
def test_a_wrong_setting_is_named_with_what_it_must_be_in_the_readers_language(setting: str) -> None:
    error = SettingsError(f"{setting}: must not be so")
    zh, en = (reason_text(error.code, {"setting": error.setting}, language) for language in ("zh-Hant-HK", "en"))
    assert setting in zh
    assert setting in en
    assert "must" not in zh
    assert "?" not in zh + en
    assert re.search("[一-鿿]", en) is None


def test_an_error_that_names_no_setting_has_none() -> None:
    assert SettingsError("nothing was sent").setting == ""
    assert SettingsError("CANTOMEET_LLM_BUDGET needs CANTOMEET_LLM_PRICE_IN").setting == "CANTOMEET_LLM_BUDGET"


def test_a_warning_of_a_newer_version_is_shown_as_it_is() -> None:
    assert warning_text("no_speech", "en").startswith("No speech")
    assert warning_text("of_a_newer_version", "en") == "of_a_newer_version"


def test_a_warning_with_details_has_a_text_without_them_too() -> None:
    """Meetings of earlier versions have none."""
    details = {"at": 75.4, "seconds": 3, "places": [[1.0, 2.5], [4000, 3]], "count": 2, "kilobytes": 9}
    assert len(DETAILED) == 4
    for code in DETAILED:
        assert blanks(f"warning.{code}.details")
        assert warning_text(code, "en") != warning_text(code, "en", details)
        assert "?" not in warning_text(code, "en", details) + warning_text(code, "zh-Hant-HK", details)
    assert "0:01 (2.5 s), 1:06:40 (3 s)" in warning_text("sound_missing", "en", details)
    assert "0:01 起 2.5 秒、1:06:40 起 3 秒" in warning_text("sound_missing", "zh-Hant-HK", details)
