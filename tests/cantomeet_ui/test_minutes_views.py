"""How pages show minutes: sections, marks, versions, speakers, corrected lines, action items."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from cantomeet.actions import ActionFilter, list_actions
from cantomeet.i18n import EN, ZH, text
from cantomeet.jobs import JobKind
from cantomeet.models import Segment, Speaker, Summary, SummaryItem
from cantomeet.packed_words import pack
from cantomeet.queries.meeting_page import Have
from cantomeet.store import Database, NewAttempt, NewSummary, SummaryWithItems, Transcript
from cantomeet.stored_json import StoredWord
from cantomeet_ui.presenters.actions import groups, owner_choices
from cantomeet_ui.presenters.choices import Choice, with_default
from cantomeet_ui.presenters.speakers import speaker_rows
from cantomeet_ui.presenters.summary import summary_view
from cantomeet_ui.presenters.transcript import batch
from cantomeet_ui.presenters.written import WrittenPane, written_pane
from tests import meetings
from tests.cantomeet.test_actions import action
from tests.cantomeet.test_editing import summed_up
from tests.showing import meeting_shown

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
PROOF = {"segment_id": "s", "quote": "交", "start": 65.0, "end": 66.0, "check": "exact"}


def item(kind: str = "decision", text: str = "通過", **columns: Any) -> SummaryItem:
    return SummaryItem(**{"summary_id": "x", "position": 0, "kind": kind, "text": text, "evidence": [PROOF], **columns})


def summary(*items: SummaryItem, **columns: Any) -> SummaryWithItems:
    known = {"id": "x", "meeting_id": "m", "version": 2, "method": "llm", "language": ZH, "name": "qwen3", **columns}
    return SummaryWithItems(Summary(**known, created_at=NOW), list(items))


# ---- summary ---------------------------------------------------------------------------------------------------


def test_an_unproven_item_is_listed_apart_from_the_sections() -> None:
    shown = summary_view(summary(item(), item(text="無人講過", evidence=[])), NOW, ZH)
    assert [p.text for s in shown.sections for p in s.points] == ["通過"]
    assert ([p.text for p in shown.unverified], shown.doubtful) == (["無人講過"], 1)


def test_an_item_without_evidence_offers_the_line_it_may_come_from_and_stays_unverified() -> None:
    offered = {**PROOF, "check": "unverified", "proposed": True}
    shown = summary_view(summary(item(evidence=[offered])), NOW, ZH)
    (doubtful,) = shown.unverified
    assert not shown.sections
    assert [(play.time, play.at) for play in doubtful.offered] == [("1:05", 65.0)]
    assert doubtful.plays == []
    assert text(ZH, "summary.offered") == "未核實 · 可能出自"
    cited = {**PROOF, "check": "unverified"}
    assert summary_view(summary(item(evidence=[cited])), NOW, ZH).unverified[0].offered == []
    assert summary_view(summary(item(evidence=[PROOF, offered])), NOW, ZH).sections[0].points[0].offered == []


def test_a_quote_that_a_correction_removed_still_names_its_place() -> None:
    broken = {**PROOF, "check": "unverified", "was": "exact"}
    shown = summary_view(summary(item(evidence=[broken], stale=True)), NOW, ZH)
    (doubtful,) = shown.unverified
    assert [play.time for play in doubtful.plays] == ["1:05"]
    assert "不再在那裡" in doubtful.stale
    assert "1 項" in shown.stale


def test_a_corrected_item_shows_its_original_text() -> None:
    shown = summary_view(summary(item(edited=True, original_text="否決")), NOW, EN)
    assert shown.sections[0].points[0].edited == "Corrected. It said: 否決"


def test_sections_are_in_the_templates_order_and_the_readers_language() -> None:
    sections = [
        {"kind": "note", "title": "出席", "title_en": ""},
        {"kind": "decision", "title": "決議", "title_en": "Resolutions"},
    ]
    found = summary(item(), item("note", "陳主席", section="出席"), item("risk", "超支"), sections=sections)
    assert [s.title for s in summary_view(found, NOW, EN).sections] == ["出席", "Resolutions", "Risks"]
    assert [s.title for s in summary_view(found, NOW, ZH).sections] == ["出席", "決議", "風險"]


def test_two_languages_are_shown_side_by_side_with_the_readers_first() -> None:
    found = summary(item(text_other="Carried"), language=f"{ZH}+{EN}")
    chinese, english = (summary_view(found, NOW, language).sections[0].points[0] for language in (ZH, EN))
    assert (chinese.text, chinese.other, chinese.field) == ("通過", "Carried", "text")
    assert (english.text, english.other, english.field) == ("Carried", "通過", "text_other")


def test_coverage_and_cost_are_shown() -> None:
    usage = {"requests": 3, "tokens_in": 12_000, "tokens_out": 345, "repeats": 1, "cost": 0.5, "estimated": True}
    shown = summary_view(summary(item(), usage=usage, coverage={"covered": 512, "total": 512}), NOW, EN)
    assert shown.facts == [
        "covers 512 of 512 lines",
        "3 requests, about 12,345 tokens",
        "cost 0.5000",
        "1 request repeated",
    ]
    assert summary_view(summary(item()), NOW, EN).facts == []


def test_due_dates_that_need_the_meetings_date_say_so() -> None:
    task = item(kind="action_item", due_text="下星期五")
    assert "The meeting has no date" in summary_view(summary(task), NOW, EN, dated=False).note
    assert summary_view(summary(task), NOW, EN).note == ""
    task.due_date = date(2026, 12, 4)
    assert summary_view(summary(task), NOW, EN, dated=False).note == ""


def test_the_cost_of_all_versions_is_shown_beside_that_of_the_shown_one() -> None:
    took = {"requests": 2, "tokens_in": 900, "tokens_out": 100, "repeats": 1, "reused": 0, "estimated": False}
    each = [Summary(meeting_id="m", version=n, method="llm", language="en", usage=took) for n in (1, 2)]
    each[1].usage = {**took, "cost": 0.5}
    extracts = Summary(meeting_id="m", version=3, method="extractive", language="en")
    shown = SummaryWithItems(each[1], [])
    assert summary_view(shown, NOW, EN, [each[1], extracts]).facts == summary_view(shown, NOW, EN).facts
    together = "all versions together: 4 requests, 2,000 tokens · cost 0.5000 · 2 requests repeated"
    assert summary_view(shown, NOW, EN, [extracts, *each]).facts[-1] == together


def test_a_due_date_is_shown_in_the_speakers_words_and_as_a_day() -> None:
    due = item("action_item", due_text="下星期五前", due_date=date(2026, 12, 4))
    assert summary_view(summary(due), NOW, ZH).sections[0].points[0].due == "下星期五前 · 12月4日"


# ---- transcript and speakers -----------------------------------------------------------------------------------


def test_a_page_is_sent_only_the_lines_that_were_corrected(sqlite_store: Database) -> None:
    meeting = summed_up(sqlite_store)
    first = meeting_shown(sqlite_store, meeting.id, Have(), ZH)
    assert first.batch is not None
    assert (len(first.batch.lines), first.batch.corrected) == (3, [])
    assert meeting_shown(sqlite_store, meeting.id, first.have, ZH).batch is None
    line = sqlite_store.transcripts.shown(meeting.id).segments[1]
    sqlite_store.transcripts.edit_segment(meeting.id, line.id, None, text="預算下星期四交。")
    then = meeting_shown(sqlite_store, meeting.id, first.have, ZH)
    assert then.batch is not None
    assert (then.batch.first, then.batch.lines) == (3, [])
    (corrected,) = then.batch.corrected
    assert (corrected.id, corrected.text, corrected.original) == (line.id, "預算下星期四交。", line.text)
    assert corrected.version == 2
    assert meeting_shown(sqlite_store, meeting.id, then.have, ZH).batch is None


def test_a_renamed_speaker_sends_all_lines_again(sqlite_store: Database) -> None:
    meeting = summed_up(sqlite_store)
    first = meeting_shown(sqlite_store, meeting.id, Have(), ZH)
    speaker = next(s for s in sqlite_store.transcripts.shown(meeting.id).speakers.values() if s.label == "S1")
    sqlite_store.transcripts.rename_speaker(meeting.id, speaker.id, None, "陳主席")
    then = meeting_shown(sqlite_store, meeting.id, first.have, ZH)
    assert then.batch is not None
    assert (then.batch.first, [line.speaker for line in then.batch.lines]) == (0, ["陳主席", "講者 2", ""])


def test_a_line_that_somebody_corrected_is_no_longer_called_unsure() -> None:
    words = [StoredWord(text="早晨", start=0.0, end=1.0, confidence=0.1)]
    line = Segment(
        **{"meeting_id": "m", "position": 0, "start": 0.0, "end": 1.0, "original_text": "早晨", "text": "早晨"},
        packed_words=pack(words, "早晨"),
    )
    assert batch("t", 0, Transcript([line], {}), [], ZH).lines[0].unsure
    line.edited = True
    assert not batch("t", 0, Transcript([line], {}), [], ZH).lines[0].unsure


def test_each_speaker_has_sample_lines_spread_over_the_meeting() -> None:
    speakers = {"a": Speaker(id="a", meeting_id="m", label="S1"), "b": Speaker(id="b", meeting_id="m", label="S2")}
    lines = [
        Segment(
            **{"id": str(n), "meeting_id": "m", "position": n, "start": 10.0 * n, "end": 10.0 * n + 5},
            **{"speaker_id": "a", "original_text": "", "text": "係" if n % 2 else f"這是第 {n} 句比較長的說話"},
        )
        for n in range(21)
    ]
    first, second = speaker_rows(Transcript(lines, speakers), ZH)
    assert [sample.at for sample in first.samples] == [0.0, 100.0, 200.0]
    assert (second.label, second.samples) == ("講者 2", [])


# ---- in written Chinese ----------------------------------------------------------------------------------------


def test_the_written_view_is_labelled_and_outdated_lines_stay_as_spoken(sqlite_store: Database) -> None:
    meeting = summed_up(sqlite_store)
    assert written_pane(None, sqlite_store.transcripts.shown(meeting.id), ZH) == WrittenPane()
    sqlite_store.written_views.ask(meeting.id)
    taken = sqlite_store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert taken is not None
    first, second, third = sqlite_store.transcripts.shown(meeting.id).segments
    working = written_pane(sqlite_store.written_views.find(meeting.id), sqlite_store.transcripts.shown(meeting.id), ZH)
    assert (working.head.state, working.head.label, working.head.may_ask) == ("working", "", False)
    texts = {first.id: (1, "各位早安。"), second.id: (1, "預算須於下星期三前提交。")}
    sqlite_store.written_views.finish(meeting.id, taken.run, texts, name="qwen3", usage=None)
    sqlite_store.transcripts.edit_segment(meeting.id, second.id, None, text="預算下星期四交。")
    pane = written_pane(sqlite_store.written_views.find(meeting.id), sqlite_store.transcripts.shown(meeting.id), ZH)
    assert (pane.lines, pane.outdated) == ({first.id: "各位早安。"}, [second.id])
    assert "qwen3" in pane.head.label
    assert (pane.head.told, pane.head.may_ask) == ("有 1 句改寫後又改過。", True)
    assert third.id not in pane.lines


def test_the_cost_of_the_written_view_is_shown_over_all_rounds(sqlite_store: Database) -> None:
    meeting = summed_up(sqlite_store)
    line = sqlite_store.transcripts.shown(meeting.id).segments[0]
    took = {"requests": 1, "tokens_in": 900, "tokens_out": 100, "repeats": 0, "reused": 0}
    for cost, estimated in ((0.25, True), (0.5, False)):
        sqlite_store.written_views.ask(meeting.id)
        taken = sqlite_store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
        assert taken is not None
        usage = {**took, "cost": cost, "estimated": estimated}
        sqlite_store.written_views.finish(
            meeting.id, taken.run, {line.id: (1, "各位早安。")}, name="qwen3", usage=usage
        )
    pane = written_pane(sqlite_store.written_views.find(meeting.id), sqlite_store.transcripts.shown(meeting.id), EN)
    assert pane.head.took == "2 requests, about 2,000 tokens · cost 0.7500"


def test_the_written_view_can_be_requested_again_after_a_new_transcript(sqlite_store: Database) -> None:
    meeting = summed_up(sqlite_store)
    sqlite_store.written_views.ask(meeting.id)
    taken = sqlite_store.jobs.take(JobKind.WRITTEN_VIEW, meeting.id, 60)
    assert taken is not None
    line = sqlite_store.transcripts.shown(meeting.id).segments[0]
    sqlite_store.written_views.finish(meeting.id, taken.run, {line.id: (1, "各位早安。")}, name="qwen3", usage=None)
    assert sqlite_store.transcripts.reparse(meeting.id, meetings.segments([("S1", "早晨呀，各位。")])).changed
    pane = written_pane(sqlite_store.written_views.find(meeting.id), sqlite_store.transcripts.shown(meeting.id), ZH)
    assert (pane.lines, pane.head.may_ask, pane.head.state) == ({}, True, "none")
    assert sqlite_store.written_views.ask(meeting.id).state == "working"


# ---- choices and action items ----------------------------------------------------------------------------------


def test_the_default_is_the_first_choice_with_an_empty_value() -> None:
    choices = [Choice("general", "一般"), Choice("board_minutes", "董事會")]
    assert with_default(choices, "board_minutes") == [Choice("", "董事會"), Choice("general", "一般")]
    assert with_default(choices, "gone") == [Choice("", "一般"), Choice("board_minutes", "董事會")]


def test_items_are_grouped_by_due_date_or_owner_and_unverified_ones_come_last(sqlite_store: Database) -> None:
    day = date(2026, 11, 24)
    items = [
        action("逾期", day - timedelta(days=1), "阿明", evidence=[PROOF]),
        action("今日", day, None, evidence=[PROOF]),
        action("下月", day + timedelta(days=30), "阿明", evidence=[PROOF]),
        action("隨時", None, "阿珊", evidence=[PROOF]),
        action("無人講過", day, "阿明"),
    ]
    meetings.completed(sqlite_store, items=items)
    found = list_actions(sqlite_store, ActionFilter(), day)

    def shown(by: str) -> list[tuple[str, list[str]]]:
        return [(group.key, [row.text for row in group.rows]) for group in groups(found, by, NOW, ZH)]

    assert shown("due") == [
        ("overdue", ["逾期"]),
        ("week", ["今日"]),
        ("later", ["下月"]),
        ("none", ["隨時"]),
        ("unverified", ["無人講過"]),
    ]
    assert shown("owner") == [
        ("owner 阿明", ["逾期", "下月"]),
        ("owner 阿珊", ["隨時"]),
        ("nobody", ["今日"]),
        ("unverified", ["無人講過"]),
    ]
    assert [row.overdue for group in groups(found, "due", NOW, ZH) for row in group.rows] == [True, *[False] * 4]


def test_bilingual_action_items_show_the_readers_language_first(sqlite_store: Database) -> None:
    meeting = meetings.transcribed(sqlite_store)
    leased = sqlite_store.pipeline.take_lease(meeting.id, 60)
    assert leased is not None
    items = [action("交 budget", text_other="Hand in the budget", evidence=[PROOF])]
    new = NewSummary("llm", "zh-Hant-HK+en", items)
    sqlite_store.pipeline.finish_summary(
        meeting.id, leased.job.run, new, tried=NewAttempt("summarize", sqlite_store.now())
    )
    found = list_actions(sqlite_store, ActionFilter(), date(2026, 11, 24))
    rows = [groups(found, "due", NOW, language)[0].rows[0] for language in (EN, ZH)]
    assert [(row.text, row.other) for row in rows] == [
        ("Hand in the budget", "交 budget"),
        ("交 budget", "Hand in the budget"),
    ]


def test_an_unnamed_speaker_is_labelled_as_in_the_transcript_and_grouped_by_meeting(
    sqlite_store: Database,
) -> None:
    shown = summary_view(summary(item(kind="action_item", owner="S1")), NOW, EN).sections[0].points[0]
    assert (shown.who, shown.owner) == ("Speaker 1", "S1")
    for title in ("例會", "董事會"):
        meetings.completed(sqlite_store, items=[action("交", owner="S1", evidence=[PROOF])], title=title)
    found = list_actions(sqlite_store, ActionFilter(), date(2026, 11, 24))
    by_owner = groups(found, "owner", NOW, ZH)
    assert sorted(group.title for group in by_owner) == ["講者 1 · 例會", "講者 1 · 董事會"]
    assert len({group.key for group in by_owner}) == 2
    assert Choice("S1", "講者 1") in owner_choices(["S1"], "", ZH)


def test_an_owner_without_items_can_still_be_chosen() -> None:
    assert [c.value for c in owner_choices(["", "阿明"], "阿珊", ZH)] == ["", "阿明", "阿珊", "-"]
