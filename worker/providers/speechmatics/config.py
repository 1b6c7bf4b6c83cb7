"""What Speechmatics is told about a recording: the job's config, with the glossary's terms.

Source: the provider's OpenAPI file of Batch v2 (`JobConfig`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.glossary import terms_of, vocabulary_fault
from worker.providers import SubmitOptions
from worker.providers.speechmatics.errors import PROVIDER

Model = Literal["standard", "enhanced"]
MAX_TITLE = 200
"""Characters of the recording's name that are sent along as the job's title."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


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
        told = fault.text()
        raise PermanentError(f"glossary: {told}", code=ErrorCode.PROVIDER_REJECTED, provider=PROVIDER, message=told)
    return [term.as_sent() for term in terms_of(vocabulary)]
