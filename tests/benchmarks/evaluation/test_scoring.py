"""What a score counts and what it rejects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.evaluation.labelled import LabelledMeeting, folder_of, read_meetings
from benchmarks.evaluation.scoring import Score, add_draft, add_to
from cantomeet.errors import SettingsError
from tests.benchmarks.evaluation.sets import written
from worker.providers import Check, Citations, Coverage, Evidence, SummaryDraft, SummaryLine


@pytest.fixture
def meeting(tmp_path: Path) -> LabelledMeeting:
    return read_meetings(written(tmp_path / "set"))[0]


def proof(meeting: LabelledMeeting, segment: str, quote: str | None = None, check: Check = "exact") -> Evidence:
    line = next(line for line in meeting.request.lines if line.id == segment)
    return Evidence(segment, line.text if quote is None else quote, line.start, line.end, check)


def decision(meeting: LabelledMeeting, *segments: str) -> SummaryLine:
    return SummaryLine("decision", "In words of its own.", tuple(proof(meeting, segment) for segment in segments))


def test_an_item_in_other_words_is_found_by_its_evidence(meeting: LabelledMeeting) -> None:
    score = Score()
    add_to(score, meeting, [decision(meeting, "s2", "s3"), decision(meeting, "s9")])
    count = score.kinds["decision"]
    assert (count.given, count.labelled, count.found) == (2, 2, 1)
    assert (count.precision, count.recall) == (0.5, 0.5)


def test_the_same_thing_given_twice_counts_once(meeting: LabelledMeeting) -> None:
    score = Score()
    add_to(score, meeting, [decision(meeting, "s3"), decision(meeting, "s3")])
    assert (score.kinds["decision"].given, score.kinds["decision"].found) == (2, 1)


def test_an_item_of_another_kind_finds_nothing(meeting: LabelledMeeting) -> None:
    score = Score()
    add_to(score, meeting, [SummaryLine("risk", "-", (proof(meeting, "s3"),))])
    assert (score.kinds["decision"].found, score.kinds["risk"].found) == (0, 0)
    assert [item.kind for _, item in score.wrong] == ["risk"]


def test_an_unproven_item_finds_nothing_and_is_no_wrong_item(meeting: LabelledMeeting) -> None:
    score = Score()
    unproven = SummaryLine("decision", "-", (proof(meeting, "s3", "never said", "unverified"),))
    add_draft(score, meeting, SummaryDraft("llm", "en", (unproven, SummaryLine("decision", "-"))))
    assert (score.kinds["decision"].given, score.kinds["decision"].found) == (0, 0)
    assert (score.support.items, score.support.items_proven) == (2, 0)
    assert (score.support.cited, score.support.proven) == (1, 0)


def test_owners_and_dates_are_counted_for_found_items(meeting: LabelledMeeting) -> None:
    right, wrong = (label.due_date for label in meeting.labels if label.kind == "action_item")
    items = [
        SummaryLine("action_item", "-", (proof(meeting, "s6"),), owner="陳秘書", due_date=right),
        SummaryLine("action_item", "-", (proof(meeting, "s8"),), owner="秘書", due_date=right),
    ]
    assert right != wrong
    score = Score()
    add_to(score, meeting, items)
    assert (score.owners_right, score.owners_wrong, score.dates_right, score.dates_wrong) == (1, 1, 1, 1)


def test_all_quotes_of_the_model_count_and_not_only_the_kept_ones(meeting: LabelledMeeting) -> None:
    score = Score()
    draft = SummaryDraft("llm", "en", (decision(meeting, "s3"),), coverage=Coverage(9, 10), citations=Citations(4, 1))
    add_draft(score, meeting, draft)
    assert score.support.rate == 0.25
    assert (score.covered, score.segments) == (9, 10)


@pytest.mark.parametrize(("check", "quote"), [("exact", "咁就  通過"), ("folded", "會議廢除咗")])
def test_a_quote_shown_as_proven_is_checked_again(meeting: LabelledMeeting, check: Check, quote: str) -> None:
    score = Score()
    shown = SummaryLine("decision", "-", (proof(meeting, "s3", quote, check),))
    add_draft(score, meeting, SummaryDraft("llm", "en", (shown,), citations=Citations(1, 1)))
    assert score.support.shown_but_absent == 1


def test_a_folder_without_meetings_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere: no labelled meeting there"):
        folder_of("nowhere", tmp_path)


def test_a_file_that_is_no_labelled_meeting_is_refused_by_name(tmp_path: Path) -> None:
    (written(tmp_path / "set") / "other.json").write_text(json.dumps({"lines": [{"who": "me"}]}), "utf-8")
    with pytest.raises(SettingsError, match=r"other\.json: is no labelled meeting"):
        read_meetings(folder_of(str(tmp_path / "set")))
