"""What Speechmatics is told about a recording: the job's config, and a glossary's terms checked beforehand.

The provider drops terms of more than six words without a word, so everything is checked before a job is paid for.
Sources: the provider's OpenAPI file of Batch v2 (`JobConfig`) and its pages on the custom dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cantomeet.errors import ErrorCode, PermanentError
from worker.providers import SubmitOptions
from worker.providers.speechmatics_errors import PROVIDER

Model = Literal["standard", "enhanced"]
MAX_TERMS = 1000
MAX_WORDS = 6
MAX_TITLE = 200
"""Characters of the recording's name that are sent along as the job's title."""
HAN_LANGUAGES = frozenset({"yue", "cmn"})
"""Languages whose `sounds_like` must be written in Chinese characters (their main script)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HAN = re.compile(r"[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[A-Za-z]")


@dataclass(frozen=True)
class Notification:
    """Where the provider reports a finished job; `auth_header` is "Name: value", our only proof of who calls."""

    url: str
    auth_header: str


def job_config(
    options: SubmitOptions,
    *,
    model: Model,
    diarization: bool,
    entities: bool,
    notification: Notification | None,
) -> dict[str, Any]:
    """The `config` part of a submission. Raises `PermanentError` where the vocabulary breaks a limit."""
    transcription: dict[str, Any] = {
        "language": options.language,
        # Set explicitly: the API's own default is "standard".
        "model": model,
        "diarization": "speaker" if diarization else "none",
        "enable_entities": entities,
    }
    if options.vocabulary:
        transcription["additional_vocab"] = checked_vocabulary(options.vocabulary, options.language)
    config: dict[str, Any] = {
        "type": "transcription",
        "transcription_config": transcription,
        "tracking": {"title": _title(options.filename), "reference": options.submit_key},
    }
    if notification is not None:
        config["notification_config"] = [
            {
                "url": notification.url,
                "method": "post",
                # Without `contents` the whole transcript would be sent along.
                "contents": ["jobinfo"],
                "auth_headers": [notification.auth_header],
            }
        ]
    return config


def _title(filename: str) -> str:
    return _CONTROL.sub(" ", filename).strip()[:MAX_TITLE] or "recording"


def checked_vocabulary(vocabulary: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """The terms as the API takes them: `[{content, sounds_like?}]`. Raises `PermanentError` naming the first fault."""
    fault = vocabulary_fault(vocabulary, language)
    if fault is not None:
        raise PermanentError(f"glossary: {fault}", code=ErrorCode.PROVIDER_REJECTED, provider=PROVIDER, message=fault)
    return [
        {"content": term["content"].strip(), **({"sounds_like": list(sounds)} if sounds else {})}
        for term in vocabulary
        for sounds in [[sound.strip() for sound in term.get("sounds_like") or ()]]
    ]


def vocabulary_fault(vocabulary: Sequence[Mapping[str, Any]], language: str) -> str | None:
    """What is wrong with the first term that breaks a limit, in words for a person, or None."""
    if len(vocabulary) > MAX_TERMS:
        return f"{len(vocabulary):,} glossary terms, at most {MAX_TERMS:,} are taken"
    faults = (_term_fault(number, term, language) for number, term in enumerate(vocabulary, start=1))
    return next((fault for fault in faults if fault is not None), None)


def _term_fault(number: int, term: Mapping[str, Any], language: str) -> str | None:
    where = f"glossary term {number}"
    unknown = sorted(set(term) - {"content", "sounds_like"})
    if unknown:
        return f"{where}: unknown field {unknown[0]!r}"
    fault = _text_fault(term.get("content"))
    if fault is not None:
        return f"{where} {fault}"
    sounds = term.get("sounds_like")
    if sounds is None:
        return None
    if isinstance(sounds, str) or not isinstance(sounds, Sequence):
        return f"{where}: sounds_like is not a list"
    return next((f"{where}, sounds_like: {fault}" for fault in _sound_faults(sounds, language)), None)


def _sound_faults(sounds: Sequence[Any], language: str) -> list[str]:
    faults = [fault for fault in map(_text_fault, sounds) if fault is not None]
    if not faults and language in HAN_LANGUAGES:
        faults = [
            f"{sound.strip()!r} is not in Chinese characters"
            for sound in sounds
            if not _HAN.search(sound) or _LATIN.search(sound)
        ]
    return faults


def _text_fault(text: Any) -> str | None:
    if not isinstance(text, str) or not text.strip():
        return "is empty"
    if _CONTROL.search(text.strip()):
        return "has a control character"
    if len(text.split()) > MAX_WORDS:
        return f"has {len(text.split())} words, at most {MAX_WORDS} are taken"
    return None
