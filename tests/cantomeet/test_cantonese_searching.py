"""What is asked is found however it is written, and what is found is marked."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.cantonese import search_query, search_text
from cantomeet.cantonese.numbers import find_numbers

CONFUSABLE = st.text(alphabet="預预算裏里ＡaB１2十二百萬〇零點.%,，3㍿½İßﬁ 我哋#月", max_size=24)
ANYTHING = st.one_of(CONFUSABLE, st.text(max_size=40))

FOUND = [
    ("预算", "今年預算唔夠"),
    ("預", "今年預算唔夠"),
    ("預算唔夠", "今年預算，唔夠"),
    ("budget", "個 Budget 點呀"),
    ("ＢＵＤＧＥＴ", "個budget點呀"),
    ("API 文件", "份ＡＰＩ文件"),
    ("12", "一共十二個"),
    ("十二", "一共12個"),
    ("十二月", "喺１２月"),
    ("12月", "喺十二月"),
    ("三月", "喺3月"),
    ("三萬五", "要35,000蚊"),
    ("35000", "要三萬五千蚊"),
    ("3萬5", "要三萬五蚊"),
    ("10萬", "要十萬蚊"),
    ("1.5億", "一億五千萬"),
    ("百二", "120蚊"),
    ("105", "一百零五間"),
    ("二零二六年", "2026年"),
    ("2026", "二〇二六年"),
    ("廿五", "25日"),
    ("3.5", "三點五倍"),
    ("百分之五", "加 5%"),
    ("5％", "加百分之五"),
    ("3,000蚊", "三千蚊"),
]
NOT_FOUND = [
    ("預算", "預計要算"),
    ("十二", "二零一二"),
    ("十二", "電話 91234567"),
    ("3", "三文魚"),
    ("34", "三四個人"),
    ("3.5", "三十五"),
    ("5%", "五個"),
    ("！？", "預算！？"),
    ("", "預算"),
    ("🙂", "預算🙂"),
]


@pytest.mark.parametrize(("asked", "text"), FOUND)
def test_it_is_found_however_it_is_written(asked: str, text: str) -> None:
    query, stored = search_query(asked), search_text(text)
    assert query.found_in(stored)
    assert query.marks(text) != []


@pytest.mark.parametrize(("asked", "text"), NOT_FOUND)
def test_something_else_is_not_found(asked: str, text: str) -> None:
    query = search_query(asked)
    assert not query.found_in(search_text(text))
    assert query.marks(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("十", []),
        ("十分好", []),
        ("十個", ["10"]),
        ("五%", ["5%"]),
        ("五", []),
        ("一定", []),
        ("五六十個", []),
        ("一千零一", ["1001"]),
        ("一萬二千三百四十五", ["12345"]),
        ("兩億", ["200000000"]),
        ("007", ["7"]),
        ("零點五", ["0.5"]),
        ("九一二三四五六七", ["91234567"]),
        ("1,2,3", ["1", "2", "3"]),
        ("1" * 50, []),
        ("三個 4 個", ["3", "4"]),
    ],
)
def test_numbers_as_said_and_as_written(text: str, values: list[str]) -> None:
    assert [number.value for number in find_numbers(text)] == values


@pytest.mark.parametrize(
    ("asked", "text", "marked"),
    [
        ("预算", "個預算，即係預 算", ["預算", "預 算"]),
        ("十二", "12 個，十二個", ["12", "十二"]),
        ("12月", "喺十二月頭", ["十二月"]),
        ("aa", "aaaa", ["aaaa"]),
        ("株式", "㍿", ["㍿"]),
    ],
)
def test_marks_are_what_was_asked_for(asked: str, text: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in search_query(asked).marks(text)] == marked


@given(before=ANYTHING, asked=ANYTHING, after=ANYTHING)
def test_every_part_of_a_text_is_found_in_it(before: str, asked: str, after: str) -> None:
    query, stored = search_query(asked), search_text(before + asked + after)
    assert query.found_in(stored) is not query.empty


@given(asked=ANYTHING, text=ANYTHING)
def test_what_is_found_has_the_tokens_of_the_query_and_is_marked(asked: str, text: str) -> None:
    query, stored = search_query(asked), search_text(text)
    found = query.found_in(stored)
    marks = query.marks(text)
    assert bool(marks) is found
    assert all(0 <= start < end <= len(text) for start, end in marks)
    assert all(last < start for (_, last), (start, _) in itertools.pairwise(marks))
    if found and query.literal in stored.literal:
        assert set(query.literal_tokens) <= set(stored.tokens)
    elif found:
        assert set(query.valued_tokens) <= set(stored.tokens)
    assert all(token.strip() and '"' not in token for token in [*stored.tokens, *query.literal_tokens])
