"""Homophones of 哋 and 嚟 are corrected only where they are certain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantomeet.cantonese import mend_homophones

LAND = [
    *("地" + after for after in "盤址方點區產下鐵圖位板震球毯面庫主皮契段稅租獄道理形勢步帶牢攤磚線舖鋪政"),
    *("地" + after for after in "檢勤標價權界殼質雷窖心利支緣底台拖氈平域頭膽踎車積籍役坪基腳名藏瓜保同開一"),
    *("地中海", "地三鮮", "地應力", "地傾斜"),
]
"""Words that begin with 地, and some for which 我哋 is possible but not certain."""
TEXT = st.text(alphabet="我你佢人地哋嘅係唔都要會有自己忘迷驚工俾，黎嚟出返巴生明開會先阿A 1", max_size=16)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("我地而家開會", "我哋而家開會"),
        ("咁你地都同意", "咁你哋都同意"),
        ("佢地嘅預算", "佢哋嘅預算"),
        ("不過佢地唔肯", "不過佢哋唔肯"),
        ("唔好俾人地睇", "唔好俾人哋睇"),
        ("聽日我地要搵佢地傾", "聽日我哋要搵佢哋傾"),
        ("佢地地址", "佢地地址"),
        ("我地黎開會", "我哋嚟開會"),
        ("佢黎開會未", "佢嚟開會未"),
        ("計出黎嘅數", "計出嚟嘅數"),
        ("返黎喇", "返嚟喇"),
        ("我哋嚟咗", "我哋嚟咗"),
        ("", ""),
    ],
)
def test_an_unambiguous_plural_or_to_come_is_corrected(heard: str, meant: str) -> None:
    assert mend_homophones(heard) == meant


@pytest.mark.parametrize(
    "right",
    [
        "我地盤有三個工人",
        "佢地址係邊度",
        "你地下有張紙",
        "人地生疏",
        "初到貴境，人地生疏",
        "佢驚人地唔同",
        "工人地要洗",
        "外國人地有幾多",
        "佢忘我地要做落去",
        "要自我地搵原因",
        "迷你地就夠",
        "土地嘅價錢",
        "天地會",
        "呢塊係我地",
        "黎生開會",
        "黎先生返嚟",
        "見過黎明",
        "阿黎開會",
        "美黎開會",
        "佢返黎生公司",
        "我入黎太間房",
        "返巴黎嘅機票",
        "佢黎小姐開會",
        "我黎明開會",
        "黎巴嫩",
    ],
)
def test_words_with_land_adverbs_and_the_surname_stay(right: str) -> None:
    assert mend_homophones(right) == right


@pytest.mark.parametrize("word", LAND)
def test_no_word_that_begins_with_land_is_changed(word: str) -> None:
    for owner in ("我", "你", "佢", "俾人", "，人"):
        for after in ("", "嘅", "有", "係唔", "黎開會"):
            assert mend_homophones(f"{owner}{word}{after}") == f"{owner}{word}{after}"


@settings(deadline=None)
@given(TEXT)
def test_only_these_characters_change_and_only_once(text: str) -> None:
    mended = mend_homophones(text)
    assert len(mended) == len(text)
    changes = [
        (one, other, text[i - 1 : i]) for i, (one, other) in enumerate(zip(text, mended, strict=True)) if one != other
    ]
    assert all((one, other) in {("地", "哋"), ("黎", "嚟")} for one, other, _ in changes)
    assert all(before in "我你佢人" for one, _, before in changes if one == "地")
    assert mend_homophones(mended) == mended
