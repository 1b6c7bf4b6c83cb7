"""Answers are checked for the requested language."""

from __future__ import annotations

import pytest

from worker.providers.llm.languages import Languages, Verdict, in_script, judge

CHINESE = ["會議通過了五十二萬元的裝修預算。", "秘書須於下星期五前取得三個報價。"]
ENGLISH = ["The board approved the renovation budget of HK$520,000.", "The secretary will obtain three quotations."]
FRENCH = [
    "Le conseil a approuvé le budget de rénovation de cinq cent vingt mille dollars pour le bureau principal.",
    "Le secrétaire doit obtenir trois devis avant vendredi prochain et les présenter aux membres du conseil.",
]


@pytest.mark.parametrize(
    ("texts", "language", "verdict"),
    [
        (CHINESE, "zh-Hant-HK", Verdict.RIGHT),
        (ENGLISH, "en", Verdict.RIGHT),
        (ENGLISH, "zh-Hant-HK", Verdict.WRONG),
        (CHINESE, "en", Verdict.WRONG),
        (FRENCH, "en", Verdict.WRONG),
        (FRENCH, "zh-Hant-HK", Verdict.WRONG),
        (["取締役会は改修予算を承認しました。"], "zh-Hant-HK", Verdict.WRONG),
        (["이사회는 예산을 승인했습니다."], "zh-Hant-HK", Verdict.WRONG),
        (["Совет утвердил бюджет на ремонт."], "en", Verdict.WRONG),
        (["佢哋話個budget唔夠，要搵多啲錢。", "大家都覺得冇問題嘅。"], "zh-Hant-HK", Verdict.COLLOQUIAL),
        (["部署 Docker 及 Kubernetes 的 CI/CD 流程"], "zh-Hant-HK", Verdict.RIGHT),
        (["OK", "A1", "2026"], "zh-Hant-HK", Verdict.RIGHT),
        ([*CHINESE, "Budget"], "zh-Hant-HK", Verdict.RIGHT),
        (["Mr Chan of 陳記 will call."], "en", Verdict.RIGHT),
        ([], "en", Verdict.RIGHT),
    ],
)
def test_texts_are_judged_as_a_whole(texts: list[str], language: str, verdict: Verdict) -> None:
    assert judge(texts, "en" if language == "en" else "zh-Hant-HK") is verdict


def test_simplified_characters_become_hong_kongs_and_english_stays() -> None:
    assert in_script("会议决定于后天开始装修", "zh-Hant-HK") == "會議決定於後天開始裝修"
    assert in_script("决 budget", "en") == "决 budget"


@pytest.mark.parametrize(
    ("named", "languages"),
    [
        ("zh-Hant-HK", Languages("zh-Hant-HK")),
        ("en", Languages("en")),
        ("zh-Hant-HK+en", Languages("zh-Hant-HK", "en")),
        ("en+zh-Hant-HK", Languages("en", "zh-Hant-HK")),
        ("en+en", Languages("en")),
    ],
)
def test_two_languages_are_named_with_a_plus(named: str, languages: Languages) -> None:
    assert Languages.of(named) == languages
