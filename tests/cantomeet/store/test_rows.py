"""A model that is made of a row at once is like one that its class has made."""

from __future__ import annotations

from datetime import UTC, datetime

from cantomeet.models import Meeting, Segment
from cantomeet.store.rows import made

COLUMNS = {"id": "s1", "meeting_id": "m1", "revision": 1, "position": 3, "start": 1.5, "end": 2.0, "version": 4}
COLUMNS |= {"speaker_id": None, "original_text": "早晨", "text": "早", "edited": True, "unclear": False}


def test_it_has_the_same_values() -> None:
    segment = made(Segment, tuple(COLUMNS), tuple(COLUMNS.values()))
    assert segment.model_dump() == Segment(**COLUMNS).model_dump()
    assert (segment.packed_words, segment.words) == (None, [])


def test_it_can_be_changed_and_copied_alone() -> None:
    first, second = (made(Segment, tuple(COLUMNS), tuple(COLUMNS.values())) for _ in range(2))
    first.text = "早晨"
    first.packed_words = b""
    assert (first.text, second.text, second.packed_words) == ("早晨", "早", None)
    assert first.model_copy(update={"version": 5}).model_dump() == {**first.model_dump(), "version": 5}


def test_it_has_what_is_kept_beside_its_columns() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    whole = Meeting(title="例會", recording_key="k", created_at=now, updated_at=now, stage_since=now)
    columns = whole.model_dump()
    meeting = made(Meeting, tuple(columns), tuple(columns.values()))
    assert meeting._job is None
    assert meeting.model_dump() == columns
