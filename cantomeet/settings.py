"""Settings, read once at the edge of each process, from the environment and `.env`."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import socket
import tempfile
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, HttpUrl, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cantomeet import machine
from cantomeet.errors import SettingsError
from cantomeet.pacing import FIRST_PAUSE, LONGEST_PAUSE
from cantomeet.templates import SummaryLanguage

_LONGEST_SOCKET_PATH = 100
"""Bytes; the system's limit is 107."""
_LLM_AT_ONCE = 10
"""Requests to a language model elsewhere. 20 meetings at 2 s an answer are then done in two rounds."""
_MOST_WORKERS = 32
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")
_VERSION = re.compile(r"v\d+\w*")


def socket_path(data_dir: Path) -> Path:
    """The embedded Redis's socket: in the data folder or, if that path is too long, in a short folder of ours.

    Raises `PermissionError` if that short folder belongs to another user.
    """
    path = data_dir.absolute() / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"cantomeet-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder / f"{short}.sock"


def _url_problem(url: str) -> str | None:
    """What is wrong with an address to which paths are added; None if nothing is."""
    # `urlsplit` quietly drops line breaks, which a request would then break at.
    if any(ord(c) < 33 or ord(c) > 126 for c in url):
        return "must be one line of visible ASCII characters"
    try:
        TypeAdapter(HttpUrl).validate_python(url)
        parts = urlsplit(url)
    except ValueError:
        return "must be a http or https address, e.g. https://meetings.example.com"
    if parts.username is not None or parts.query or parts.fragment or not _HOST.fullmatch(parts.hostname or ""):
        return "must be a plain address: a host without a user, a password or a query"
    return None


def openai_url_problem(url: str) -> str | None:
    """What is wrong with a base URL of an OpenAI-compatible endpoint; None if nothing is.

    One without a version is refused and not completed, because only its operator knows which paths a server has.
    """
    problem = _url_problem(url)
    if problem is not None:
        return f"{problem}; it ends in /v1"
    parts = urlsplit(url)
    if parts.path.rstrip("/").endswith("/chat/completions"):
        return "must end in /v1; /chat/completions is added by the client"
    if not any(_VERSION.fullmatch(segment) for segment in parts.path.split("/")):
        return "must end in /v1, e.g. http://127.0.0.1:8000/v1"
    return None


def on_this_machine(url: str) -> bool:
    """Whether requests to `url` stay on this machine."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        return host == "localhost" or host.endswith(".localhost") or _is_own(_address(host))
    except (ValueError, OSError):
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Also accepts short forms of IPv4 (127.1), which connect as the full ones do. Raises `ValueError` or `OSError`."""
    if ":" not in host:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    address = ipaddress.IPv6Address(host)
    return address.ipv4_mapped or address


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # The unspecified address (0.0.0.0) connects to this machine.
    return address.is_loopback or address.is_unspecified


def _env(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """Every setting with its default. A test compares docs/settings.md with this class."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, frozen=True
    )

    data_dir: Path = Field(Path("data"), validation_alias=_env("CANTOMEET_DATA_DIR"))
    """Recordings, the SQLite database, the embedded Redis and the recogniser's weights."""
    host: str = Field("127.0.0.1", validation_alias=_env("CANTOMEET_HOST"))
    port: int = Field(3000, ge=1, le=65535, validation_alias=_env("CANTOMEET_PORT"))
    public_url: str | None = Field(None, validation_alias=_env("CANTOMEET_PUBLIC_URL"))
    """Where the provider's webhook reaches this installation; unset: no webhook is requested."""
    webhook_secret: SecretStr | None = Field(None, validation_alias=_env("CANTOMEET_WEBHOOK_SECRET"))

    redis_url: str | None = Field(None, validation_alias=_env("REDIS_URL"))
    """Unset: an embedded server on a unix socket in the data folder."""
    database_url: str | None = Field(None, validation_alias=_env("DATABASE_URL"))
    """Unset: SQLite in the data folder. `postgresql+psycopg://...` for many machines."""

    speechmatics_api_key: SecretStr | None = Field(None, validation_alias=_env("SPEECHMATICS_API_KEY"))
    speechmatics_base_url: str = Field(
        "https://eu1.asr.api.speechmatics.com", validation_alias=_env("SPEECHMATICS_BASE_URL")
    )
    openai_api_key: SecretStr | None = Field(None, validation_alias=_env("OPENAI_API_KEY"))
    openai_base_url: str | None = Field(None, validation_alias=_env("OPENAI_BASE_URL"))
    openai_model: str | None = Field(None, validation_alias=_env("OPENAI_MODEL"))
    """No default, so that confidential minutes never leave because of a stray key."""

    llm_price_in: float | None = Field(None, ge=0, allow_inf_nan=False, validation_alias=_env("CANTOMEET_LLM_PRICE_IN"))
    llm_price_out: float | None = Field(
        None, ge=0, allow_inf_nan=False, validation_alias=_env("CANTOMEET_LLM_PRICE_OUT")
    )
    """Prices of a million tokens sent and received, in any one currency; without them no cost is shown."""
    llm_budget: float | None = Field(None, gt=0, allow_inf_nan=False, validation_alias=_env("CANTOMEET_LLM_BUDGET"))
    """The most that one meeting's summary may cost, in the currency of the prices. It stops before that."""
    llm_max_tokens: int = Field(4000, ge=256, le=1_000_000, validation_alias=_env("CANTOMEET_LLM_MAX_TOKENS"))
    """Limit on one answer; a model's thoughts count too, unless its endpoint counts them separately."""

    workers: Literal["auto"] | int = Field("auto", validation_alias=_env("CANTOMEET_WORKERS"))
    """Processes that do short steps; `auto`: see `effective_workers`."""
    llm_at_once: int | None = Field(None, ge=1, le=64, validation_alias=_env("CANTOMEET_LLM_AT_ONCE"))
    """Meetings that may wait for the language model side by side; unset: see `effective_llm_at_once`."""

    transcriber: Literal["auto", "speechmatics", "whisper"] = Field(
        "auto", validation_alias=_env("CANTOMEET_TRANSCRIBER")
    )
    summarizer: Literal["auto", "llm", "extractive"] = Field("auto", validation_alias=_env("CANTOMEET_SUMMARIZER"))
    summary_language: SummaryLanguage = Field("zh-Hant-HK", validation_alias=_env("CANTOMEET_SUMMARY_LANGUAGE"))
    """The language of summaries, unless a meeting has another."""
    template: str = Field("general", min_length=1, max_length=64, validation_alias=_env("CANTOMEET_TEMPLATE"))
    """Id of the template of summaries, unless a meeting has another."""
    whisper_model: str | None = Field(None, validation_alias=_env("CANTOMEET_WHISPER_MODEL"))
    """A folder or a faster-whisper model name; unset: the packaged Whisper base."""
    whisper_threads: int = Field(2, ge=1, le=64, validation_alias=_env("CANTOMEET_WHISPER_THREADS"))
    whisper_piece_seconds: int = Field(120, ge=10, le=600, validation_alias=_env("CANTOMEET_WHISPER_PIECE_SECONDS"))
    """Longest piece of a recording that is recognised in one step, and so the most that is repeated after a crash."""
    max_upload_mb: int = Field(2048, ge=1, validation_alias=_env("CANTOMEET_MAX_UPLOAD_MB"))
    """Largest accepted recording in MiB."""
    max_hours: float = Field(24.0, gt=0, le=37, allow_inf_nan=False, validation_alias=_env("CANTOMEET_MAX_HOURS"))
    """Longest recording that is transcribed, silence in its gaps included. A WAV cannot count more than 37."""
    keep_audio_days: int | None = Field(None, ge=1, validation_alias=_env("CANTOMEET_KEEP_AUDIO_DAYS"))
    """Recordings of meetings at rest are deleted after this; unset: never. Transcript and summary stay."""
    keep_meetings_days: int | None = Field(None, ge=1, validation_alias=_env("CANTOMEET_KEEP_MEETINGS_DAYS"))
    """Meetings at rest are deleted after this, with all that belongs to them; unset: never."""
    delete_at_provider: bool = Field(True, validation_alias=_env("CANTOMEET_DELETE_AT_PROVIDER"))
    """The provider's copy is deleted once the transcript is saved, or the job was rejected."""
    provider_lag_seconds: float = Field(90.0, ge=0, le=3600, validation_alias=_env("CANTOMEET_PROVIDER_LAG_SECONDS"))
    """How far a provider's list of jobs may lag; a lost submission is searched for that long."""
    first_look_seconds: float = Field(
        FIRST_PAUSE, ge=0.1, le=LONGEST_PAUSE, validation_alias=_env("CANTOMEET_FIRST_LOOK_SECONDS")
    )
    """The shortest pause before a look at a job at the provider; `cantomeet.pacing` makes it longer where many wait."""
    speechmatics_model: Literal["standard", "enhanced"] = Field(
        "enhanced", validation_alias=_env("CANTOMEET_SPEECHMATICS_MODEL")
    )
    language: Literal["zh-Hant-HK", "en"] = Field("zh-Hant-HK", validation_alias=_env("CANTOMEET_LANGUAGE"))
    """The language of stored reasons, and of pages until a person chooses one."""

    @field_validator("host")
    @classmethod
    def _only_this_machine(cls, host: str) -> str:
        if host not in ("127.0.0.1", "localhost"):
            raise ValueError(
                "only 127.0.0.1 is served for now: there are no accounts yet, "
                "so anybody who reaches the port could read every meeting"
            )
        return "127.0.0.1"

    @field_validator("workers", mode="before")
    @classmethod
    def _auto_or_some(cls, workers: object) -> object:
        told = str(workers)
        if told != "auto" and not (re.fullmatch(r"\d{1,2}", told, re.ASCII) and 1 <= int(told) <= _MOST_WORKERS):
            raise ValueError(f"must be auto, or a number from 1 to {_MOST_WORKERS}")
        return workers

    @field_validator("speechmatics_api_key", "openai_api_key", "webhook_secret")
    @classmethod
    def _one_line(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and any(ord(c) < 33 or ord(c) > 126 for c in key.get_secret_value()):
            raise ValueError("must be one line of visible ASCII characters")
        return key

    @field_validator("openai_model")
    @classmethod
    def _a_name(cls, model: str | None) -> str | None:
        if model is not None and not (model.strip() and model.isprintable()):
            raise ValueError("must name a model, on one line")
        return model

    @field_validator("openai_base_url")
    @classmethod
    def _ends_in_a_version(cls, url: str | None) -> str | None:
        problem = None if url is None else openai_url_problem(url)
        if problem is not None:
            raise ValueError(problem)
        return url

    @field_validator("speechmatics_base_url", "public_url")
    @classmethod
    def _plain(cls, url: str | None) -> str | None:
        problem = None if url is None else _url_problem(url)
        if problem is not None:
            raise ValueError(problem)
        return None if url is None else url.rstrip("/")

    @field_validator("speechmatics_base_url")
    @classmethod
    def _scheme_and_host(cls, url: str) -> str:
        if urlsplit(url).path.strip("/"):
            raise ValueError("must be scheme and host only; /v2 is added by the client")
        return url

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'cantomeet.db'}"

    @property
    def effective_redis_url(self) -> str:
        """`REDIS_URL`, or the embedded server's socket."""
        return self.redis_url or self._embedded_redis_url

    @property
    def redis_is_embedded(self) -> bool:
        """Whether Redis is the launcher's own, whose address its children find in `REDIS_URL`."""
        return self.effective_redis_url == self._embedded_redis_url

    @property
    def _embedded_redis_url(self) -> str:
        return f"unix://{socket_path(self.data_dir)}?db=0"

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024

    @property
    def longest_seconds(self) -> float:
        return self.max_hours * 3600

    @property
    def chosen_transcriber(self) -> Literal["speechmatics", "whisper"]:
        """`auto` resolved: Speechmatics if its key is set, else the embedded recogniser."""
        if self.transcriber != "auto":
            return self.transcriber
        return "speechmatics" if self.speechmatics_api_key else "whisper"

    @property
    def checkable(self) -> tuple[str, ...]:
        """The members of `cantomeet.checking.CHECKED` that are configured."""
        llm = self.openai_model and (self.openai_api_key is not None or self.openai_base_url is not None)
        set_up = {"speechmatics": self.speechmatics_api_key is not None, "llm": bool(llm), "whisper": True}
        return tuple(name for name, there in set_up.items() if there)

    @property
    def chosen_summarizer(self) -> Literal["llm", "extractive"]:
        """`auto` resolved: the LLM only if a model is named and a key or a base URL is set."""
        if self.summarizer != "auto":
            return self.summarizer
        reachable = self.openai_api_key is not None or self.openai_base_url is not None
        return "llm" if self.openai_model and reachable else "extractive"

    @property
    def effective_workers(self) -> int:
        """How many processes do short steps; `auto` resolved by `cantomeet.machine.general_workers`."""
        if self.workers == "auto":
            return machine.general_workers(machine.cores(), machine.memory())
        return self.workers

    @property
    def effective_llm_at_once(self) -> int:
        """The most requests to the language model at once; 0 where none is asked.

        A model on this machine gets one at a time, unless somebody says otherwise: more would share its speed, and the
        last of them might wait for longer than a request may.
        """
        if self.chosen_summarizer != "llm":
            return 0
        beside = on_this_machine(self.openai_base_url) if self.openai_base_url else False
        return self.llm_at_once or (1 if beside else _LLM_AT_ONCE)


def load_settings() -> Settings:
    """The settings of this process. Raises `SettingsError`, one line that names the environment variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
    if settings.transcriber == "speechmatics" and settings.speechmatics_api_key is None:
        raise SettingsError("CANTOMEET_TRANSCRIBER=speechmatics needs SPEECHMATICS_API_KEY")
    if settings.summarizer == "llm" and not settings.openai_model:
        raise SettingsError("CANTOMEET_SUMMARIZER=llm needs OPENAI_MODEL")
    prices = (settings.llm_price_in, settings.llm_price_out)
    if None in prices and prices != (None, None):
        raise SettingsError("CANTOMEET_LLM_PRICE_IN and CANTOMEET_LLM_PRICE_OUT: set both, or neither")
    if settings.llm_budget is not None and None in prices:
        raise SettingsError("CANTOMEET_LLM_BUDGET needs CANTOMEET_LLM_PRICE_IN and CANTOMEET_LLM_PRICE_OUT")
    return settings
