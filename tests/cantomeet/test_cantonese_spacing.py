"""Cantonese with English inside gets the spaces and marks that Hong Kong prints."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantomeet.cantonese import Attachment, join_words, space, typeset, widen_punctuation

MIXED = st.text(alphabet="我哋係嘅deployAB 129.,:;!?%$()[]，。「」…'\"-\t\u3000é＋ア🙂", max_size=40)
ANYTHING = st.one_of(MIXED, st.text(max_size=40))


@dataclass(frozen=True)
class RecognisedWord:
    text: str
    attaches_to: Attachment | None = None


def words(*texts: str) -> list[RecognisedWord]:
    return [RecognisedWord(text) for text in texts]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("我 哋 今日", "我哋今日"),
        ("我哋deploy咗3個server喇", "我哋 deploy 咗 3 個 server 喇"),
        ("we  will\tdeploy", "we will deploy"),
        ("增長3.5%嘅", "增長 3.5% 嘅"),
        ("增長 50 % 嘅", "增長 50% 嘅"),
        ("使咗HK$3,000蚊", "使咗 HK$3,000 蚊"),
        ("使咗$ 500", "使咗 $500"),
        ("睇https://a.hk/x?y=1,2啦", "睇 https://a.hk/x?y=1,2 啦"),
        ("hello , world !", "hello, world!"),
        ("用 .NET 寫", "用 .NET 寫"),
        ("好 ， OK 「 收到 」 。", "好，OK「收到」。"),
        ("上午10:30開始", "上午 10:30 開始"),
        ("( hello ) it's", "(hello) it's"),
        ("  \u3000 ", ""),
    ],
)
def test_spaces_are_only_where_they_belong(raw: str, shown: str) -> None:
    assert space(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("大家早晨, 多謝大家.", "大家早晨，多謝大家。"),
        ("好,咁我哋 deploy, 然後test, ok?", "好，咁我哋 deploy，然後 test, ok?"),
        ("點解?唔得!", "點解？唔得！"),
        ("3.5倍, 10:30, 12,500蚊", "3.5 倍，10:30, 12,500 蚊"),
        ("用.NET, 等等...", "用.NET，等等..."),
        ("We agree, 30% more.", "We agree, 30% more."),
    ],
)
def test_marks_after_chinese_are_full_width_and_english_keeps_its_own(raw: str, shown: str) -> None:
    assert typeset(raw) == shown


@settings(deadline=None)
@given(ANYTHING)
def test_spacing_twice_changes_nothing_more(text: str) -> None:
    assert space(space(text)) == space(text)
    assert typeset(typeset(text)) == typeset(text)


@settings(deadline=None)
@given(ANYTHING)
def test_spacing_changes_nothing_but_spaces(text: str) -> None:
    assert "".join(space(text).split()) == "".join(text.split())


@settings(deadline=None)
@given(ANYTHING)
def test_widening_keeps_the_length_so_that_offsets_hold(text: str) -> None:
    assert len(widen_punctuation(text)) == len(text)


@settings(deadline=None)
@given(ANYTHING)
def test_there_is_no_space_between_chinese_characters_or_at_the_ends(text: str) -> None:
    spaced = space(text)
    assert spaced == spaced.strip()
    assert not any(
        here == " " and "\u4e00" <= left <= "\u9fff" and "\u4e00" <= right <= "\u9fff"
        for left, here, right in zip(spaced, spaced[1:], spaced[2:], strict=False)
    )


@settings(deadline=None)
@given(st.lists(st.sampled_from(["我", "deploy", "喇", "3", "server"]), max_size=12))
def test_words_are_joined_as_the_text_would_be_spaced(texts: list[str]) -> None:
    assert join_words(words(*texts)) == space(" ".join(texts))


def test_english_words_inside_cantonese_are_not_glued_together() -> None:
    assert join_words(words("我哋", "今日", "deploy", "server", "喇")) == "我哋今日 deploy server 喇"


def test_a_mark_touches_the_text_before_it() -> None:
    assert join_words(words("OK", ",", "收到", "。", "Thanks", "!")) == "OK, 收到。Thanks!"


@pytest.mark.parametrize(
    ("said", "joined"),
    [
        ([RecognisedWord("boss"), RecognisedWord("'s", "previous"), RecognisedWord("desk")], "boss's desk"),
        ([RecognisedWord("用"), RecognisedWord("“", "next"), RecognisedWord("deploy")], "用 “deploy"),
        ([RecognisedWord("A"), RecognisedWord("-", "both"), RecognisedWord("B")], "A-B"),
        ([RecognisedWord("R"), RecognisedWord("&", "none"), RecognisedWord("D")], "R & D"),
        ([RecognisedWord("我"), RecognisedWord("—", "none"), RecognisedWord("佢")], "我—佢"),
        ([RecognisedWord("deploy"), RecognisedWord("喇", "previous")], "deploy喇"),
        ([RecognisedWord(" "), RecognisedWord("我", "previous")], "我"),
    ],
)
def test_attaches_to_overrides_every_rule(said: list[RecognisedWord], joined: str) -> None:
    assert join_words(said) == joined


def test_an_entity_of_several_words_keeps_its_spaces() -> None:
    assert join_words(words("喺", "30 November", "開會")) == "喺 30 November 開會"
