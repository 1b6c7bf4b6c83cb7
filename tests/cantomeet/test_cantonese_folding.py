"""Equal spellings are equal after folding, and matches lead back to the original text."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantomeet.cantonese import find_folded, fold

CONFUSABLE = st.text(alphabet="我裏裡里余餘係系ＡaB１1㍿½İßéﬁ，。 ,.'🙂ｶﾞ龍龙", max_size=20)
ANYTHING = st.one_of(CONFUSABLE, st.text(max_size=30))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＰＩ　１２３", "api 123"),
        ("裏面", "裡面"),
        ("這里", "这裏"),
        ("說話", "説话"),
        ("群組", "羣组"),
        ("周末", "週末"),
        ("衞生", "卫生"),
        ("Café", "cafe\u0301"),
        ("我哋，今日：deploy！", "我哋今日 Deploy"),
        ("3,000蚊", "3000 蚊"),
        ("睇著", "睇着"),
        ("揾人", "搵人"),
        ("俾佢", "畀佢"),
    ],
)
def test_different_spellings_of_the_same_words_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(("one", "other"), [("三十萬", "三十億"), ("阿明", "阿文"), ("12月", "11月"), ("冇", "有")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("haystack", "needle", "found"),
    [
        ("我哋 喺裡面，傾 DEPLOY。", "里面倾deploy", "裡面，傾 DEPLOY"),
        ("預算，三十 萬。", "三十萬", "三十 萬"),
        ("（ＡＢＣ）", "abc", "ＡＢＣ"),
        ("面積係 3㎡ 左右", "m2", "㎡"),
        ("收到收到", "收到", "收到"),
    ],
)
def test_a_folded_match_leads_back_to_the_original(haystack: str, needle: str, found: str) -> None:
    span = find_folded(haystack, needle)
    assert span is not None
    assert haystack[slice(*span)] == found


@pytest.mark.parametrize("needle", ["", " ，。", "冇講過"])
def test_an_absent_needle_is_not_found(needle: str) -> None:
    assert find_folded("我哋傾過，預算。", needle) is None


@settings(deadline=None)
@given(ANYTHING)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(ANYTHING, ANYTHING)
def test_a_text_folds_character_by_character(one: str, other: str) -> None:
    assert fold(one + other) == fold(one) + fold(other)


@settings(deadline=None)
@given(ANYTHING, ANYTHING, ANYTHING)
def test_every_part_of_a_text_is_found_in_it(before: str, needle: str, after: str) -> None:
    haystack = before + needle + after
    span = find_folded(haystack, needle)
    if fold(needle):
        assert span is not None
        start, end = span
        assert 0 <= start < end <= len(haystack)
        assert fold(needle) in fold(haystack[start:end])
        # The match has no extra character at either end.
        assert fold(haystack[start]) != ""
        assert fold(haystack[end - 1]) != ""
    else:
        assert span is None


def test_the_folding_of_every_character_folds_to_itself() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert fold(fold(everything)) == fold(everything)


def test_a_segment_of_two_hundred_thousand_characters_is_searched_to_its_end() -> None:
    assert find_folded("我哋，" * 66_666 + "預算", "预算") == (199_998, 200_000)
