"""Settings refuse what is unsafe and name what to mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantomeet import machine
from cantomeet.errors import SettingsError
from cantomeet.settings import Settings, load_settings, on_this_machine, socket_path


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        for name in field.validation_alias.choices:  # type: ignore[union-attr]  # all are AliasChoices
            monkeypatch.delenv(str(name), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CANTOMEET_HOST", "0.0.0.0", "no accounts"),
        ("CANTOMEET_PORT", "99999", "CANTOMEET_PORT"),
        ("SPEECHMATICS_API_KEY", "two\nlines", "one line"),
        ("SPEECHMATICS_API_KEY", "trailing\n", "SPEECHMATICS_API_KEY"),
        ("OPENAI_API_KEY", "two\r\nlines", "OPENAI_API_KEY"),
        ("CANTOMEET_WEBHOOK_SECRET", "with space", "CANTOMEET_WEBHOOK_SECRET"),
        ("SPEECHMATICS_BASE_URL", "https://example.com/v2", "scheme and host"),
        ("SPEECHMATICS_BASE_URL", "https://eu1.asr\n.api.speechmatics.com", "SPEECHMATICS_BASE_URL"),
        ("SPEECHMATICS_BASE_URL", "eu1.asr.api.speechmatics.com", "http or https"),
        ("CANTOMEET_PUBLIC_URL", "meetings.example.com", "http or https"),
        ("CANTOMEET_PUBLIC_URL", "https://me:secret@meetings.example.com", "plain address"),
        ("CANTOMEET_TRANSCRIBER", "speechmatics", "SPEECHMATICS_API_KEY"),
        ("CANTOMEET_SUMMARIZER", "llm", "OPENAI_MODEL"),
        ("CANTOMEET_MAX_UPLOAD_MB", "0", "CANTOMEET_MAX_UPLOAD_MB"),
        ("CANTOMEET_MAX_HOURS", "0", "CANTOMEET_MAX_HOURS"),
        ("CANTOMEET_MAX_HOURS", "38", "CANTOMEET_MAX_HOURS"),
        ("CANTOMEET_MAX_HOURS", "nan", "CANTOMEET_MAX_HOURS"),
        ("OPENAI_BASE_URL", "http://localhost:11434", "must end in /v1"),
        ("OPENAI_BASE_URL", "localhost:11434/v1", "http or https"),
        ("OPENAI_BASE_URL", "http://localhost/v1/chat/completions", "added by the client"),
        ("OPENAI_BASE_URL", "http://me:secret@localhost/v1", "plain address"),
        ("OPENAI_MODEL", "two\nlines", "OPENAI_MODEL"),
        ("CANTOMEET_LLM_PRICE_IN", "1", "set both"),
        ("CANTOMEET_LLM_PRICE_OUT", "-1", "CANTOMEET_LLM_PRICE_OUT"),
        ("CANTOMEET_LLM_BUDGET", "1", "CANTOMEET_LLM_PRICE_IN"),
        ("CANTOMEET_LLM_BUDGET", "nan", "CANTOMEET_LLM_BUDGET"),
        ("CANTOMEET_LLM_MAX_TOKENS", "100", "CANTOMEET_LLM_MAX_TOKENS"),
        ("CANTOMEET_WORKERS", "0", "must be auto, or a number from 1 to 32"),
        ("CANTOMEET_WORKERS", "-1", "CANTOMEET_WORKERS"),
        ("CANTOMEET_WORKERS", "33", "CANTOMEET_WORKERS"),
        ("CANTOMEET_WORKERS", "10,000", "CANTOMEET_WORKERS"),
        ("CANTOMEET_WORKERS", "many", "CANTOMEET_WORKERS"),
        ("CANTOMEET_SUMMARY_LANGUAGE", "fr", "CANTOMEET_SUMMARY_LANGUAGE"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_refused_key_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHMATICS_API_KEY", "secret-part\nrest")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "secret-part" not in str(refused.value)


def test_auto_takes_the_provider_only_where_its_key_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load_settings().chosen_transcriber, load_settings().chosen_summarizer) == ("whisper", "extractive")
    monkeypatch.setenv("SPEECHMATICS_API_KEY", "key")
    assert load_settings().chosen_transcriber == "speechmatics"


def test_a_stray_llm_key_sends_nothing_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    assert load_settings().chosen_summarizer == "extractive"
    monkeypatch.setenv("OPENAI_MODEL", "some-model")
    assert load_settings().chosen_summarizer == "llm"


def test_the_machine_decides_how_many_workers_there_are_unless_somebody_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 8)
    monkeypatch.setattr(machine, "memory", lambda: 16 * 1024**3)
    assert load_settings().effective_workers == 4
    monkeypatch.setenv("CANTOMEET_WORKERS", "auto")
    assert load_settings().effective_workers == 4
    monkeypatch.setenv("CANTOMEET_WORKERS", "32")
    assert load_settings().effective_workers == 32


def test_keys_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHMATICS_API_KEY", "do-not-show")
    assert "do-not-show" not in repr(load_settings())


def test_a_long_data_folder_gets_a_short_socket(tmp_path: Path) -> None:
    assert len(str(socket_path(tmp_path / ("x" * 120)))) <= 100
    assert socket_path(Path("/d")) == Path("/d/redis.sock")


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.0.0.1:9105", True),
        ("http://[::1]:80", True),
        ("https://eu1.asr.api.speechmatics.com", False),
        ("http://192.168.1.5:8080", False),
        ("http://localhost.example.com", False),
        ("OpenAI", False),
    ],
)
def test_only_a_loopback_address_counts_as_this_machine(url: str, here: bool) -> None:
    assert on_this_machine(url) is here
