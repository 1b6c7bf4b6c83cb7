"""What the upload page says beforehand: formats, and where sound and text go."""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import urlsplit

from cantomeet.i18n import text
from cantomeet.settings import Settings
from cantomeet_ui.presenters import times

FORMATS = "mp3  m4a  wav  ogg  webm  flac  aac  amr  aiff  wma  mp4  mov"


def limits(settings: Settings, language: str) -> str:
    return text(language, "upload.limits", formats=FORMATS, size=times.size(settings.max_upload_mb))


def way(settings: Settings, language: str) -> str:
    """Where the sound and the text go, as one line."""
    return text_join(language, [sound_way(settings, language), text_way(settings, language)])


def text_join(language: str, sentences: list[str]) -> str:
    return ("" if language.startswith("zh") else " ").join(sentences)


def sound_way(settings: Settings, language: str) -> str:
    if settings.chosen_transcriber == "speechmatics":
        host = urlsplit(settings.speechmatics_base_url).hostname or settings.speechmatics_base_url
        return text(language, "way.speechmatics", host=host)
    return text(language, "way.whisper", model=f"Whisper {model_name(settings)}")


def text_way(settings: Settings, language: str) -> str:
    if settings.chosen_summarizer == "llm":
        host = urlsplit(settings.openai_base_url or "https://api.openai.com").hostname or "OpenAI"
        return text(language, "way.llm", host=host, model=settings.openai_model or "")
    return text(language, "way.extractive")


def worth(settings: Settings, language: str) -> str:
    """How reliable the recogniser is and how to get a better one; empty without a warning."""
    if settings.chosen_transcriber != "whisper":
        return ""
    return text(language, "way.base" if settings.whisper_model is None else "warning.no_speakers")


def model_name(settings: Settings) -> str:
    """The model's name; for a folder its last part, so that pages do not show paths of this machine."""
    return PurePath(settings.whisper_model).name if settings.whisper_model else "base"
