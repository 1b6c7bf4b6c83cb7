"""Every code has its text, in both languages, with the same blanks; every status its place in the table."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from cantomeet.errors import ErrorCode, SettingsError
from cantomeet.lifecycle import ACTIVE, TRANSITIONS, MeetingStatus, Stage, may_become, status_to_resume
from cantomeet.reasons import REASONS, SETTING_RULES, VARIANTS, WARNING_DETAILS, WARNINGS, reason_text, warning_text


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_error_code_has_its_text() -> None:
    assert set(REASONS) == set(ErrorCode)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_both_languages_have_the_same_blanks(code: ErrorCode) -> None:
    zh, en = REASONS[code]
    assert blanks(zh) == blanks(en)


def test_a_variant_is_of_a_code_and_speaks_both_languages_with_its_blanks() -> None:
    for (code, name), (zh, en) in VARIANTS.items():
        assert blanks(zh) == blanks(en)
        assert reason_text(code, {name: True}, "en") == en != reason_text(code, {}, "en")
        assert reason_text(code, {name: True}, "zh-Hant-HK") == zh


def test_a_missing_blank_or_a_nasty_one_does_no_harm() -> None:
    assert "?" in reason_text("provider_key_refused", {}, "en")
    assert "{x.__class__}" in reason_text("provider_rejected", {"provider": "P", "message": "{x.__class__}"}, "en")


@pytest.mark.parametrize("setting", [*SETTING_RULES, "A_SETTING_WITHOUT_A_RULE"])
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


def test_warnings_speak_both_languages_and_an_unknown_one_is_shown_as_it_is() -> None:
    assert all(zh != en for zh, en in WARNINGS.values())
    assert warning_text("no_speech", "en").startswith("No speech")
    assert warning_text("of_a_newer_version", "en") == "of_a_newer_version"


def test_a_warning_with_details_has_a_text_without_them_too() -> None:
    """Meetings of earlier versions have none."""
    assert WARNING_DETAILS.keys() <= WARNINGS.keys()
    for code, (zh, en) in WARNING_DETAILS.items():
        assert blanks(zh) == blanks(en) != set()
        assert "?" not in warning_text(code, "en") + warning_text(code, "zh-Hant-HK")


def test_the_table_knows_every_status() -> None:
    assert set(TRANSITIONS) == set(MeetingStatus)


@pytest.mark.parametrize("old", sorted(ACTIVE))
def test_what_runs_can_fail(old: MeetingStatus) -> None:
    assert may_become(old, MeetingStatus.FAILED)


def test_nothing_goes_back_to_uploaded_but_a_failed_one() -> None:
    assert [s for s in MeetingStatus if s != "UPLOADED" and may_become(s, MeetingStatus.UPLOADED)] == ["FAILED"]


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_can_be_resumed_from_failed(stage: Stage) -> None:
    assert may_become(MeetingStatus.FAILED, status_to_resume(stage))
