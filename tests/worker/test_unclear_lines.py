"""An unclear line keeps its place and sound, and the text that the recogniser invented is not shown."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from cantomeet.exports import FORMS, export
from cantomeet.listing import MeetingFilter, list_meetings
from cantomeet.models import Meeting, Segment
from cantomeet.store import Database, NewSegment
from cantomeet_ui.presenters.speakers import speaker_rows
from cantomeet_ui.presenters.transcript import batch
from tests import meetings
from tests.worker.transcribed import Desk
from worker.providers import RecognisedSegment
from worker.providers.extractive import ExtractiveSummarizer
from worker.steps.recognition import new_segment

INVENTED = "我哋決定諗諗諗諐諗我哋決定諗諗諗諐諗"
SAID = ("我哋決定下個月推出新產品。", "阿明星期五之前交計劃書。")


def with_unclear(store: Database) -> Meeting:
    """A transcript of three lines, the middle one unclear."""
    meeting = meetings.transcribing(store)
    first, last = (
        new_segment(RecognisedSegment(at, at + 3.0, text, text, speaker="S1"))
        for at, text in zip((0.0, 8.0), SAID, strict=True)
    )
    unclear = new_segment(RecognisedSegment(3.0, 8.0, INVENTED, "", speaker="S1", unclear=True))
    return store.pipeline.finish_transcript(
        meeting.id, meeting.job.run, [first, unclear, last], replace=False, tried=meetings._tried(store)
    )


def unclear_line(store: Database, meeting: Meeting) -> Segment:
    return store.transcripts.shown(meeting.id).segments[1]


@pytest.fixture
def desk(store: Database, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path, ExtractiveSummarizer())


def test_no_summary_rests_on_it(store: Database, desk: Desk) -> None:
    meeting = desk.run(with_unclear(store).id)
    found = store.summaries.find(meeting.id)
    assert found is not None
    assert found.items
    assert not any("諗諗" in f"{item.text}{item.evidence}" for item in found.items)
    cited = {proof["segment_id"] for item in found.items for proof in item.evidence}
    assert unclear_line(store, meeting).id not in cited
    assert found.summary.coverage == {"covered": 2, "total": 2}


def test_a_loop_that_was_stored_as_text_is_read_by_no_summary_until_a_person_confirms_it(
    store: Database, desk: Desk
) -> None:
    loop = "我哋決定" + "唔係唔係" * 8
    meeting = desk.run(desk.meeting([(None, loop), (None, SAID[0])]).id)
    found = store.summaries.find(meeting.id)
    assert found is not None
    assert not any("唔係唔係" in item.text for item in found.items)


def test_a_meeting_with_only_unclear_lines_completes_and_keeps_them(store: Database, desk: Desk) -> None:
    meeting = meetings.transcribing(store)
    lines = [NewSegment(0.0, 5.0, INVENTED, "", [], unclear=True)]
    store.pipeline.finish_transcript(meeting.id, meeting.job.run, lines, replace=False, tried=meetings._tried(store))
    assert desk.run(meeting.id).status == "COMPLETED"
    assert [line.unclear for line in store.transcripts.shown(meeting.id).segments] == [True]


def test_a_search_finds_it_by_what_a_person_wrote_alone(store: Database) -> None:
    meeting = with_unclear(store)
    assert list_meetings(store, MeetingFilter(q="諗諗")).items == []
    store.transcripts.edit_segment(meeting.id, unclear_line(store, meeting).id, None, text="大家諗諗佢")
    assert [found.meeting.id for found in list_meetings(store, MeetingFilter(q="諗諗")).items] == [meeting.id]


@pytest.mark.parametrize(("language", "shown"), [("zh-Hant-HK", "聽不清"), ("en", "(unclear)")])
@pytest.mark.parametrize("form", FORMS)
def test_an_export_shows_an_unclear_line_in_its_place(
    sqlite_store: Database, form: str, language: str, shown: str
) -> None:
    meeting = with_unclear(sqlite_store)
    transcript = sqlite_store.transcripts.shown(meeting.id)
    body = export(form, meeting, transcript, None, language).body  # type: ignore[arg-type]  # of FORMS
    text = "\n".join(p.text for p in docx.Document(io.BytesIO(body)).paragraphs) if form == "docx" else body.decode()
    assert "諗諗" not in text
    assert text.index(SAID[0]) < text.index(shown) < text.index(SAID[1])


@pytest.mark.parametrize(("language", "shown"), [("zh-Hant-HK", "聽不清"), ("en", "(unclear)")])
def test_the_page_shows_it_and_no_speaker_is_known_by_it(sqlite_store: Database, language: str, shown: str) -> None:
    transcript = sqlite_store.transcripts.shown(with_unclear(sqlite_store).id)
    line = batch("1", 0, transcript, [], language).lines[1]
    assert (line.text, line.unclear, line.unsure, line.at, line.end) == (shown, True, False, 3.0, 8.0)
    (speaker,) = speaker_rows(transcript, language)
    assert [sample.text for sample in speaker.samples] == list(SAID)


def test_a_correction_makes_an_unclear_line_an_ordinary_one(store: Database) -> None:
    meeting = with_unclear(store)
    line = unclear_line(store, meeting)
    _meeting, corrected = store.transcripts.edit_segment(meeting.id, line.id, line.version, text="我哋再諗。")
    assert (corrected.text, corrected.unclear, corrected.edited) == ("我哋再諗。", False, True)
    assert corrected.original_text == INVENTED


@pytest.mark.parametrize("handed_back", ["聽不清", "(unclear)", " 聽不清 "])
def test_a_new_speaker_alone_leaves_a_line_unclear(store: Database, handed_back: str) -> None:
    meeting = with_unclear(store)
    line = unclear_line(store, meeting)
    _meeting, changed = store.transcripts.edit_segment(
        meeting.id, line.id, line.version, text=handed_back, speaker_id=None
    )
    assert (changed.text, changed.unclear, changed.speaker_id) == ("", True, None)
    assert list_meetings(store, MeetingFilter(q="聽不清")).items == []


def test_a_transcript_parsed_anew_keeps_what_was_corrected_of_it(store: Database) -> None:
    meeting = with_unclear(store)
    meeting = meetings.summarized(store, meeting.id, [])
    store.transcripts.edit_segment(meeting.id, unclear_line(store, meeting).id, None, text="我哋再諗。")
    as_parsed = [
        NewSegment(0.0, 3.0, SAID[0], SAID[0] + "！", [], "S1"),
        NewSegment(3.0, 8.0, INVENTED, "", [], "S1", unclear=True),
        NewSegment(8.0, 11.0, SAID[1], SAID[1], [], "S1", unclear=True),
    ]
    done = store.transcripts.reparse(meeting.id, as_parsed)
    assert (done.changed, done.kept, done.lost) == (True, 1, 0)
    assert [(line.text, line.unclear) for line in store.transcripts.shown(meeting.id).segments] == [
        (SAID[0] + "！", False),
        ("我哋再諗。", False),
        (SAID[1], True),
    ]
    assert not store.transcripts.reparse(meeting.id, as_parsed).changed
