"""The search across meetings: what it finds, pages and filters, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from cantomeet.cantonese import Sounds, search_query, search_text
from cantomeet.errors import InvalidRequest
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import MeetingFilter
from cantomeet.listing.search import (
    FoundMeetings,
    Hits,
    SearchFilter,
    find_by_meeting,
    find_texts,
    parse_search,
    people,
)
from cantomeet.models import new_id
from cantomeet.store import Database
from tests import meetings
from tests.cantomeet.test_cantonese_searching import FOUND, NOT_FOUND

SAID = st.text(alphabet="预預算十二12百萬月個aB%,。 ", min_size=1, max_size=8).filter(lambda text: text.strip())
SAME = {"陈": "can", "尘": "can", "大": "daai", "带": "daai"}
READINGS = {character: [reading] for character, reading in SAME.items()}
SOUNDS = Sounds(READINGS, READINGS)
ITEM = {"kind": "decision", "text": "通過預算", "evidence": [], "start": 2.0}


def found(store: Database, q: str, **wanted: Any) -> Hits:
    with store.read() as tx:
        return find_texts(tx, SearchFilter(q, **wanted))


def by_meeting(store: Database, q: str, each: int = 2, **wanted: Any) -> FoundMeetings:
    with store.read() as tx:
        return find_by_meeting(tx, SearchFilter(q, **wanted), each)


def texts(store: Database, q: str, **wanted: Any) -> list[str]:
    return [hit.text for hit in found(store, q, **wanted).items]


def test_the_same_is_found_on_both_databases(store: Database) -> None:
    meetings.transcribed(store, [("S1", text) for _, text in FOUND], title="X")
    meetings.index(store)
    for asked, text in FOUND:
        assert text in texts(store, asked), (asked, text)


def test_the_same_is_not_found_on_both_databases(store: Database) -> None:
    meetings.transcribed(store, [("S1", text) for _, text in NOT_FOUND], title="X")
    meetings.index(store)
    for asked, text in NOT_FOUND:
        if asked:
            assert text not in texts(store, asked), (asked, text)


@settings(
    max_examples=500 if os.environ.get("CANTOMEET_SOAK") else 25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=st.lists(SAID, max_size=6), asked=st.lists(SAID, min_size=1, max_size=5))
def test_the_index_finds_what_a_look_at_each_text_finds(store: Database, lines: list[str], asked: list[str]) -> None:
    owner = new_id()
    meetings.transcribed(store, [("S1", line) for line in lines], title="x", owner_id=owner)
    meetings.index(store)
    for q in asked:
        query = search_query(q)
        wanted = [line for line in lines if query.found_in(search_text(line))]
        assert texts(store, f"{q} ", meetings=MeetingFilter(owner_id=owner)) == wanted


def test_hits_say_where_they_are(store: Database) -> None:
    lines = [("S1", "早晨"), ("S2", "講預算，预算")]
    meeting = meetings.completed(store, lines, [ITEM], title="預算會", description="關於預算")
    meetings.index(store)
    hits = found(store, "预算")
    assert [(hit.source, hit.start, hit.text, hit.marks) for hit in hits.items] == [
        ("title", None, "預算會", [(0, 2)]),
        ("description", None, "關於預算", [(2, 4)]),
        ("item", 2.0, "通過預算", [(2, 4)]),
        ("line", 2.0, "講預算，预算", [(1, 3), (4, 6)]),
    ]
    assert {hit.meeting_id for hit in hits.items} == {meeting.id}
    summary = store.summaries.find(meeting.id)
    assert summary is not None
    line = store.transcripts.shown(meeting.id).segments[1]
    assert [hit.segment_id for hit in hits.items] == [None, None, None, line.id]
    assert [hit.item_id for hit in hits.items] == [None, None, summary.items[0].id, None]
    assert [hit.speaker for hit in hits.items] == [None, None, None, "S2"]
    assert (hits.total, hits.counted_all, hits.complete, hits.next_cursor) == (4, True, True, None)


def test_an_item_is_where_its_first_proof_is(store: Database) -> None:
    proofs = [
        {"segment_id": "x", "quote": "預算", "start": start, "end": start + 1, "check": check}
        for start, check in ((1.0, "unverified"), (9.0, "exact"), (5.0, "folded"))
    ]
    items = [{**ITEM, "start": None, "evidence": proofs}, {**ITEM, "start": None, "text": "無人講過預算"}]
    meetings.completed(store, [("S1", "早晨")], items, title="X")
    meetings.index(store)
    assert [hit.start for hit in found(store, "預算").items] == [5.0, None]


def test_pages_show_each_hit_once_and_a_meetings_hits_together(store: Database) -> None:
    for n in range(3):
        meetings.transcribed(store, [("S1", f"預算第{line}句") for line in range(3)], title=f"第{n}次")
        meetings.index(store)
    whole = found(store, "預算")
    assert [hit.meeting_title for hit in whole.items] == ["第2次"] * 3 + ["第1次"] * 3 + ["第0次"] * 3
    cursor, paged = None, []
    while True:
        page = found(store, "預算", limit=2, cursor=cursor)
        assert page.total == 9
        paged += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert paged == whole.items


def test_by_meeting_each_has_its_first_hits_and_the_number_of_others(store: Database) -> None:
    for n in range(5):
        meetings.transcribed(store, [("S1", f"預算{line}") for line in range(n)], title=f"第{n}次")
        meetings.index(store)
    shown, cursor = [], None
    while True:
        page = by_meeting(store, "預算", limit=2, cursor=cursor)
        shown += [(found.title, [hit.text for hit in found.hits], found.others) for found in page.items]
        assert len(page.items) <= 2
        cursor = page.next_cursor
        if cursor is None:
            break
        assert (page.total, page.counted_all) == (10, True)
    assert shown == [
        ("第4次", ["預算0", "預算1"], 2),
        ("第3次", ["預算0", "預算1"], 1),
        ("第2次", ["預算0", "預算1"], 0),
        ("第1次", ["預算0"], 0),
    ]


def test_by_meeting_more_hits_than_are_counted_hide_no_meeting(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cantomeet.listing.search.MOST_COUNTED", 3)
    for title in ("b", "a"):
        meetings.transcribed(store, [("S1", "預算")] * 5, title=title)
        meetings.index(store)
    first = by_meeting(store, "預算")
    assert ([found.title for found in first.items], first.total, first.counted_all) == (["a"], 3, False)
    second = by_meeting(store, "預算", cursor=first.next_cursor)
    assert [found.title for found in second.items] == ["b"]


def test_by_meeting_a_meeting_whose_words_were_changed_is_left_out(store: Database) -> None:
    meeting = meetings.transcribed(store, [("S1", "預算")])
    meetings.index(store)
    line = store.transcripts.shown(meeting.id).segments[0]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="改咗")
    assert (list(by_meeting(store, "預算").items), by_meeting(store, "預算").complete) == ([], False)


def test_by_meeting_signs_alone_find_nothing(store: Database) -> None:
    meetings.uploaded(store, title="%")
    meetings.index(store)
    assert list(by_meeting(store, "%").items) == []


def test_people_are_the_named_speakers_those_of_most_meetings_first(store: Database) -> None:
    for names in (["阿明", "陳生"], ["阿明"], ["何太"]):
        meeting = meetings.transcribed(store, [(f"S{n}", "好") for n in range(len(names) + 1)])
        speakers = sorted(store.transcripts.speakers(meeting.id).values(), key=lambda speaker: speaker.label)
        for speaker, name in zip(speakers, names, strict=False):
            store.transcripts.rename_speaker(meeting.id, speaker.id, None, name)
    theirs = meetings.transcribed(store, [("S1", "好")], owner_id="somebody")
    (speaker,) = store.transcripts.speakers(theirs.id).values()
    store.transcripts.rename_speaker(theirs.id, speaker.id, None, "別人")
    with store.read() as tx:
        named = people(tx, MeetingFilter(), 10)
        assert (named[0], sorted(named)) == ("阿明", sorted(["阿明", "陳生", "何太"]))
        assert people(tx, MeetingFilter(), 1) == ["阿明"]


def test_filters_by_status_date_and_speaker(store: Database) -> None:
    lines = [("S1", "預算甲"), ("S2", "預算乙")]
    done = meetings.completed(store, lines, title="a", meeting_date=date(2026, 11, 1))
    meetings.transcribed(store, [("S1", "預算丙")], title="b", meeting_date=date(2026, 11, 2))
    speaker = store.transcripts.shown(done.id).segments[1].speaker_id
    assert speaker is not None
    store.transcripts.rename_speaker(done.id, speaker, None, "阿明")
    meetings.index(store)
    of_done = MeetingFilter(statuses=frozenset({MeetingStatus.COMPLETED}))
    assert texts(store, "預算", meetings=of_done) == ["預算甲", "預算乙"]
    assert texts(store, "預算", meetings=MeetingFilter(date_from=date(2026, 11, 2))) == ["預算丙"]
    assert texts(store, "預算", speaker="阿明") == ["預算乙"]
    assert texts(store, "預算", speaker="S2") == []
    assert sorted(texts(store, "預算", speaker="S1")) == ["預算丙", "預算甲"]


def test_neither_a_deleted_nor_somebody_elses_meeting_is_found(store: Database) -> None:
    gone = meetings.uploaded(store, title="預算")
    meetings.uploaded(store, title="預算", owner_id="somebody")
    meetings.index(store)
    store.meetings.mark_deleted(gone.id)
    assert found(store, "預算").total == 0
    assert found(store, "預算", meetings=MeetingFilter(owner_id="somebody")).total == 1


def test_a_search_while_the_index_is_built_finds_what_there_is_and_says_so(store: Database) -> None:
    for title in ("預算甲", "預算乙"):
        meetings.uploaded(store, title=title)
    store.search.update_some(1)
    hits = found(store, "預算")
    assert (hits.total, hits.complete) == (1, False)
    meetings.index(store)
    hits = found(store, "預算")
    assert (hits.total, hits.complete) == (2, True)


def test_a_text_that_was_changed_and_is_not_taken_up_yet_is_no_hit(store: Database) -> None:
    meeting = meetings.transcribed(store, [("S1", "預算")])
    meetings.index(store)
    line = store.transcripts.shown(meeting.id).segments[0]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="改咗")
    hits = found(store, "預算")
    assert (list(hits.items), hits.complete) == ([], False)


def test_hits_are_counted_up_to_a_limit(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cantomeet.listing.search.MOST_COUNTED", 3)
    meetings.transcribed(store, [("S1", "預算")] * 4)
    meetings.index(store)
    hits = found(store, "預算", limit=10)
    assert (len(hits.items), hits.total, hits.counted_all) == (4, 3, False)


def test_a_name_is_found_by_its_sound_in_any_characters(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cantomeet.listing.search.known_sounds", lambda: SOUNDS)
    lines = ["問塵帶文", "問陳大文，塵大A", "塵同大", "大陳"]
    meetings.transcribed(store, [("S1", line) for line in lines], title="X")
    meetings.index(store)
    assert texts(store, "陳大", by="sound") == ["問塵帶文", "問陳大文，塵大A"]
    assert texts(store, "塵帶文", by="sound") == ["問塵帶文", "問陳大文，塵大A"]
    assert texts(store, "陳大a", by="sound") == ["問陳大文，塵大A"]
    assert texts(store, "帶", by="sound") == lines
    assert texts(store, "陳文", by="sound") == texts(store, "。", by="sound") == []
    assert texts(store, "塵帶") == ["問塵帶文"]
    (_, hit) = found(store, "陳大", by="sound").items
    assert [hit.text[start:end] for start, end in hit.marks] == ["陳大", "塵大"]


@pytest.mark.parametrize(
    "q", ['"', "%", "*", "'", "\\", "🙂", "。。", "()", "a AND", "NEAR(a b)", "^a", "-a", "預" * 200]
)
def test_no_text_is_a_fault(store: Database, q: str) -> None:
    meetings.uploaded(store, title="預算 a")
    meetings.index(store)
    assert found(store, q).total in (0, 1)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "q"),
        ({"q": " "}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00"}, "q"),
        ({"q": "\ud800"}, "q"),
        ({"q": "a", "by": "smell"}, "by"),
        ({"q": "a", "limit": "0"}, "limit"),
        ({"q": "a", "status": "DONE"}, "status"),
        ({"q": "a", "from": "yesterday"}, "from"),
        ({"q": "a", "speaker": "x" * 201}, "speaker"),
        ({"q": "a", "cursor": "nonsense"}, "cursor"),
        ({"q": "a", "cursor": "9" * 30}, "cursor"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_search(params)
    assert refused.value.field == field


def plans(store: Database, wanted: SearchFilter) -> list[str]:
    """The steps of the plan of each statement that a search sends."""
    asked: list[tuple[str, Any]] = []
    listen = ("before_cursor_execute", lambda _c, _k, statement, given, _x, _m: asked.append((statement, given)))
    event.listen(store.engine, *listen)
    try:
        find_texts(store, wanted)
    finally:
        event.remove(store.engine, *listen)
    sqlite = store.engine.dialect.name == "sqlite"
    steps: list[str] = []
    with store.engine.connect() as connection:
        if not sqlite:
            # A handful of rows would be read whole.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, given in asked:
            explained = f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}"
            if statement.startswith("SELECT"):
                steps += [str(step[-1]) for step in connection.exec_driver_sql(explained, given)]
    return steps


def test_no_statement_reads_a_table_that_grows(store: Database) -> None:
    meetings.completed(store, [("S1", "預算"), ("S1", "十二月")], [ITEM], description="預算")
    meetings.index(store)
    for wanted in (SearchFilter("預算"), SearchFilter("十二月", speaker="S1"), SearchFilter("預", cursor="1" * 9)):
        steps = plans(store, wanted)
        assert steps
        if store.engine.dialect.name == "sqlite":
            # FTS5 is asked by its MATCH. What is counted is a subquery of at most MOST_COUNTED rows.
            allowed = ("SCAN CONSTANT ROW", "SCAN anon_1", "SCAN searchindex VIRTUAL TABLE INDEX ")
            assert not [step for step in steps if step.startswith("SCAN") and not step.startswith(allowed)]
            assert all(step.endswith("M1") or ":M1" in step for step in steps if "VIRTUAL" in step), steps
            assert not any("TEMP B-TREE" in step for step in steps), steps
        else:
            assert not any("Seq Scan" in step for step in steps), steps
            assert any("ix_searchentry_tokens" in step or "searchentry_pkey" in step for step in steps), steps
