"""What is found in the lines of one transcript, as the search across meetings folds and marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.access import LOCAL_OWNER
from cantomeet.cantonese import search_query
from cantomeet.jobs import JobKind
from cantomeet.queries.meeting_page import transcript_texts
from cantomeet.store import Database
from cantomeet_ui.presenters import finding
from cantomeet_ui.presenters.finding import FoundLines, found_lines
from tests import meetings
from tests.marking import marked
from tests.showing import services_over

LINES = {"a": "今年預算係十二萬", "b": "𠵱家𠹌住𨋢，budget 12", "c": "好"}


def found(q: str) -> FoundLines:
    return found_lines(q, search_query(q), LINES.items())


@pytest.mark.parametrize(
    ("q", "lines"),
    [
        ("预算", {"a": ["今年", "[預算]", "係十二萬"]}),
        ("12萬", {"a": ["今年預算係", "[十二萬]"]}),
        ("十二", {"a": ["今年預算係", "[十二]", "萬"], "b": ["𠵱家𠹌住𨋢，budget ", "[12]"]}),
        ("12", {"b": ["𠵱家𠹌住𨋢，budget ", "[12]"]}),
        ("𨋢", {"b": ["𠵱家𠹌住", "[𨋢]", "，budget 12"]}),
        ("ＢＵＤＧＥＴ", {"b": ["𠵱家𠹌住𨋢，", "[budget]", " 12"]}),
        ("沒有", {}),
        ("。", {}),
    ],
)
def test_what_is_said_is_found_however_it_is_written(q: str, lines: dict[str, list[str]]) -> None:
    shown = found(q)
    assert {line_id: marked(parts) for line_id, parts in shown.lines.items()} == lines
    assert (shown.q, shown.ids, shown.more) == (q, list(lines), False)


@given(st.text(alphabet="预預算十二12𠵱 a，", min_size=1, max_size=6))
def test_the_parts_of_a_line_are_the_line(q: str) -> None:
    for line_id, parts in found(q).lines.items():
        assert "".join(part.text for part in parts) == LINES[line_id]
        assert any(part.found for part in parts)


def test_so_many_lines_are_sent_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "MOST_FOUND", 2)
    shown = found_lines("好", search_query("好"), [(str(n), "好") for n in range(3)])
    assert (shown.ids, list(shown.lines), shown.more) == (["0", "1"], ["0", "1"], True)


def test_the_lines_are_those_of_the_shown_transcript_whatever_the_index_has(store: Database) -> None:
    meeting = meetings.transcribed(store, [("S1", "預算"), ("S2", "改")])
    first, second = store.transcripts.shown(meeting.id).segments
    store.transcripts.edit_segment(meeting.id, second.id, None, text="新預算")
    texts = transcript_texts(services_over(store), LOCAL_OWNER, meeting.id, written=False)
    assert texts == [(first.id, "預算"), (second.id, "新預算")]


def test_in_written_chinese_the_lines_are_as_they_are_shown(store: Database) -> None:
    meeting = meetings.transcribed(store, [("S1", "佢哋唔同意"), ("S2", "好")])
    first, second = store.transcripts.shown(meeting.id).segments
    store.written_views.ask(meeting.id)
    job = store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert job is not None
    texts = {first.id: (first.version, "他們不同意"), second.id: (second.version + 1, "之前的話")}
    store.written_views.finish(meeting.id, job.run, texts, name="", usage=None)
    shown = transcript_texts(services_over(store), LOCAL_OWNER, meeting.id, written=True)
    assert shown == [(first.id, "他們不同意"), (second.id, "好")]
