"""Versions of a summary, templates that people write, and the wait for the speakers' names; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cantomeet.errors import Conflict, InvalidRequest, NotFound, VersionConflict
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import MeetingFilter, list_meetings
from cantomeet.models import Meeting
from cantomeet.store import Database, NewAttempt, NewSummary
from cantomeet.templates import BOARD_MINUTES, GENERAL
from tests import meetings

NASTY = "用 {} 同 {{ meeting.secret }} 寫，{% for x in y %}每點一行{% endfor %}，\n%s %(name)s ${PATH}"
SECTIONS = [{"title": "{{ 重點 }}"}, {"title": "決定", "kind": "decision"}]
UNNAMED = ((None, "早晨"), (None, "散會"))


def summarize(store: Database, meeting_id: str, *warnings: str, actions: int = 0) -> Meeting:
    meeting = store.pipeline.take_lease(meeting_id, 60)
    assert meeting is not None
    items = [{"kind": "action_item", "text": f"交{n}", "evidence": []} for n in range(actions)]
    new = NewSummary("llm", "en", items, BOARD_MINUTES, name=f"model {len(warnings)}", warnings=warnings)
    return store.pipeline.finish_summary(meeting.id, meeting.job.run, new, tried=NewAttempt("summarize", store.now()))


# ---- versions ----------------------------------------------------------------------------------------------


def test_a_new_summary_is_shown_and_the_earlier_one_is_kept(store: Database) -> None:
    meeting = meetings.completed(store)
    store.meetings.retry(meeting.id, "summarize")
    summarize(store, meeting.id)
    assert [(one.version, one.method, one.template) for one in store.summaries.versions(meeting.id)] == [
        (2, "llm", "board_minutes"),
        (1, "extractive", "general"),
    ]
    shown, first = store.summaries.find(meeting.id), store.summaries.find(meeting.id, 1)
    assert shown is not None
    assert first is not None
    assert (shown.summary.version, first.summary.method) == (2, "extractive")
    assert shown.summary.template_name == BOARD_MINUTES.name
    assert shown.summary.sections[1] == {"kind": "chapter", "title": "議程", "title_en": "Agenda"}
    assert store.summaries.find(meeting.id, 3) is None


def test_a_person_goes_back_to_an_earlier_summary_and_forth_again(store: Database) -> None:
    meeting = meetings.completed(store)
    store.meetings.retry(meeting.id, "summarize")
    after = summarize(store, meeting.id, "summary_fell_back", actions=2)
    assert (after.warnings, after.summarizer_name) == (["summary_fell_back"], "model 1")
    assert list_meetings(store, MeetingFilter()).items[0].open_actions == 2
    back = store.summaries.show(meeting.id, 1)
    assert (back.shown_summary, back.warnings, back.summarizer_name) == (1, [], "逐字摘錄")
    assert back.version > after.version
    shown = store.summaries.find(meeting.id)
    assert shown is not None
    assert shown.summary.version == 1
    assert list_meetings(store, MeetingFilter()).items[0].open_actions == 0
    forth = store.summaries.show(meeting.id, 2)
    assert (forth.shown_summary, forth.warnings) == (None, ["summary_fell_back"])


def test_what_was_chosen_gives_way_to_a_summary_that_is_written_later(store: Database) -> None:
    meeting = meetings.completed(store)
    store.meetings.retry(meeting.id, "summarize")
    summarize(store, meeting.id)
    store.summaries.show(meeting.id, 1)
    store.meetings.retry(meeting.id, "summarize")
    assert store.meetings.get(meeting.id).shown_summary == 1, "shown until the new one is whole"
    summarize(store, meeting.id)
    shown = store.summaries.find(meeting.id)
    assert shown is not None
    assert shown.summary.version == 3


def test_a_warning_of_an_earlier_summary_does_not_stay(store: Database) -> None:
    meeting = meetings.transcribed(store)
    meetings.set_columns(store, meeting.id, warnings=["no_speakers"])
    assert summarize(store, meeting.id, "summary_fell_back").warnings == ["no_speakers", "summary_fell_back"]
    store.meetings.retry(meeting.id, "summarize")
    assert summarize(store, meeting.id).warnings == ["no_speakers"]


@pytest.mark.parametrize("version", [0, 2, -1])
def test_a_version_that_there_is_not_cannot_be_shown(store: Database, version: int) -> None:
    meeting = meetings.completed(store)
    with pytest.raises(NotFound):
        store.summaries.show(meeting.id, version)


def test_summaries_of_a_recording_that_is_transcribed_anew_are_held_against_the_new_lines(store: Database) -> None:
    meeting = meetings.transcribed(store)
    first, second, _ = store.transcripts.shown(meeting.id).segments
    proofs = [
        {"segment_id": s.id, "quote": s.text, "start": s.start, "end": s.end, "check": "exact"} for s in (first, second)
    ]
    items = [{"kind": "note", "text": "x", "evidence": [proof]} for proof in proofs]
    meetings.summarized(store, meeting.id, items)
    store.meetings.retry(meeting.id, "transcribe", confirm_cost=True)
    anew = store.pipeline.take_lease(meeting.id, 60)
    assert anew is not None
    lines = meetings.segments([("S1", first.text), ("S2", "其他說話。")])
    store.pipeline.finish_transcript(
        meeting.id, anew.job.run, lines, replace=True, tried=NewAttempt("recognise", store.now())
    )
    shown = store.summaries.find(meeting.id)
    assert shown is not None
    assert [item.stale for item in shown.items] == [True, True]
    assert shown.items[0].evidence == [{**proofs[0], "segment_id": store.transcripts.shown(meeting.id).segments[0].id}]
    assert [(proof["check"], proof["was"]) for proof in shown.items[1].evidence] == [("unverified", "exact")]


# ---- another summary ---------------------------------------------------------------------------------------


def test_another_summary_of_what_is_completed_begins_a_round_and_a_failed_one_goes_on_in_its_own(
    store: Database,
) -> None:
    meeting = meetings.completed(store)
    assert store.meetings.retry(meeting.id, "summarize").summary_round == 2
    store.meetings.cancel(meeting.id)
    assert store.meetings.retry(meeting.id, "summarize").summary_round == 2
    store.meetings.cancel(meeting.id)
    assert store.meetings.retry(meeting.id).summary_round == 2


def test_a_retry_takes_what_the_summary_is_to_be(store: Database) -> None:
    meeting = meetings.completed(store)
    going = store.meetings.retry(meeting.id, "summarize", template="board_minutes", summary_language="zh-Hant-HK+en")
    assert (going.template, going.summary_language) == ("board_minutes", "zh-Hant-HK+en")
    assert going.job.due_at is not None


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"template": "gone"}, "template"),
        ({"template": "a\x00b"}, "template"),
        ({"template": "\ud800"}, "template"),
        ({"template": "x" * 500}, "template"),
        ({"template": ""}, "template"),
        ({"summary_language": "fr"}, "summary_language"),
    ],
)
def test_a_wish_that_cannot_be_met_changes_nothing(store: Database, wish: dict[str, str], field: str) -> None:
    meeting = meetings.completed(store)
    for refused in (
        lambda: store.meetings.retry(meeting.id, "summarize", **wish),  # type: ignore[arg-type]  # texts
        lambda: store.meetings.edit(meeting.id, None, **wish),
    ):
        with pytest.raises(InvalidRequest) as error:
            refused()
        assert error.value.field == field
    assert store.meetings.get(meeting.id) == meeting


# ---- names first -------------------------------------------------------------------------------------------


def waiting(store: Database) -> Meeting:
    return meetings.transcribed(store, name_speakers_first=True)


def waiting_ids(store: Database) -> list[str]:
    return [item.meeting.id for item in list_meetings(store, MeetingFilter(waiting_for="names")).items]


def test_a_summary_waits_until_the_speakers_are_named(store: Database) -> None:
    meeting = waiting(store)
    meetings.index(store)
    assert (meeting.status, meeting.job.due_at, meeting.job.lease_until) == (MeetingStatus.SUMMARIZING, None, None)
    assert meeting.waits_for_names
    assert waiting_ids(store) == [meeting.id]
    assert store.jobs.wake_due() == []
    assert store.pipeline.take_lease(meeting.id, 60) is None
    assert store.pipeline.due_now(meeting.id) is None
    going = store.meetings.summarize(meeting.id)
    assert not going.waits_for_names
    assert waiting_ids(store) == []
    done = summarize(store, meeting.id)
    assert done.status == MeetingStatus.COMPLETED


def test_what_waits_for_a_person_is_not_late(store: Database) -> None:
    meeting = waiting(store)
    meetings.set_columns(store, meeting.id, stage_since=store.now() - timedelta(days=1))
    assert store.jobs.oldest_due_seconds() == 0
    going = store.meetings.summarize(meeting.id)
    meetings.set_job(store, going.id, due_at=store.now() - timedelta(hours=1))
    assert store.jobs.oldest_due_seconds() >= 3600


def test_without_speakers_nothing_waits(store: Database) -> None:
    meeting = meetings.transcribed(store, UNNAMED, name_speakers_first=True)
    assert meeting.job.due_at is not None
    assert not meeting.waits_for_names
    summarize(store, meeting.id)
    assert not store.meetings.retry(meeting.id, "summarize", name_speakers_first=True).waits_for_names


def test_switching_it_off_lets_the_summary_go_on(store: Database) -> None:
    meeting = waiting(store)
    assert store.meetings.edit(meeting.id, meeting.version, title="例會").waits_for_names
    going = store.meetings.edit(meeting.id, None, name_speakers_first=False)
    assert going.job.due_at is not None
    assert store.pipeline.take_lease(meeting.id, 60) is not None


def test_switching_it_on_or_off_while_the_recording_is_transcribed_counts(store: Database) -> None:
    meeting = meetings.transcribing(store)
    store.meetings.edit(meeting.id, None, name_speakers_first=True)
    after = store.pipeline.finish_transcript(
        meeting.id,
        meeting.job.run,
        meetings.segments(meetings.LINES),
        replace=False,
        tried=NewAttempt("recognise", store.now()),
    )
    assert after.waits_for_names


def test_what_waits_can_be_cancelled_and_waits_again_after_a_retry(store: Database) -> None:
    meeting = waiting(store)
    cancelled = store.meetings.cancel(meeting.id)
    assert (cancelled.status, cancelled.waits_for_names) == (MeetingStatus.FAILED, False)
    assert store.meetings.retry(meeting.id).waits_for_names
    store.meetings.summarize(meeting.id)
    assert store.pipeline.take_lease(meeting.id, 60) is not None


def test_what_waits_can_be_deleted(store: Database) -> None:
    gone = store.meetings.mark_deleted(waiting(store).id)
    assert waiting_ids(store) == []
    assert [one.id for one in store.jobs.wake_due()] == [gone.id]


def test_another_summary_may_wait_for_names_too_and_the_switch_holds_once(store: Database) -> None:
    meeting = meetings.completed(store)
    assert store.meetings.retry(meeting.id, "summarize", name_speakers_first=True).waits_for_names
    store.meetings.summarize(meeting.id)
    assert not summarize(store, meeting.id).name_speakers_first
    assert not store.meetings.retry(meeting.id, "summarize").waits_for_names


@pytest.mark.parametrize("made", [meetings.uploaded, meetings.transcribed, meetings.completed, meetings.failed])
def test_nothing_goes_on_that_does_not_wait(store: Database, made: Callable[[Database], Meeting]) -> None:
    meeting = made(store)
    with pytest.raises(Conflict):
        store.meetings.summarize(meeting.id)
    assert store.meetings.get(meeting.id) == meeting


# ---- templates ---------------------------------------------------------------------------------------------


def test_a_template_is_kept_word_for_word_whatever_it_holds(store: Database) -> None:
    made = store.templates.add("我嘅 {{範本}}", NASTY, SECTIONS)
    found = store.templates.find(made.id)
    assert found is not None
    assert (found.name, found.instructions) == ("我嘅 {{範本}}", NASTY)
    assert [(section.kind, section.title) for section in found.sections] == [
        ("note", "{{ 重點 }}"),
        ("decision", "決定"),
    ]
    assert [row.id for row in store.templates.all()] == [made.id]


def test_those_that_ship_are_found_and_cannot_be_changed(store: Database) -> None:
    assert store.templates.find("general") == GENERAL
    for refused in (
        lambda: store.templates.edit("general", None, "甲", "", SECTIONS),
        lambda: store.templates.delete("board_minutes"),
    ):
        with pytest.raises(Conflict):
            refused()


def test_a_template_is_changed_by_one_at_a_time(store: Database) -> None:
    made = store.templates.add("甲", "", SECTIONS)
    changed = store.templates.edit(made.id, made.version, "乙", "短", SECTIONS[:1])
    assert (changed.name, changed.version, len(changed.sections)) == ("乙", 2, 1)
    with pytest.raises(VersionConflict):
        store.templates.edit(made.id, made.version, "丙", "", SECTIONS)
    assert store.templates.all() == [changed]


def test_a_template_that_makes_no_sense_is_refused_and_not_kept(store: Database) -> None:
    with pytest.raises(InvalidRequest):
        store.templates.add("", "", SECTIONS)
    with pytest.raises(InvalidRequest):
        store.templates.add("甲", "", [])
    assert store.templates.all() == []


@pytest.mark.parametrize("template_id", ["gone", "\ud800", "a\x00b", "x" * 500, ""])
def test_a_template_that_there_is_not_is_not_found(store: Database, template_id: str) -> None:
    assert store.templates.find(template_id) is None
    with pytest.raises(NotFound):
        store.templates.delete(template_id)
    with pytest.raises(NotFound):
        store.templates.edit(template_id, None, "甲", "", SECTIONS)


def test_a_deleted_template_leaves_its_meetings_and_summaries_as_they_are(store: Database) -> None:
    made = store.templates.add("甲", "", SECTIONS)
    meeting = meetings.completed(store, template=made.id)
    store.templates.delete(made.id)
    assert store.templates.find(made.id) is None
    assert store.meetings.get(meeting.id).template == made.id
    assert store.meetings.retry(meeting.id, "summarize").job.due_at is not None
