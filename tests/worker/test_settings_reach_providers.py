"""What the settings let pass, the providers take: else each job would die of it before its meeting could say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from cantomeet.errors import SettingsError
from cantomeet.settings import load_settings
from worker import runtime

PLACES = {
    "SPEECHMATICS_BASE_URL": "{}",
    "CANTOMEET_PUBLIC_URL": "{}",
    "OPENAI_BASE_URL": "{}/v1",
}
SOUND = ["https://asr.example.com", "http://127.0.0.1:3000", "http://[::1]:3000/", "HTTPS://A_B.EXAMPLE.COM"]
ODD = [
    *("meetings.example.com", "//a.b", "ftp://a.b", "http:a.b", "https:/a.b", "http://", "http:///x", "https://?x"),
    *("https://u:p@a.b", "https://a.b?x=1", "https://a.b#x", "https://a.b/sub", "https://a b", "https://a.b\n", "a\tb"),
    *("https://[::1", "https://]", "https://a.b:99999", "https://a.b:x", "https://a.b:", "https://a.b\\c"),
    *(
        "https://%41.b",
        "https://*.b",
        "https://a,b",
        "https://a..b",
        "https://-a.b",
        "https://例.hk",
        "https://1.2.3.4.5",
    ),
]


@pytest.fixture(autouse=True)
def everything_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    whole = {
        "CANTOMEET_DATA_DIR": str(tmp_path / "data"),
        "SPEECHMATICS_API_KEY": "key",
        "CANTOMEET_PUBLIC_URL": "https://meetings.example.com",
        "CANTOMEET_WEBHOOK_SECRET": "secret",
        "OPENAI_MODEL": "model",
        "OPENAI_API_KEY": "key",
    }
    for name, value in whole.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("address", SOUND)
def test_a_sound_address_reaches_its_provider(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, PLACES[name].format(address.rstrip("/")))
    assert runtime.build(load_settings()).remotes.keys() == {"speechmatics"}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("address", ODD)
def test_an_odd_address_is_refused_at_once_or_taken(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, PLACES[name].format(address))
    refused, settings = None, None
    try:
        settings = load_settings()
    except SettingsError as error:
        refused = error.setting
    if settings is not None:
        runtime.build(settings)
    assert refused in (None, name)


def test_how_soon_a_job_is_looked_at_reaches_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtime.build(load_settings()).first_look == 0.5
    monkeypatch.setenv("CANTOMEET_FIRST_LOOK_SECONDS", "3")
    assert runtime.build(load_settings()).first_look == 3.0
    monkeypatch.setenv("CANTOMEET_FIRST_LOOK_SECONDS", "0")
    with pytest.raises(SettingsError):
        load_settings()
