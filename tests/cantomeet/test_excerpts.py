"""What is shown of a long text around what was found in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cantomeet.cantonese import search_query
from cantomeet.listing.excerpts import excerpt

TEXT = st.text(alphabet="預算𠵱a。", max_size=600)


def test_a_short_text_stays_whole() -> None:
    assert excerpt("講預算", [(1, 3)]) == ("講預算", [(1, 3)])


def test_a_long_text_is_cut_on_both_sides_and_says_so() -> None:
    shown, marks = excerpt("前" * 500 + "預算" + "後" * 500, [(500, 502)])
    assert shown == "…" + "前" * 30 + "預算" + "後" * 150 + "…"
    assert marks == [(31, 33)]


@given(TEXT, TEXT)
def test_the_marks_of_an_excerpt_are_the_first_marks_of_the_text(before: str, behind: str) -> None:
    text = f"{before}預算{behind}"
    marks = search_query("預算").marks(text)
    shown, moved = excerpt(text, marks)
    assert moved
    whole = [text[first:last] for first, last in marks]
    cut = [shown[first:last] for first, last in moved]
    assert cut[:-1] == whole[: len(cut) - 1]
    assert whole[len(cut) - 1].startswith(cut[-1])
