"""A recogniser's text gets the characters that Hong Kong prints, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantomeet.cantonese import fold, to_hong_kong

CHINESE = st.text(
    alphabet="余餘先生姓其下裏裡里面這群羣组組周週末厨廚说說説话話我哋系係咪唔后後云雲范範郁鬱動动涌湧干幹乾发發髮台臺床牀"
    "面麵麪税稅,A1 ",
    max_size=20,
)


@pytest.mark.parametrize(
    ("recognised", "shown"),
    [
        ("香港的发展很快，我们说过了", "香港的發展很快，我們說過了"),
        ("余先生話余下嘅錢放喺里面", "余先生話余下嘅錢放喺裏面"),
        ("我姓余，其余唔讲", "我姓余，其餘唔講"),
        ("余小姐说其余时间", "余小姐說其餘時間"),
        ("裡面嘅群組", "裏面嘅群組"),
        ("群众去厨房", "群眾去廚房"),
        ("周末开会，下周三再倾", "周末開會，下周三再傾"),
        ("厨师同廚房", "廚師同廚房"),
        ("税务局嘅峰会", "稅務局嘅峰會"),
        ("公里同这里", "公里同這裏"),
        ("唔系咁样，但系我哋即系", "唔係咁樣，但係我哋即係"),
        ("关系同系统", "關係同系統"),
        ("唔好郁手，范先生喺鰂魚涌", "唔好郁手，范先生喺鰂魚涌"),
        ("食云吞面", "食雲吞麵"),
        ("深水埗嘅deploy同API", "深水埗嘅deploy同API"),
        ("", ""),
    ],
)
def test_simplified_and_mixed_text_becomes_hong_kong_s(recognised: str, shown: str) -> None:
    assert to_hong_kong(recognised) == shown


@pytest.mark.parametrize(
    "cantonese",
    [
        "我哋而家喺度傾緊啲嘢，佢唔係話冇畀咗邊個咩？",
        "范先生郁動咗，余生後日返嚟",
        "占士喺葵涌食咗碗雲吞麵",
        "嗰班人噉樣搵著數",
    ],
)
def test_traditional_cantonese_stays_as_it_is(cantonese: str) -> None:
    assert to_hong_kong(cantonese) == cantonese


def test_colloquial_cantonese_is_not_turned_into_written_chinese() -> None:
    assert to_hong_kong("佢哋冇讲过呢啲嘢㗎") == "佢哋冇講過呢啲嘢㗎"


def test_what_the_converter_cannot_take_is_left_out() -> None:
    assert to_hong_kong("我们\x00开会\ud800") == "我們開會"


@settings(deadline=None)
@given(CHINESE)
def test_converting_twice_changes_nothing_more(text: str) -> None:
    assert to_hong_kong(to_hong_kong(text)) == to_hong_kong(text)


@settings(deadline=None)
@given(CHINESE)
def test_a_conversion_is_found_by_its_source(text: str) -> None:
    assert fold(to_hong_kong(text)) == fold(text)
    assert len(to_hong_kong(text)) == len(text)
