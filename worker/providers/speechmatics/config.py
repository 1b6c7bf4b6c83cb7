"""Builds the job config for Speechmatics, with the glossary's terms.

Source: the provider's OpenAPI file of Batch v2 (`JobConfig`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.glossary import VocabularyTerm, terms_of, vocabulary_fault
from worker.providers import SubmitOptions
from worker.providers.speechmatics.errors import PROVIDER

Model = Literal["standard", "enhanced"]
MAX_TITLE = 200
"""Most characters of the recording's name, which is sent as the job's title."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Notification:
    """The URL to which the provider reports a finished job.

    `auth_header` is "Name: value"; only this header proves that the provider is the caller.
    """

    url: str
    auth_header: str


class TranscriptionConfig(TypedDict):
    language: str
    model: Model
    diarization: Literal["speaker"]
    enable_entities: Literal[True]
    additional_vocab: NotRequired[list[VocabularyTerm]]


class Tracking(TypedDict):
    title: str
    reference: str


class NotificationConfig(TypedDict):
    url: str
    method: Literal["post"]
    contents: list[str]
    auth_headers: list[str]


class JobConfig(TypedDict):
    """The members of the API's `JobConfig` that are sent."""

    type: Literal["transcription"]
    transcription_config: TranscriptionConfig
    tracking: Tracking
    notification_config: NotRequired[list[NotificationConfig]]


def job_config(options: SubmitOptions, *, model: Model, notification: Notification | None) -> JobConfig:
    """Return the `config` part of a submission. Raises `PermanentError` if the vocabulary exceeds a limit."""
    transcription: TranscriptionConfig = {
        "language": options.language,
        # Set explicitly: the API's own default is "standard".
        "model": model,
        "diarization": "speaker",
        "enable_entities": True,
    }
    if options.vocabulary:
        transcription["additional_vocab"] = checked_vocabulary(options.vocabulary, options.language)
    config: JobConfig = {
        "type": "transcription",
        "transcription_config": transcription,
        "tracking": {"title": _title(options.filename), "reference": options.submit_key},
    }
    if notification is not None:
        config["notification_config"] = [
            {
                "url": notification.url,
                "method": "post",
                # Without `contents` the provider would send the whole transcript.
                "contents": ["jobinfo"],
                "auth_headers": [notification.auth_header],
            }
        ]
    return config


def _title(filename: str) -> str:
    return _CONTROL.sub(" ", filename).strip()[:MAX_TITLE] or "recording"


def checked_vocabulary(vocabulary: Sequence[VocabularyTerm], language: str) -> list[VocabularyTerm]:
    """Return the terms in the API's form. Raises `PermanentError` that names the first fault."""
    fault = vocabulary_fault(vocabulary, language)
    if fault is not None:
        told = fault.text()
        raise PermanentError(f"glossary: {told}", code=ErrorCode.PROVIDER_REJECTED, provider=PROVIDER, message=told)
    return [term.as_sent() for term in terms_of(vocabulary)]
