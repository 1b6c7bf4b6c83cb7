"""A glossary that breaks one of the provider's limits is refused before anything is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from cantomeet.errors import ErrorCode, PermanentError
from tests.worker.providers.speechmatics_recordings import options
from worker.providers.fakes.speechmatics_rules import JobConfig
from worker.providers.speechmatics_config import job_config, vocabulary_fault


@pytest.mark.parametrize(
    ("term", "fault"),
    [
        ({"content": "one two three four five six seven"}, "glossary term 1 has 7 words"),
        ({"content": "tab\there"}, "control character"),
        ({"content": "nul\x00"}, "control character"),
        ({"content": "line\u2028break"}, "control character"),
        ({"content": "lone \ud800 half"}, "control character"),
        ({"content": ""}, "empty"),
        ({"content": "   "}, "empty"),
        ({"content": None}, "empty"),
        ({}, "empty"),
        ({"content": "a", "sound": ["b"]}, "unknown field 'sound'"),
        ({"content": "a", "sounds_like": "b"}, "not a list"),
        ({"content": "a", "sounds_like": [""]}, "empty"),
        ({"content": "a", "sounds_like": ["一\x07"]}, "control character"),
        ({"content": "a", "sounds_like": ["一 二 三 四 五 六 七"]}, "7 words"),
        ({"content": "CEO", "sounds_like": ["see ee oh"]}, "not in Chinese characters"),
        ({"content": "CEO", "sounds_like": ["私衣o"]}, "not in Chinese characters"),
    ],
)
def test_a_term_that_breaks_a_limit_is_named(term: dict[str, Any], fault: str) -> None:
    assert fault in (vocabulary_fault([term], "yue") or "")


def test_a_thousand_terms_are_taken_and_one_more_is_not() -> None:
    terms = [{"content": f"term {n}"} for n in range(1001)]
    assert vocabulary_fault(terms[:1000], "yue") is None
    assert vocabulary_fault(terms, "yue") == "1,001 glossary terms, at most 1,000 are taken"


def test_a_sound_may_be_latin_where_the_language_is() -> None:
    assert vocabulary_fault([{"content": "gnocchi", "sounds_like": ["nyohki"]}], "en") is None


def test_the_first_bad_term_is_named_by_its_number() -> None:
    assert vocabulary_fault([{"content": "a"}, {"content": ""}, {"content": ""}], "yue") == "glossary term 2 is empty"


def test_a_bad_glossary_fails_the_meeting_with_its_fault() -> None:
    with pytest.raises(PermanentError) as refused:
        config(vocabulary=({"content": "a\x00"},))
    assert refused.value.code is ErrorCode.PROVIDER_REJECTED
    assert refused.value.params["message"] == "glossary term 1 has a control character"


def test_a_good_glossary_passes_the_api_s_own_rules() -> None:
    terms = (
        {"content": " 葵涌 "},
        {"content": "CantoMeet", "sounds_like": ["簡圖米 "]},
        {"content": "x", "sounds_like": []},
    )
    JobConfig.model_validate(config(vocabulary=terms))
    assert config(vocabulary=terms)["transcription_config"]["additional_vocab"] == [
        {"content": "葵涌"},
        {"content": "CantoMeet", "sounds_like": ["簡圖米"]},
        {"content": "x"},
    ]


@pytest.mark.parametrize("filename", ["", "\x00", "a" * 5000, "會議📝.mp3", "../../etc/passwd"])
def test_any_file_name_makes_a_title(filename: str) -> None:
    title = config(filename=filename)["tracking"]["title"]
    assert 0 < len(title) <= 200
    assert title.isprintable()


def config(**changes: object) -> dict[str, Any]:
    return job_config(options(**changes), model="enhanced", diarization=True, entities=True, notification=None)  # type: ignore[arg-type]
