"""The endpoint's address, key and model, validated before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from cantomeet.errors import SettingsError
from cantomeet.settings import openai_url_problem
from worker.providers.llm.errors import KEY_SETTING, MODEL_SETTING, URL_SETTING

DEFAULT_BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Endpoint:
    """The endpoint that summaries are requested from. Raises `SettingsError` that names the setting."""

    model: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.model.strip() or not self.model.isprintable():
            raise SettingsError(f"{MODEL_SETTING}: must name a model, on one line")
        if self.api_key is not None and not re.fullmatch(r"[\x21-\x7e]+", self.api_key):
            raise SettingsError(f"{KEY_SETTING}: must be one line of visible ASCII characters")
        if self.base_url is not None:
            _check_url(self.base_url)

    @property
    def url(self) -> str:
        return (self.base_url or DEFAULT_BASE_URL).rstrip("/")

    @property
    def provider(self) -> str:
        """The host that the text is sent to; people see this name."""
        return httpx.URL(self.url).netloc.decode("ascii")

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.api_key,) if self.api_key else ()


def _check_url(url: str) -> None:
    problem = openai_url_problem(url)
    if problem is not None:
        raise SettingsError(f"{URL_SETTING}: {problem}")
