"""The labelled set is sound, and the rules stay worth more than a search for keywords."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from benchmarks.summary_quality import (
    DATA,
    HALVES,
    LabelledMeeting,
    Score,
    add_to,
    extracted_items,
    keyword_items,
    read_meetings,
    score_half,
)
from worker.providers import Evidence, ItemKind, SummaryLine

MEETINGS = [meeting for half in HALVES for meeting in read_meetings(DATA / half)]
EACH_MEETING = pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)


def test_the_set_has_at_least_twelve_meetings_in_two_halves_that_share_no_line() -> None:
    assert len(MEETINGS) >= 12
    dev, held_back = (
        {line.text for meeting in read_meetings(DATA / half) for line in meeting.request.lines if len(line.text) > 8}
        for half in HALVES
    )
    assert not dev & held_back


@EACH_MEETING
def test_labels_name_segments_and_owners_that_are_in_the_meeting(meeting: LabelledMeeting) -> None:
    lines = {line.id: line for line in meeting.request.lines}
    said = "\n".join(f"{line.speaker} {line.text}" for line in meeting.request.lines)
    assert len(lines) == len(meeting.request.lines)
    assert all(before.end <= after.start for before, after in pairwise(meeting.request.lines))
    for label in meeting.labels:
        assert label.segments <= lines.keys()
        assert all(owner in said for owner in label.owners)
        assert label.due_date is None or meeting.request.meeting_date is not None
        assert label.due_date is None or label.due_date >= (meeting.request.meeting_date or label.due_date)


@cache
def extracted(half: str) -> Score:
    return score_half(half, extracted_items)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize(
    ("kind", "precision", "recall"),
    [("decision", 0.8, 0.8), ("action_item", 0.8, 0.8), ("question", 0.8, 0.8), ("risk", 0.7, 0.7)],
)
def test_the_rules_find_most_of_what_is_labelled(half: str, kind: ItemKind, precision: float, recall: float) -> None:
    count = extracted(half).kinds[kind]
    naive = score_half(half, keyword_items).kinds[kind]
    assert count.precision >= precision
    assert count.recall >= max(recall, naive.recall)


@pytest.mark.parametrize("half", HALVES)
def test_a_wrong_owner_or_date_is_rare(half: str) -> None:
    score = extracted(half)
    found = score.kinds["action_item"].found
    assert score.owners_right >= 0.85 * found
    assert score.owners_wrong <= 0.05 * found
    assert score.dates_right >= 0.85 * found
    assert score.dates_wrong <= 0.05 * found


def test_the_same_thing_given_twice_counts_once() -> None:
    meeting = MEETINGS[0]
    label = next(label for label in meeting.labels if label.kind == "decision")
    line = next(line for line in meeting.request.lines if line.id in label.segments)
    item = SummaryLine("decision", line.text, (Evidence(line.id, line.text, line.start, line.end, "exact"),))
    score = Score()
    add_to(score, meeting, [item, item])
    assert (score.kinds["decision"].given, score.kinds["decision"].found) == (2, 1)


def test_an_item_without_evidence_finds_nothing() -> None:
    score = Score()
    add_to(score, MEETINGS[0], [SummaryLine("decision", "We decided everything.")])
    assert (score.kinds["decision"].given, score.kinds["decision"].found) == (1, 0)
