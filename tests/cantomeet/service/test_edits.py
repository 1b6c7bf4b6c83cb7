"""What a command is given is what the store takes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from cantomeet.corrections import ItemChanges, LineChanges
from cantomeet.service.edits import ItemEdit, MeetingEdit, SegmentEdit, given
from cantomeet.store import MeetingChanges


@pytest.mark.parametrize(
    ("edit", "changes"), [(MeetingEdit, MeetingChanges), (ItemEdit, ItemChanges), (SegmentEdit, LineChanges)]
)
def test_every_field_of_an_edit_is_a_change_that_the_store_takes(edit: Any, changes: Any) -> None:
    assert {field.name for field in fields(edit)} == set(changes.__annotations__)


def test_only_what_is_given_is_changed() -> None:
    assert given(MeetingEdit()) == {}
    assert given(MeetingEdit(title="例會", meeting_date=None)) == {"title": "例會", "meeting_date": None}
