"""Corrections by hand, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cantomeet.errors import LeaseLost, NotFound, VersionConflict
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting, Segment, SummaryItem
from cantomeet.store import Database, NewAttempt, NewSummary
from tests import meetings

BUDGET = "Budget 下星期三之前交。"


def summed_up(store: Database) -> Meeting:
    """Three lines; the first item rests on the second line, the second item on the first line."""
    meeting = meetings.transcribed(store)
    lines = store.transcripts.shown(meeting.id).segments

    def cites(number: int, **item: Any) -> dict[str, Any]:
        line = lines[number]
        quoted = {"segment_id": line.id, "quote": line.text, "start": line.start, "end": line.end, "check": "exact"}
        return {"evidence": [quoted], **item}

    action = cites(1, kind="action_item", text="交 budget", owner="S2", due_text="下星期三")
    return meetings.summarized(store, meeting.id, [action, cites(0, kind="decision", text="開會")])


def items(store: Database, meeting: Meeting) -> list[SummaryItem]:
    found = store.summaries.find(meeting.id)
    assert found is not None
    return found.items


def test_an_item_is_corrected_and_keeps_what_it_said_and_its_evidence(store: Database) -> None:
    meeting = summed_up(store)
    item = items(store, meeting)[0]
    changed, edited = store.summaries.edit_item(
        meeting.id, item.id, 1, text="交預算", owner="阿明", due_date=date(2026, 12, 2)
    )
    assert (edited.text, edited.original_text, edited.edited, edited.version) == ("交預算", "交 budget", True, 2)
    assert (edited.owner, edited.due_date, edited.due_text) == ("阿明", date(2026, 12, 2), "下星期三")
    assert edited.evidence == item.evidence
    assert changed.version == meeting.version + 1
    again = store.summaries.edit_item(meeting.id, item.id, 2, text="交預算案")[1]
    assert again.original_text == "交 budget"


def test_ticking_an_item_off_is_no_correction(store: Database) -> None:
    meeting = summed_up(store)
    item = store.summaries.edit_item(meeting.id, items(store, meeting)[0].id, 1, done=True)[1]
    assert (item.done, item.edited, item.original_text) == (True, False, None)


def test_an_edit_of_an_older_version_changes_nothing(store: Database) -> None:
    meeting = summed_up(store)
    item = items(store, meeting)[0]
    line = store.transcripts.shown(meeting.id).segments[0]
    speaker = next(iter(store.transcripts.shown(meeting.id).speakers))
    version = store.summaries.edit_item(meeting.id, item.id, 1, done=True)[0].version
    for edit in (
        lambda: store.summaries.edit_item(meeting.id, item.id, 1, text="別的"),
        lambda: store.summaries.delete_item(meeting.id, item.id, 1),
        lambda: store.transcripts.edit_segment(meeting.id, line.id, 9, text="別的"),
        lambda: store.transcripts.rename_speaker(meeting.id, speaker, 9, "別人"),
    ):
        with pytest.raises(VersionConflict):
            edit()
    assert store.meetings.get(meeting.id).version == version
    assert [i.text for i in items(store, meeting)] == ["交 budget", "開會"]


def test_an_item_is_deleted(store: Database) -> None:
    meeting = summed_up(store)
    store.summaries.delete_item(meeting.id, items(store, meeting)[0].id, 1)
    assert [item.text for item in items(store, meeting)] == ["開會"]


def test_what_belongs_to_another_meeting_is_not_found(store: Database) -> None:
    meeting, other = summed_up(store), meetings.completed(store)
    line = store.transcripts.shown(meeting.id).segments[0]
    stranger = next(iter(store.transcripts.shown(other.id).speakers))
    for edit in (
        lambda: store.summaries.edit_item(other.id, items(store, meeting)[0].id, None, done=True),
        lambda: store.summaries.delete_item(other.id, items(store, meeting)[0].id, None),
        lambda: store.transcripts.edit_segment(other.id, line.id, None, text="別的"),
        lambda: store.transcripts.edit_segment(meeting.id, line.id, None, speaker_id=stranger),
        lambda: store.transcripts.rename_speaker(meeting.id, stranger, None, "別人"),
    ):
        with pytest.raises(NotFound):
            edit()
    store.meetings.mark_deleted(meeting.id)
    with pytest.raises(NotFound):
        store.transcripts.edit_segment(meeting.id, line.id, None, text="別的")


def test_a_corrected_line_keeps_the_recognisers_words_beside_it(store: Database) -> None:
    meeting = summed_up(store)
    line = store.transcripts.shown(meeting.id).segments[1]
    changed, edited = store.transcripts.edit_segment(meeting.id, line.id, 1, text="預算下星期四之前交。")
    assert (edited.text, edited.original_text) == ("預算下星期四之前交。", BUDGET)
    assert (edited.words, edited.edited, edited.version) == (line.words, True, 2)
    assert changed.version == meeting.version + 1


def test_items_on_a_corrected_line_are_stale_and_its_quotes_are_checked_again(store: Database) -> None:
    meeting = summed_up(store)
    line = store.transcripts.shown(meeting.id).segments[1]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="預算下星期四之前交。")
    action, decision = items(store, meeting)
    assert (action.stale, action.evidence[0]["check"], action.evidence[0]["was"]) == (True, "unverified", "exact")
    assert (decision.stale, decision.evidence[0]["check"]) == (False, "exact")
    assert action.version == 2
    store.transcripts.edit_segment(meeting.id, line.id, None, text=BUDGET)
    assert items(store, meeting)[0].evidence[0]["check"] == "exact"
    assert items(store, meeting)[0].stale


def test_items_of_every_version_that_cite_a_line_are_stale(store: Database) -> None:
    meeting = summed_up(store)
    first = items(store, meeting)[0]
    store.meetings.retry(meeting.id, "summarize")
    line = store.transcripts.shown(meeting.id).segments[1]
    cited = {"segment_id": line.id, "quote": "交", "start": 2.0, "end": 3.5, "check": "exact"}
    meetings.summarized(store, meeting.id, [{"kind": "risk", "text": "遲交", "evidence": [cited]}])
    store.transcripts.edit_segment(meeting.id, line.id, None, text=f"{BUDGET}好。")
    assert items(store, meeting)[0].stale
    assert store.summaries.item(meeting.id, first.id).stale


def test_a_line_given_to_another_speaker_makes_its_items_stale(store: Database) -> None:
    meeting = summed_up(store)
    transcript = store.transcripts.shown(meeting.id)
    other = next(key for key, speaker in transcript.speakers.items() if speaker.label == "S1")
    line = store.transcripts.edit_segment(meeting.id, transcript.segments[1].id, None, speaker_id=other)[1]
    assert (line.speaker_id, line.edited) == (other, True)
    assert [item.stale for item in items(store, meeting)] == [True, False]
    assert items(store, meeting)[0].evidence[0]["check"] == "exact"
    assert store.transcripts.edit_segment(meeting.id, line.id, None, speaker_id=None)[1].speaker_id is None


def test_saving_a_line_unchanged_makes_nothing_stale(store: Database) -> None:
    meeting = summed_up(store)
    line = store.transcripts.edit_segment(
        meeting.id, store.transcripts.shown(meeting.id).segments[1].id, 1, text=BUDGET
    )[1]
    assert not line.edited
    assert not any(item.stale for item in items(store, meeting))


def test_a_renamed_speaker_makes_items_stale_and_owners_follow(store: Database) -> None:
    meeting = summed_up(store)
    speaker = next(s for s in store.transcripts.shown(meeting.id).speakers.values() if s.label == "S2")
    changed, renamed = store.transcripts.rename_speaker(meeting.id, speaker.id, 1, "阿明")
    assert (renamed.name, renamed.label, renamed.version) == ("阿明", "S2", 2)
    assert changed.version == meeting.version + 1
    assert [(item.stale, item.owner) for item in items(store, meeting)] == [(True, "阿明"), (False, None)]
    store.transcripts.rename_speaker(meeting.id, speaker.id, 2, None)
    assert items(store, meeting)[0].owner == "S2"


def test_of_two_speakers_called_the_same_only_the_renamed_ones_own_items_follow(store: Database) -> None:
    meeting = summed_up(store)
    first, second = (s.id for s in sorted(store.transcripts.shown(meeting.id).speakers.values(), key=lambda s: s.label))
    store.transcripts.rename_speaker(meeting.id, second, None, "阿明")
    store.transcripts.rename_speaker(meeting.id, first, None, "阿明")
    store.summaries.edit_item(meeting.id, items(store, meeting)[0].id, None, due_text="下星期三前")
    store.transcripts.rename_speaker(meeting.id, first, None, "阿玲")
    assert items(store, meeting)[0].owner == "阿明", "it rests on the line of the other one"
    store.transcripts.rename_speaker(meeting.id, second, None, "陳太")
    assert items(store, meeting)[0].owner == "陳太"


def test_an_item_that_still_holds_quotes_the_corrected_line(store: Database) -> None:
    meeting = summed_up(store)
    line = store.transcripts.shown(meeting.id).segments[1]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="預算下星期四之前交。")
    stale = items(store, meeting)[0]
    held = store.summaries.edit_item(meeting.id, stale.id, stale.version, stale=False)[1]
    assert (held.stale, held.edited) == (False, False)
    assert (held.evidence[0]["quote"], held.evidence[0]["check"]) == ("預算下星期四之前交。", "exact")
    assert "was" not in held.evidence[0]


def test_correcting_a_stale_item_says_that_it_was_looked_at_but_ticking_it_does_not(store: Database) -> None:
    meeting = summed_up(store)
    line = store.transcripts.shown(meeting.id).segments[1]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="預算下星期四之前交。")
    item = items(store, meeting)[0]
    assert store.summaries.edit_item(meeting.id, item.id, None, done=True)[1].stale
    assert not store.summaries.edit_item(meeting.id, item.id, None, due_text="下星期四")[1].stale


def test_all_stale_items_of_a_summary_are_confirmed_at_once(store: Database) -> None:
    meeting = summed_up(store)
    for line in store.transcripts.shown(meeting.id).segments[:2]:
        store.transcripts.edit_segment(meeting.id, line.id, None, text=f"改過：{line.text}")
    store.summaries.confirm_items(meeting.id, 1)
    assert [item.stale for item in items(store, meeting)] == [False, False]


def test_what_was_changed_while_a_summary_was_written_is_stale_in_it_from_the_start(store: Database) -> None:
    meeting = meetings.transcribed(
        store, [("S1", "早晨。"), ("S2", "交 budget。"), ("S1", "散會啦。"), (None, "拜拜。")]
    )
    leased = store.pipeline.take_lease(meeting.id, 60)
    assert leased is not None
    read = store.transcripts.shown(meeting.id)
    first, second, third, fourth = read.segments
    store.transcripts.edit_segment(meeting.id, third.id, None, text="完咗啦。")
    store.transcripts.rename_speaker(meeting.id, str(second.speaker_id), None, "阿明")

    def cites(line: Segment) -> dict[str, Any]:
        quoted = {"segment_id": line.id, "quote": line.text, "start": line.start, "end": line.end, "check": "exact"}
        return {"kind": "action_item", "text": line.text, "evidence": [quoted], "owner": "S2"}

    new = NewSummary("llm", "zh-Hant-HK", [cites(line) for line in (first, second, third, fourth)], read=read)
    store.pipeline.finish_summary(leased.id, leased.job.run, new, tried=NewAttempt("summarize", store.now()))
    assert [(i.stale, i.evidence[0]["check"]) for i in items(store, meeting)] == [
        (False, "exact"),
        (True, "exact"),
        (True, "unverified"),
        (False, "exact"),
    ]
    assert {i.owner for i in items(store, meeting)} == {"阿明"}, "a label that stands nowhere any more names nobody"


def test_a_correction_does_not_cost_a_result_under_way(store: Database) -> None:
    meeting = summed_up(store)
    store.meetings.retry(meeting.id, "summarize")
    working = store.pipeline.take_lease(meeting.id, 60)
    assert working is not None
    line = store.transcripts.shown(meeting.id).segments[1]
    store.transcripts.edit_segment(meeting.id, line.id, None, text="預算下星期四之前交。")
    store.transcripts.rename_speaker(meeting.id, str(line.speaker_id), None, "阿明")
    store.summaries.edit_item(meeting.id, items(store, meeting)[0].id, None, done=True)
    store.summaries.delete_item(meeting.id, items(store, meeting)[1].id, None)
    try:
        store.pipeline.renew_lease(working.id, working.job.run, 60)
    except LeaseLost:
        pytest.fail("an edit took the lease from the worker")
    assert store.meetings.get(meeting.id).status == MeetingStatus.SUMMARIZING


# ---- the meeting's date --------------------------------------------------------------------------------------

MONDAY, A_WEEK_LATER = date(2026, 11, 23), date(2026, 11, 30)
WEDNESDAY, THE_NEXT = date(2026, 12, 2), date(2026, 12, 9)


def days(store: Database, meeting: Meeting) -> list[date | None]:
    return [item.due_date for item in items(store, meeting)]


def test_days_counted_from_the_meetings_date_move_with_it_and_a_persons_stay(store: Database) -> None:
    meeting = meetings.transcribed(
        store, [("S1", "Budget 下星期三之前交。"), ("S2", "每個星期五之前交報告。")], meeting_date=MONDAY
    )
    first, second = store.transcripts.shown(meeting.id).segments

    def action(line: Segment, due_text: str, due_date: date | None) -> dict[str, Any]:
        proof = {"segment_id": line.id, "quote": line.text, "start": line.start, "end": line.end, "check": "exact"}
        words = {"text": "交", "due_text": due_text, "due_date": due_date}
        return {"kind": "action_item", "evidence": [proof], **words}

    counted = action(first, "下星期三", WEDNESDAY)
    by_hand = action(first, "下星期三", date(2026, 12, 1))
    meetings.summarized(store, meeting.id, [counted, by_hand, action(second, "星期五", None)])
    before = items(store, meeting)
    store.meetings.edit(meeting.id, None, meeting_date=A_WEEK_LATER)
    assert days(store, meeting) == [THE_NEXT, date(2026, 12, 1), None]
    assert [item.version - old.version for item, old in zip(items(store, meeting), before, strict=True)] == [1, 0, 0]
    store.meetings.edit(meeting.id, None, meeting_date=None)
    assert days(store, meeting) == [None, date(2026, 12, 1), None], "counted from nothing, least of all from today"
    store.meetings.edit(meeting.id, None, meeting_date=MONDAY, title="例會")
    assert days(store, meeting) == [WEDNESDAY, date(2026, 12, 1), None]


def test_a_date_changed_while_a_summary_was_written_counts_in_it(store: Database) -> None:
    meeting = meetings.transcribed(store, meeting_date=MONDAY)
    leased = store.pipeline.take_lease(meeting.id, 60)
    assert leased is not None
    read = store.transcripts.shown(meeting.id)
    store.meetings.edit(meeting.id, None, meeting_date=A_WEEK_LATER)
    line = read.segments[1]
    proof = {"segment_id": line.id, "quote": line.text, "start": line.start, "end": line.end, "check": "exact"}
    action = {"kind": "action_item", "text": "交", "due_text": "下星期三", "due_date": WEDNESDAY, "evidence": [proof]}
    new = NewSummary("llm", "zh-Hant-HK", [action], read=read, meeting_date=leased.meeting_date)
    store.pipeline.finish_summary(leased.id, leased.job.run, new, tried=NewAttempt("summarize", store.now()))
    assert days(store, meeting) == [THE_NEXT]
