"""Shipped templates, and people's own."""

from __future__ import annotations

from typing import Any

import pytest

from cantomeet.errors import InvalidRequest
from cantomeet.templates import (
    BOARD_MINUTES,
    GENERAL,
    MAX_INSTRUCTIONS,
    MAX_SECTIONS,
    SHIPPED,
    Section,
    user_template,
)

SECTIONS = [{"title": "重點"}, {"title": "決定", "kind": "decision"}]


def test_the_general_one_and_board_minutes_ship() -> None:
    assert SHIPPED == {"general": GENERAL, "board_minutes": BOARD_MINUTES}
    assert [section.title for section in BOARD_MINUTES.sections if section.kind != "overview"] == [
        "議程",
        "決議",
        "跟進",
    ]
    for template in SHIPPED.values():
        assert template.name_en
        assert all(section.title_en for section in template.sections)
        assert not template.notes


def test_a_persons_template_is_kept_word_for_word() -> None:
    template = user_template("mine", "我嘅 {{範本}}", "用 {} 寫，\n每點一行。", SECTIONS)
    assert template.instructions == "用 {} 寫，\n每點一行。"
    assert template.sections == (Section("note", "重點"), Section("decision", "決定"))
    assert template.notes == (Section("note", "重點"),)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"id": "general"}, "id"),
        ({"name": ""}, "name"),
        ({"name": "兩\n行"}, "name"),
        ({"name": "長" * 81}, "name"),
        ({"instructions": "長" * (MAX_INSTRUCTIONS + 1)}, "instructions"),
        ({"instructions": "a\x00b"}, "instructions"),
        ({"instructions": "a\ud800b"}, "instructions"),
        ({"sections": []}, "sections"),
        ({"sections": [{"title": f"第{n}節"} for n in range(MAX_SECTIONS + 1)]}, "sections"),
        ({"sections": [{"title": ""}]}, "sections"),
        ({"sections": [{"kind": "decision"}]}, "sections"),
        ({"sections": [{"title": "甲", "kind": "poem"}]}, "sections"),
        ({"sections": [{"title": "甲"}, {"title": "甲"}]}, "sections"),
        ({"sections": [{"title": "甲", "kind": "risk"}, {"title": "乙", "kind": "risk"}]}, "sections"),
    ],
)
def test_a_wrong_template_is_refused_by_field(members: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        user_template(**{"id": "mine", "name": "範本", "instructions": "", "sections": SECTIONS, **members})
    assert refused.value.field == field
