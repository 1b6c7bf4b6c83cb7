"""The upload page says where sound and text go."""

from __future__ import annotations

import pytest

from cantomeet.i18n import EN, ZH
from cantomeet.settings import Settings
from cantomeet_ui.presenters import upload


def chosen(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type, call-arg]  # pydantic-settings takes it


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "SPEECHMATICS_API_KEY",
        "OPENAI_API_KEY",
        "OPENAI_MODEL",
        "OPENAI_BASE_URL",
        "CANTOMEET_WHISPER_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("language", "stays"), [(ZH, "留在這部機"), (EN, "stays on this machine")])
def test_without_keys_nothing_leaves_the_machine_and_the_page_warns_of_the_small_model(
    language: str, stays: str
) -> None:
    settings = chosen()
    assert stays in upload.way(settings, language)
    assert "Whisper base" in upload.way(settings, language)
    assert "SPEECHMATICS_API_KEY" in upload.worth(settings, language)


@pytest.mark.parametrize("language", [ZH, EN])
def test_hosts_that_get_the_sound_or_the_text_are_named(language: str) -> None:
    settings = chosen(
        SPEECHMATICS_API_KEY="k",
        SPEECHMATICS_BASE_URL="https://us1.asr.api.speechmatics.com",
        OPENAI_BASE_URL="http://llm.example:8080/v1",
        OPENAI_MODEL="qwen3",
    )
    said = upload.way(settings, language)
    assert "us1.asr.api.speechmatics.com" in said
    assert "llm.example" in said
    assert upload.worth(settings, language) == ""


def test_a_key_without_a_model_is_not_named_as_a_recipient_of_the_text() -> None:
    assert "OpenAI" not in upload.way(chosen(OPENAI_API_KEY="k"), EN)


def test_only_the_name_of_a_models_folder_is_shown() -> None:
    said = upload.way(chosen(CANTOMEET_WHISPER_MODEL="/srv/private/large-v3"), EN)
    assert "large-v3" in said
    assert "private" not in said
    assert "does not tell speakers apart" in upload.worth(chosen(CANTOMEET_WHISPER_MODEL="/srv/private/large-v3"), EN)
