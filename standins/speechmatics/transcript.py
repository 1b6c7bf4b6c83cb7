"""Invents json-v2 transcripts in Cantonese with some English.

The same sound always gives the same words. The transcripts contain everything that a parser must handle: words without
confidence, unknown speakers (`UU`), entities, a result of an unknown type, a result without alternatives, and an empty
word delimiter.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NotRequired, TypedDict

from standins.speechmatics.rules import ReceivedConfig

SENTENCES = (
    "大家/好/，/我哋/開始/今日/嘅/會議/。",
    "首先/講/下/website/嘅/進度/，/上/個/星期/已經/deploy/咗/個/server/。",
    "有/冇/人/有/問題/？",
    "我/覺得/個/budget/可能/唔/夠/，/要/再/計/過/。",
    "我哋/決定/用/新/嘅/design/。",
    "佢/話/{三月十五號|3月15號|date}/之前/會/俾/個/report/我哋/。",
    "今年/嘅/預算/係/{一百二十萬|120萬|cardinal}/，/比/舊年/多/{百分之五|5%|percentage}/。",
    "呢個/task/由/邊個/負責/？",
    "我/跟進/，/聽日/send/email/畀/client/。",
    "好/呀/，/下/個/禮拜/再/update/大家/。",
    "個/app/喺/iPhone/上面/好/慢/，/要/搵/人/睇/下/。",
    "唔該/晒/！",
    "呢度/有/個/risk/，/就係/supplier/未/confirm/。",
    "咁/我哋/{下晝三點|下晝3點|time}/再/傾/。",
)
"""Words separated by "/"; an entity is "{spoken|written|class}"."""
SPEAKERS = ("S1", "S2", "S3")
MARKS = "。，？！"
ENDS = "。？！"


class Alternative(TypedDict):
    content: str
    language: str
    confidence: NotRequired[float]
    speaker: NotRequired[str]


class Result(TypedDict):
    """The API's `RecognitionResult`; `noise` is a type that it does not document."""

    type: str
    start_time: float
    end_time: float
    alternatives: NotRequired[list[Alternative]]
    attaches_to: NotRequired[str]
    is_eos: NotRequired[bool]
    entity_class: NotRequired[str]
    spoken_form: NotRequired[list[Result]]
    written_form: NotRequired[list[Result]]


class JsonTranscript(TypedDict):
    format: str
    job: Mapping[str, object]
    metadata: dict[str, object]
    results: list[Result]


def transcript(
    config: ReceivedConfig, *, sha256: str, seconds: float, job: Mapping[str, object], now: str
) -> JsonTranscript:
    """Return a whole json-v2 answer for a recording of `seconds` with this hash, with all times inside it."""
    told = config.transcription_config
    words = _Words(
        Random(sha256),
        diarized=told.diarization == "speaker",
        entities=bool(told.enable_entities),
        language=told.language,
    )
    return {
        "format": "2.9",
        "job": job,
        "metadata": {
            "created_at": now,
            "type": "transcription",
            "language_pack_info": {
                "adapted": False,
                "itn": True,
                "language_description": "Cantonese",
                "word_delimiter": "",
                "writing_direction": "left-to-right",
            },
            "orchestrator_version": "2026.08",
            "transcription_config": told.model_dump(mode="json", by_alias=True, exclude_none=True),
        },
        "results": words.until(seconds),
    }


class _Words:
    def __init__(self, random: Random, *, diarized: bool, entities: bool, language: str) -> None:
        self._random = random
        self._diarized = diarized
        self._entities = entities
        self._language = language
        self._at = 0.3
        self._results: list[Result] = []

    def until(self, seconds: float) -> list[Result]:
        if seconds > 1.0:
            self._results.append({"type": "noise", "start_time": 0.0, "end_time": 0.2})
            self._results.append({"type": "word", "start_time": 0.2, "end_time": 0.25, "alternatives": []})
        while self._say(self._random.choice(SENTENCES), self._random.choice(SPEAKERS), seconds):
            self._at = round(self._at + self._random.choice((0.2, 0.5, 1.6)), 2)
        return self._results

    def _say(self, sentence: str, speaker: str, end: float) -> bool:
        parts = sentence.split("/")
        if self._at + sum(map(_spoken_seconds, parts)) > end:
            return False
        for part in parts:
            self._part(part, "UU" if self._random.random() < 0.02 else speaker)
        return True

    def _part(self, part: str, speaker: str) -> None:
        if part in MARKS:
            self._results.append(
                {
                    **self._result(part, "punctuation", self._at, self._at, speaker, confidence=1.0),
                    "attaches_to": "previous",
                    "is_eos": part in ENDS,
                }
            )
            return
        start, self._at = self._at, round(self._at + _spoken_seconds(part), 2)
        if part.startswith("{"):
            self._results.append(self._entity(part, start, speaker))
        else:
            self._results.append(self._result(part, "word", start, self._at, speaker))

    def _entity(self, part: str, start: float, speaker: str) -> Result:
        spoken, written, kind = part.strip("{}").split("|")
        if not self._entities:
            return self._result(written, "word", start, self._at, speaker)
        step = (self._at - start) / len(spoken)
        said = [
            self._result(character, "word", round(start + i * step, 2), round(start + (i + 1) * step, 2), speaker)
            for i, character in enumerate(spoken)
        ]
        return {
            **self._result(written, "entity", start, self._at, speaker),
            "entity_class": kind,
            "spoken_form": said,
            "written_form": [self._result(written, "word", start, self._at, speaker)],
        }

    def _result(
        self, content: str, kind: str, start: float, end: float, speaker: str, confidence: float | None = None
    ) -> Result:
        alternative: Alternative = {"content": content, "language": self._language}
        if confidence is None and self._random.random() > 0.05:
            confidence = round(self._random.uniform(0.55, 1.0), 2)
        if confidence is not None:
            alternative["confidence"] = confidence
        if self._diarized:
            alternative["speaker"] = speaker
        return {"type": kind, "start_time": start, "end_time": end, "alternatives": [alternative]}


def _spoken_seconds(part: str) -> float:
    if part in MARKS:
        return 0.0
    spoken = part.strip("{}").split("|")[0]
    return 0.07 * len(spoken) if spoken.isascii() else 0.22 * len(spoken)


def as_text(answer: JsonTranscript) -> str:
    """Return the `txt` format, joined by the (empty) delimiter as the API does."""
    return "".join(found[0]["content"] for result in answer["results"] if (found := result.get("alternatives")))
