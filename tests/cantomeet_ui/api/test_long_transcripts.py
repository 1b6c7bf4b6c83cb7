"""Long transcripts are read in pages and streamed."""

from __future__ import annotations

import json
import tracemalloc
from collections import deque
from collections.abc import Iterator
from io import BytesIO

import pytest
from docx import Document
from fastapi.testclient import TestClient

from cantomeet.errors import Conflict
from cantomeet.exports import FORMS, Form, export, holds_words
from cantomeet.models import Meeting
from cantomeet.queries import meeting_page
from cantomeet.queries.meeting_page import Have
from cantomeet.store import Database, paging
from cantomeet_ui.api.projection import meeting_in_pieces
from tests import meetings
from tests.showing import meeting_shown


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small page size, so that few lines make many pages."""
    monkeypatch.setattr(paging, "PAGE", 7)
    monkeypatch.setattr(meeting_page, "FIRST_LINES", 5)
    monkeypatch.setattr(meeting_page, "MORE_LINES", 8)


def made(store: Database, count: int) -> Meeting:
    return meetings.completed(store, [(f"S{n % 3}", f"第 {n} 句") for n in range(count)])


def all_pages(client: TestClient, meeting: Meeting, limit: int) -> Iterator[list[dict[str, object]]]:
    after = ""
    while after is not None:
        answer = client.get(f"/api/meetings/{meeting.id}/segments", params={"after": after, "limit": limit})
        assert answer.status_code == 200, answer.text
        yield answer.json()["segments"]
        after = answer.json()["next"]


@pytest.mark.parametrize("limit", [1, 7, 19, 20, 21, 1000])
def test_all_pages_together_are_the_whole_transcript(limit: int, client: TestClient, sqlite_store: Database) -> None:
    meeting = made(sqlite_store, 20)
    pages = list(all_pages(client, meeting, limit))
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages) == -(-20 // limit)
    whole = client.get(f"/api/meetings/{meeting.id}").json()["segments"]
    assert [segment for page in pages for segment in page] == whole
    assert [segment["text"] for segment in whole] == [f"第 {n} 句" for n in range(20)]


def test_a_meeting_without_a_line_has_one_empty_page(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    assert list(all_pages(client, meeting, 10)) == [[]]
    assert client.get(f"/api/meetings/{meeting.id}").json()["segments"] == []


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1"])
def test_an_invalid_limit_is_refused(limit: str, client: TestClient, sqlite_store: Database) -> None:
    answer = client.get(f"/api/meetings/{made(sqlite_store, 3).id}/segments", params={"limit": limit})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_page_after_a_line_of_another_transcript_is_refused(client: TestClient, sqlite_store: Database) -> None:
    one, other = made(sqlite_store, 3), made(sqlite_store, 3)
    of_other = client.get(f"/api/meetings/{other.id}").json()["segments"][0]["id"]
    for after in (of_other, "nothing"):
        answer = client.get(f"/api/meetings/{one.id}/segments", params={"after": after})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert client.get("/api/meetings/nowhere/segments").status_code == 404


@pytest.mark.parametrize("form", FORMS)
def test_a_file_made_from_many_pages_is_the_same_as_from_one(
    form: Form, client: TestClient, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = made(sqlite_store, 30)
    monkeypatch.setattr("cantomeet.exports.subtitles._AT_ONCE", 4)
    in_pages = client.get(f"/api/meetings/{meeting.id}/transcript", params={"format": form}).content
    monkeypatch.setattr("cantomeet.exports.subtitles._AT_ONCE", 1000)
    monkeypatch.setattr(paging, "PAGE", 1000)
    at_once = client.get(f"/api/meetings/{meeting.id}/transcript", params={"format": form}).content
    if form == "docx":
        texts = [[p.text for p in Document(BytesIO(body)).paragraphs] for body in (in_pages, at_once)]
        assert texts[0] == texts[1]
        assert sum("句" in text for text in texts[0]) >= 30
        return
    assert in_pages == at_once
    if form == "json":
        whole = sqlite_store.transcripts.shown(meeting.id).segments
        assert [s["words"] for s in json.loads(in_pages)["segments"]] == [s.words for s in whole]
    if form in ("srt", "vtt"):
        assert [int(n) for n in in_pages.decode().split("\n") if n.isdigit()] == list(range(1, 31))


def test_reading_a_transcript_that_is_replaced_meanwhile_is_a_conflict(
    sqlite_store: Database,
) -> None:
    meeting = made(sqlite_store, 20)
    reader = iter(sqlite_store.transcripts.paged(meeting.id, words=False).segments)
    next(reader)
    with sqlite_store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM segment WHERE position > 10")
    with pytest.raises(Conflict):
        list(reader)


def test_both_databases_page_alike(store: Database) -> None:
    meeting = made(store, 20)
    whole = store.transcripts.shown(meeting.id)
    paged = store.transcripts.paged(meeting.id, words=True)
    assert [s.model_dump() for s in paged.segments] == [s.model_dump() for s in whole.segments]
    assert [speaker.label for speaker in paged.speakers.values()] == ["S0", "S1", "S2"]
    assert len(paged.segments) == 20


def test_a_page_gets_its_first_lines_at_once_and_the_rest_on_request(sqlite_store: Database) -> None:
    meeting = made(sqlite_store, 25)
    have, got, parts = Have(), [], []
    while True:
        shown = meeting_shown(sqlite_store, meeting.id, have, "en")
        assert shown.batch is not None
        assert shown.batch.first == len(got)
        got += shown.batch.lines
        parts.append(len(shown.batch.lines))
        have = shown.have
        if not shown.batch.more:
            break
    assert parts == [5, 8, 8, 4]
    assert [line.text for line in got] == [f"第 {n} 句" for n in range(25)]
    assert meeting_shown(sqlite_store, meeting.id, have, "en").batch is None


def consumed(store: Database, meeting: Meeting, form: Form | None) -> Iterator[bytes]:
    if form is None:
        return meeting_in_pieces(meeting, "en", store.transcripts.lines(meeting.id), [])
    spoken = store.transcripts.paged(meeting.id, words=holds_words(form))
    return iter(export(form, meeting, spoken, None, "en").pieces)


@pytest.mark.parametrize("form", [None, *FORMS])
def test_memory_does_not_grow_with_the_transcript(
    form: Form | None, sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 20)
    monkeypatch.setattr("cantomeet.exports.subtitles._AT_ONCE", 20)
    monkeypatch.setattr("cantomeet_ui.api.projection._AT_ONCE", 20)
    few, many = made(sqlite_store, 100), made(sqlite_store, 1500)
    peaks = []
    for meeting in (few, few, many):  # the first warms caches and imports
        tracemalloc.start()
        deque(consumed(sqlite_store, meeting, form), maxlen=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 2 * peaks[1] + 100_000
