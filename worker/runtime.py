"""Builds the worker's toolbox from the settings, once a process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache

from rq.timeouts import JobTimeoutException

from cantomeet.changes import ChangePublisher
from cantomeet.queue import JobQueue
from cantomeet.settings import Settings, load_settings, on_this_machine
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from worker import stopping, throttling
from worker.opening import open_store
from worker.providers import Summarizer
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.llm import LlmLimits, LlmSummarizer
from worker.providers.speechmatics.config import Notification
from worker.providers.speechmatics.transcriber import SpeechmaticsTranscriber
from worker.providers.whisper.transcriber import WhisperTranscriber
from worker.toolbox import Backoff, Toolbox


@cache
def toolbox() -> Toolbox:
    """This process's tools. Raises `SettingsError`."""
    return build(load_settings())


def build(settings: Settings) -> Toolbox:
    """Build the toolbox for `settings`. Opens the store and migrates its schema."""
    redis_url = settings.effective_redis_url
    queue = JobQueue.of(settings)
    store = open_store(settings)
    locals_, remotes = _locals(settings), _remotes(settings)
    summarizing = summarizer(settings, store)
    return Toolbox(
        store=store,
        recordings=FolderStorage(settings.recordings_dir, max_bytes=settings.max_upload_bytes),
        locals=locals_,
        remotes=remotes,
        summarizer=summarizing,
        rewriter=summarizing if isinstance(summarizing, LlmSummarizer) else None,
        wake_job=queue.wake_next,
        transcriber=settings.chosen_transcriber,
        language=settings.language,
        publish=ChangePublisher(redis_url).publish,
        wake=queue.wake,
        erase_jobs=lambda gone: queue.erase(gone, rewrite=settings.redis_is_embedded),
        delete_at_provider=settings.delete_at_provider,
        longest_seconds=settings.longest_seconds,
        provider_lag=settings.provider_lag_seconds,
        first_look=settings.first_look_seconds,
        keep_audio_days=settings.keep_audio_days,
        keep_meetings_days=settings.keep_meetings_days,
        stopping=stopping.requested,
        on_busy=throttling.hold,
        timeouts=(JobTimeoutException,),
        # About an hour of retries. If an outage lasts longer, a person should know.
        backoff=Backoff(outage_tries=22),
        checks=_checks(settings, locals_, remotes),
    )


def _checks(
    settings: Settings, locals_: Mapping[str, WhisperTranscriber], remotes: Mapping[str, SpeechmaticsTranscriber]
) -> dict[str, Callable[[], None]]:
    """The check of each configured provider, by name."""
    every: dict[str, Callable[[], None]] = {name: transcriber.verify for name, transcriber in locals_.items()}
    every |= {name: transcriber.verify for name, transcriber in remotes.items()}
    if "llm" in settings.checkable:
        every["llm"] = lambda: _llm(settings).verify()
    return every


def _locals(settings: Settings) -> dict[str, WhisperTranscriber]:
    return {
        "whisper": WhisperTranscriber(
            settings.whisper_model,
            models_dir=settings.models_dir,
            threads=settings.whisper_threads,
            piece_seconds=settings.whisper_piece_seconds,
        )
    }


def _remotes(settings: Settings) -> dict[str, SpeechmaticsTranscriber]:
    if settings.speechmatics_api_key is None:
        return {}
    speechmatics = SpeechmaticsTranscriber(
        settings.speechmatics_api_key.get_secret_value(),
        settings.speechmatics_base_url,
        model=settings.speechmatics_model,
        notification=_notification(settings),
    )
    if on_this_machine(settings.speechmatics_base_url):
        # The real provider has no such host, so readers must not take this for a real transcript.
        speechmatics.name += " (stand-in: invented)"
    return {"speechmatics": speechmatics}


def _notification(settings: Settings) -> Notification | None:
    """The webhook to request from Speechmatics. None unless a public URL and a secret are set."""
    if settings.public_url is None or settings.webhook_secret is None:
        return None
    return Notification(
        f"{settings.public_url.rstrip('/')}/webhooks/speechmatics",
        f"Authorization: Bearer {settings.webhook_secret.get_secret_value()}",
    )


def summarizer(settings: Settings, store: Database | None = None) -> Summarizer:
    """The summarizer that the settings choose. Raises `SettingsError`.

    What is learned about a language model's endpoint is saved in `store`.
    """
    return ExtractiveSummarizer() if settings.chosen_summarizer == "extractive" else _llm(settings, store)


def _llm(settings: Settings, store: Database | None = None) -> LlmSummarizer:
    name = _dialect_name(settings)
    return LlmSummarizer(
        model=settings.openai_model or "",
        fallback=ExtractiveSummarizer(),
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
        price_in=settings.llm_price_in,
        price_out=settings.llm_price_out,
        budget=settings.llm_budget,
        limits=LlmLimits(answer_tokens=settings.llm_max_tokens),
        dialect=store.key_values.find(name) if store else None,
        on_dialect=lambda dialect: store.key_values.put(name, dialect) if store else None,
    )


def _dialect_name(settings: Settings) -> str:
    """The key under which an endpoint's dialect is saved. Each address and model has its own."""
    asked = f"{settings.openai_base_url or ''} {settings.openai_model}"
    return f"llm_dialect.{hashlib.sha256(asked.encode()).hexdigest()[:32]}"
