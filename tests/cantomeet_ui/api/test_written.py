"""The written-Chinese view over HTTP, and in downloads."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import docx
import pytest
from fastapi.testclient import TestClient

from cantomeet.errors import ErrorCode
from cantomeet.jobs import JobKind
from cantomeet.models import Meeting
from cantomeet.service import Services
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from cantomeet_ui.api.middleware import guarding
from tests import meetings
from tests.cantomeet_ui.api.conftest import HERE
from tests.cantomeet_ui.api.test_meetings import refused

SAID = [("S1", "佢冇講嘢。"), ("S2", "我哋散會。"), (None, "Okay.")]
USAGE = {
    **{"requests": 1, "tokens_in": 90, "tokens_out": 12, "repeats": 0, "reused": 0},
    **{"cost": None, "estimated": False},
}


@pytest.fixture
def with_llm(services: Services) -> Services:
    """An installation with a language model."""
    settings = services.settings.model_copy(update={"openai_model": "m", "openai_base_url": "http://127.0.0.1:9/v1"})
    return replace(services, settings=settings)


def client_of(services: Services) -> TestClient:
    return TestClient(
        guarding(services.settings)(build_api(services)), base_url=HERE, headers={"Accept-Language": "en"}
    )


def rewritten(store: Database) -> Meeting:
    """A view with two of three lines rewritten, of which the second was corrected afterwards."""
    meeting = meetings.transcribed(store, SAID)
    store.written_views.ask(meeting.id)
    view = store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert view is not None
    first, second, _ = store.transcripts.shown(meeting.id).segments
    texts = {first.id: (first.version, "他沒有說話。"), second.id: (second.version, "我們散會。")}
    store.written_views.finish(meeting.id, view.run, texts, name="some-model (host)", usage=USAGE)
    store.transcripts.edit_segment(meeting.id, second.id, None, text="我哋真係散會。")
    return store.meetings.get(meeting.id)


def test_requesting_the_view_wakes_its_step(sqlite_store: Database, with_llm: Services) -> None:
    woken: list[str] = []
    meeting = meetings.transcribed(sqlite_store, SAID)
    with client_of(replace(with_llm, wake_written=woken.append)) as client:
        answer = client.post(f"/api/meetings/{meeting.id}/written")
        assert (answer.status_code, answer.json()["state"], woken) == (202, "working", [meeting.id])
        assert "not the words that were spoken" in answer.json()["label"]
        body = client.get(f"/api/meetings/{meeting.id}?include=written").json()
    assert body["written"]["counts"] == {"written": 0, "as_spoken": 3, "out_of_date": 0}
    assert "segments" not in body


def test_without_a_language_model_the_view_is_refused_and_the_setting_named(
    client: TestClient, sqlite_store: Database
) -> None:
    meeting = meetings.transcribed(sqlite_store)
    answer = client.post(f"/api/meetings/{meeting.id}/written")
    refused(answer, 409, ErrorCode.WRITTEN_UNAVAILABLE)
    assert "OPENAI_MODEL" in answer.json()["detail"]
    assert client.get(f"/api/meetings/{meeting.id}?include=written").json()["written"] is None


def test_the_view_is_refused_before_the_transcript(sqlite_store: Database, with_llm: Services) -> None:
    meeting = meetings.partly_recognised(sqlite_store)
    with client_of(with_llm) as client:
        refused(client.post(f"/api/meetings/{meeting.id}/written"), 409, ErrorCode.CONFLICT)


def test_the_view_has_a_line_for_each_spoken_line(client: TestClient, sqlite_store: Database) -> None:
    meeting = rewritten(sqlite_store)
    before = client.get(f"/api/meetings/{meeting.id}?include=segments,summary,written")
    body = before.json()
    assert [(line["state"], line["text"]) for line in body["written"]["lines"]] == [
        ("written", "他沒有說話。"),
        ("out_of_date", "我們散會。"),
        ("as_spoken", None),
    ]
    assert [line["segment_id"] for line in body["written"]["lines"]] == [line["id"] for line in body["segments"]]
    assert body["segments"][0]["text"] == "佢冇講嘢。"
    assert (body["written"]["usage"], body["written"]["state"]) == (USAGE, "done")
    assert "some-model (host)" in body["written"]["label"]
    assert "written" not in client.get(f"/api/meetings/{meeting.id}").json(), "only where asked for"
    sqlite_store.written_views.ask(meeting.id)
    again = client.get(before.request.url.path, headers={"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 200, "another answer has another tag"


@pytest.mark.parametrize("form", ["txt", "md", "docx", "json", "srt", "vtt"])
def test_a_download_of_the_view_says_that_a_machine_rewrote_it(
    client: TestClient, sqlite_store: Database, form: str
) -> None:
    meeting = rewritten(sqlite_store)
    answer = client.get(f"/api/meetings/{meeting.id}/transcript", params={"format": form, "view": "written"})
    assert answer.status_code == 200
    assert "rewritten" in answer.headers["content-disposition"]
    body = answer.content
    if form == "docx":
        body = "\n".join(part.text for part in docx.Document(io.BytesIO(body)).paragraphs).encode()
    told = body.decode()
    assert "他沒有說話。" in told
    assert "我哋真係散會。" in told, "a correction, not the rewriting of what it corrected"
    assert "我們散會。" not in told
    if form in ("txt", "md", "docx", "json"):
        assert "rewritten line by line by a language model" in told
    if form == "json":
        lines = json.loads(told)["segments"]
        assert [(line["is_rewritten"], line["spoken"]) for line in lines] == [
            (True, "佢冇講嘢。"),
            (False, "我哋真係散會。"),
            (False, "Okay."),
        ]
    else:
        assert told.replace("\\", "").count("[as spoken]") - told.count("marked [as spoken]") >= 2


def test_the_default_download_is_the_transcript_as_spoken(client: TestClient, sqlite_store: Database) -> None:
    meeting = rewritten(sqlite_store)
    told = client.get(f"/api/meetings/{meeting.id}/transcript").text
    assert "佢冇講嘢。" in told
    assert "rewritten" not in told


def test_a_missing_view_cannot_be_downloaded(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store)
    url = f"/api/meetings/{meeting.id}/transcript"
    refused(client.get(url, params={"view": "written"}), 409, ErrorCode.CONFLICT)
    refused(client.get(url, params={"view": "sung"}), 422, ErrorCode.INVALID_REQUEST, "view")


def test_the_reason_of_a_failure_is_in_the_readers_language(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store)
    sqlite_store.written_views.ask(meeting.id)
    view = sqlite_store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert view is not None
    sqlite_store.written_views.fail(meeting.id, view.run, ErrorCode.PROVIDER_BUSY, {"provider": "host"})
    written = client.get(f"/api/meetings/{meeting.id}?include=written").json()["written"]
    assert (written["state"], written["error_code"]) == ("failed", "provider_busy")
    assert "host is too busy" in written["reason"]
