"""The stored glossary is sent to the provider in the provider's format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from cantomeet.glossary import Term
from cantomeet.lifecycle import Stage
from cantomeet.store import Database
from standins.speechmatics.server import FakeSpeechmatics
from tests.worker.providers.speechmatics_recordings import client
from tests.worker.test_pipeline import House


@pytest.mark.parametrize(("language", "sounds"), [("yue", {"sounds_like": ["簡圖米"]}), ("en", {})])
def test_the_stored_terms_go_along_with_the_recording(
    sqlite_store: Database, tmp_path: Path, language: str, sounds: dict[str, list[str]]
) -> None:
    sqlite_store.glossary.replace([Term("CantoMeet", ("簡圖米",)), Term("葵涌")])
    house = House(sqlite_store, tmp_path, "speechmatics")
    with FakeSpeechmatics() as provider, client(provider.url) as speechmatics:
        house.tools = replace(house.tools, remotes={"speechmatics": speechmatics})
        meeting = house.upload(language=language)
        house.step(meeting.id)
        assert house.step(meeting.id).stage == Stage.SUBMITTED
        job = httpx.get(f"{provider.url}/_fake/jobs").json()["jobs"][0]
    told = job["config"]["transcription_config"]
    assert told["language"] == language
    assert told["additional_vocab"] == [{"content": "CantoMeet", **sounds}, {"content": "葵涌"}]
