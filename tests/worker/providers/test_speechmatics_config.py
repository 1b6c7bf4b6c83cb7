"""A glossary that exceeds the provider's limits is refused before anything is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from cantomeet.errors import ErrorCode, PermanentError
from standins.speechmatics.rules import ReceivedConfig
from tests.worker.providers.speechmatics_recordings import options
from worker.providers.speechmatics.config import job_config


def test_a_bad_glossary_fails_the_meeting_with_its_fault() -> None:
    with pytest.raises(PermanentError) as refused:
        config(vocabulary=({"content": "a\x00"},))
    assert refused.value.code is ErrorCode.PROVIDER_REJECTED
    assert refused.value.params["message"] == "glossary term 1 (a) has a control character"


def test_a_good_glossary_passes_the_api_s_own_rules() -> None:
    terms = (
        {"content": " 葵涌 "},
        {"content": "CantoMeet", "sounds_like": ["簡圖米 "]},
        {"content": "x", "sounds_like": []},
    )
    ReceivedConfig.model_validate(config(vocabulary=terms))
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
    return job_config(options(**changes), model="enhanced", notification=None)  # type: ignore[arg-type]
