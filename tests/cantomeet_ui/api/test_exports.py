"""Transcripts over HTTP."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient

from cantomeet.exports import FORMS
from cantomeet.store import Database
from tests import meetings

TYPES = {
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_format_is_a_download_under_the_meetings_name(
    client: TestClient, sqlite_store: Database, form: str
) -> None:
    meeting = meetings.completed(sqlite_store, title='十一月"例會"/2026')
    answer = client.get(f"/api/meetings/{meeting.id}/transcript", params={"format": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[form])
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=")
    assert unquote(disposition.split("UTF-8''")[1]) == f"十一月_例會_2026.{form}"
    assert answer.content


def test_labels_are_in_the_readers_language(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store)
    url = f"/api/meetings/{meeting.id}/transcript?format=md"
    assert "## Transcript" in client.get(url).text
    assert "## 逐字稿" in client.get(url, headers={"Accept-Language": "zh-HK"}).text


def test_an_unknown_format_is_refused_by_name(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.completed(sqlite_store)
    answer = client.get(f"/api/meetings/{meeting.id}/transcript?format=exe")
    assert (answer.status_code, answer.json()["field"]) == (422, "format")


def test_a_download_before_the_first_line_is_a_conflict(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.uploaded(sqlite_store)
    answer = client.get(f"/api/meetings/{meeting.id}/transcript")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_incomplete_transcript_is_marked_in_its_file_name(client: TestClient, sqlite_store: Database) -> None:
    meeting = meetings.partly_recognised(sqlite_store)
    answer = client.get(f"/api/meetings/{meeting.id}/transcript")
    assert unquote(answer.headers["content-disposition"]).endswith("例會 (incomplete).txt")
