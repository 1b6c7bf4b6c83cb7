"""Validates submissions by the API's `JobConfig` and its documented limits.

Unknown fields are refused. It is stricter than the real API where that is silently lenient (a term of seven words, a
sound in the wrong script), so that a mistake shows here and not in a paid transcript. Source: the OpenAPI file of Batch
v2 and its pages.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from standins.http import RequestPart

LANGUAGES = frozenset({"yue", "cmn", "en", "ja", "ko", "ms", "th", "vi", "id", "hi", "fr", "de", "es", "pt"})
"""Languages of the real list that a meeting in Hong Kong may use; others are refused."""

Fraction = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+")]
HeaderLine = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+: ?[\x21-\x7e][\x20-\x7e]*$")]
_LATIN = re.compile(r"[A-Za-z]")


class ReceivedTerm(RequestPart):
    content: Text
    sounds_like: list[Text] | None = None

    @model_validator(mode="after")
    def _at_most_six_words(self) -> Self:
        if any(len(text.split()) > 6 for text in (self.content, *(self.sounds_like or ()))):
            raise ValueError("a term has more than six words")
        return self


class PunctuationOverrides(RequestPart):
    sensitivity: Fraction | None = None
    permitted_marks: list[Annotated[str, StringConstraints(pattern="^(.|all)$")]] | None = None


class AudioFiltering(RequestPart):
    volume_threshold: Annotated[float, Field(ge=0, le=100)] | None = None


class Replacement(RequestPart):
    from_: str = Field(alias="from")
    to: str


class TranscriptFiltering(RequestPart):
    remove_disfluencies: bool | None = None
    replacements: list[Replacement] | None = None


class KnownSpeaker(RequestPart):
    label: Annotated[str, StringConstraints(min_length=1)]
    speaker_identifiers: Annotated[list[str], Field(min_length=1)]

    @field_validator("label")
    @classmethod
    def _not_like_the_api_s_own(cls, label: str) -> str:
        if re.fullmatch(r"S\d+|UU", label):
            raise ValueError("a label must not look like the API's own")
        return label


class SpeakerDiarization(RequestPart):
    prefer_current_speaker: bool | None = None
    speaker_sensitivity: Fraction | None = None
    get_speakers: bool | None = None
    speakers: Annotated[list[KnownSpeaker], Field(max_length=50)] | None = None


class ReceivedTranscription(RequestPart):
    language: str
    domain: str | None = None
    output_locale: str | None = None
    model: Literal["standard", "enhanced", "melia-1"] | None = None
    operating_point: Literal["standard", "enhanced", "melia-1"] | None = None
    additional_vocab: Annotated[list[ReceivedTerm], Field(max_length=1000)] | None = None
    punctuation_overrides: PunctuationOverrides | None = None
    diarization: Literal["none", "speaker", "channel"] | None = None
    channel_diarization_labels: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._]+$")]] | None = None
    enable_entities: bool | None = None
    max_delay_mode: Literal["fixed", "flexible"] | None = None
    audio_filtering_config: AudioFiltering | None = None
    transcript_filtering_config: TranscriptFiltering | None = None
    speaker_diarization_config: SpeakerDiarization | None = None

    @model_validator(mode="after")
    def _fits_the_language(self) -> Self:
        if self.model is not None and self.operating_point is not None:
            raise ValueError("model and operating_point are the same thing: give one")
        if "melia-1" in (self.model, self.operating_point):
            return self._fits_melia()
        if self.language not in LANGUAGES:
            raise ValueError(f"language {self.language!r} is not supported")
        if self.language == "yue":
            self._fits_cantonese()
        return self

    def _fits_melia(self) -> Self:
        if self.language != "multi" or self.additional_vocab or self.enable_entities:
            raise ValueError("melia-1 takes language multi, without vocabulary and entities")
        return self

    def _fits_cantonese(self) -> None:
        if self.output_locale or self.domain:
            raise ValueError("yue has neither output locales nor domains")
        if self.transcript_filtering_config and self.transcript_filtering_config.remove_disfluencies:
            raise ValueError("yue has no disfluency removal")
        sounds = [sound for term in self.additional_vocab or () for sound in term.sounds_like or ()]
        if any(_LATIN.search(sound) for sound in sounds):
            raise ValueError("sounds_like must be in the language's main script")


class ReceivedNotification(RequestPart):
    url: HttpUrl
    contents: (
        list[Literal["jobinfo", "transcript", "transcript.json-v2", "transcript.txt", "transcript.srt", "data", "text"]]
        | None
    ) = None
    method: Literal["post", "put"] | None = None
    auth_headers: list[HeaderLine] | None = None


class ReceivedTracking(RequestPart):
    title: str | None = None
    reference: str | None = None
    tags: list[str] | None = None
    details: dict[str, object] | None = None


class SrtOverrides(RequestPart):
    max_line_length: int | None = None
    max_lines: int | None = None


class OutputConfig(RequestPart):
    srt_overrides: SrtOverrides | None = None


class ReceivedConfig(RequestPart):
    """The supported features; summaries, translations, chapters and fetching by URL are refused."""

    type: Literal["transcription"]
    transcription_config: ReceivedTranscription
    notification_config: Annotated[list[ReceivedNotification], Field(max_length=3)] | None = None
    tracking: ReceivedTracking | None = None
    output_config: OutputConfig | None = None

    @property
    def reference(self) -> str:
        return (self.tracking.reference if self.tracking else None) or ""


class JobRefusal(Exception):
    """The submission is refused; `detail` says why, in the place of the API's own `detail`."""

    def __init__(self, detail: str, *, error: str = "Job rejected", status: int = 400) -> None:
        super().__init__(detail)
        self.detail = detail
        self.error = error
        self.status = status


def read_config(text: bytes) -> ReceivedConfig:
    """Parse a config. Raises `ApiError` that names the field."""
    try:
        return ReceivedConfig.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "config"
        raise JobRefusal(f"{where}: {first['msg']}") from None
