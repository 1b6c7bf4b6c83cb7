"""The labelled set is valid, and the rules beat a search for keywords."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from benchmarks.evaluation.labelled import PARTS, SHIPPED, LabelledMeeting, read_meetings
from benchmarks.evaluation.scoring import Score
from benchmarks.summary_quality import extracted_items, keyword_items, score_part
from worker.providers import ItemKind

MEETINGS = [meeting for part in PARTS for meeting in read_meetings(SHIPPED / part)]
EACH_MEETING = pytest.mark.parametrize("meeting", MEETINGS, ids=lambda meeting: meeting.name)


def test_the_set_has_at_least_twelve_meetings_in_parts_that_share_no_line() -> None:
    assert len(MEETINGS) >= 12
    said = Counter(
        text
        for part in PARTS
        for text in {line.text for meeting in read_meetings(SHIPPED / part) for line in meeting.request.lines}
        if len(text) > 8
    )
    assert [text for text, parts in said.items() if parts > 1] == []


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
def extracted(part: str) -> Score:
    return score_part(part, extracted_items)


@pytest.mark.parametrize("part", ["dev", "held_back"])
@pytest.mark.parametrize("kind", ["decision", "action_item", "question", "risk"])
def test_the_rules_find_most_of_what_is_said(part: str, kind: ItemKind) -> None:
    count = extracted(part).kinds[kind]
    assert count.precision >= 0.8
    assert count.recall >= 0.75


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", ["decision", "action_item", "question", "risk"])
def test_the_rules_find_no_less_than_keywords(part: str, kind: ItemKind) -> None:
    assert extracted(part).kinds[kind].recall >= score_part(part, keyword_items).kinds[kind].recall


@pytest.mark.parametrize("kind", ["decision", "action_item", "question", "risk"])
@pytest.mark.parametrize("part", ["spoken", "held_back_2"])
def test_most_of_what_is_found_in_loose_or_noisy_speech_is_right(part: str, kind: ItemKind) -> None:
    assert extracted(part).kinds[kind].precision >= 0.75


@pytest.mark.parametrize("part", ["dev", "held_back", "held_back_2"])
def test_a_wrong_owner_or_date_is_rare(part: str) -> None:
    score = extracted(part)
    found = score.kinds["action_item"].found
    assert score.owners_right >= 0.85 * found
    assert score.owners_wrong <= 0.05 * found
    assert score.dates_right >= 0.85 * found
    assert score.dates_wrong <= 0.1 * found
