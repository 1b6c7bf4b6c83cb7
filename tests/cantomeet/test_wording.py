"""Clean-up of titles, descriptions and lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet import corrections, wording
from cantomeet.errors import InvalidRequest
from cantomeet.glossary import faults
from cantomeet.store import Database
from tests import meetings

MARKS = "\u202e\u200e\u2066\u061c"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" 例會 ", "例會"),
        ("a  b", "a b"),
        (f"gpj.{MARKS}exe", "gpj.exe"),
        ("🀄" * 255, "🀄" * 255),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_a_title_is_kept_as_it_looks(given: str, kept: str) -> None:
    assert wording.checked_title(given) == kept


@pytest.mark.parametrize(
    "title",
    [
        "",
        "  ",
        MARKS,
        "\u200b",
        "a\x00b",
        "a\r\nb",
        "a\u2028b",
        "a\x1bb",
        "\ud800",
        "x" * 256,
        "\x7f",
        "\u3164",
        "\u2800",
        "\ufe0f",
    ],
)
def test_a_text_that_is_no_title_is_refused(title: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        wording.checked_title(title)
    assert refused.value.field == "title"


@given(st.text(st.characters(codec=None), max_size=400))
def test_every_accepted_title_is_one_visible_line(text: str) -> None:
    for made in (wording.visible(text), text):
        try:
            kept = wording.checked_title(made)
        except InvalidRequest:
            continue
        assert 1 <= len(kept) <= 255
        assert kept == " ".join(kept.split()) == wording.visible(kept)
        assert wording.checked_title(kept) == kept


def test_every_way_into_the_store_checks(store: Database) -> None:
    held = meetings.completed(store)
    for title in ("a\x00", "a\r\nb", "x" * 300, ""):
        with pytest.raises(InvalidRequest):
            store.meetings.edit(held.id, None, title=title)
    assert store.meetings.get(held.id).title == held.title
    assert store.meetings.edit(held.id, None, title=f" 新{MARKS}名 ").title == "新名"
    assert store.meetings.edit(held.id, None, description=f"一{MARKS}\r\n二").description == "一\n二"


def test_lines_names_and_terms_lose_or_refuse_the_marks() -> None:
    assert corrections.line_text(f"你{MARKS}好") == "你好"
    assert corrections.speaker_name(f"陳{MARKS}太") == "陳太"
    assert [fault.kind for fault in faults([{"content": f"葵{MARKS}涌"}])] == ["control"]
    for text in ("a\x00", "\ud800", MARKS):
        with pytest.raises(InvalidRequest):
            corrections.line_text(text)
