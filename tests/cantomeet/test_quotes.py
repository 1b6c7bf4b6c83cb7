"""Evidence before and after a line is corrected."""

from __future__ import annotations

from typing import Any

import pytest

from cantomeet.quotes import is_proven, rechecked, requoted, standing, tells


def proof(quote: str, check: str = "exact", **more: Any) -> dict[str, Any]:
    return {"segment_id": "s1", "quote": quote, "start": 0.0, "end": 1.5, "check": check, **more}


@pytest.mark.parametrize(
    ("quote", "line", "check"),
    [
        ("早晨", "早晨，各位。", "exact"),
        ("早晨各位", "早晨，各位。", "folded"),
        ("ＢＵＤＧＥＴ", "交 budget", "folded"),
        ("晚安", "早晨，各位。", "unverified"),
        ("", "早晨", "unverified"),
        ("，。", "早晨", "unverified"),
    ],
)
def test_a_quote_stands_in_a_line_or_does_not(quote: str, line: str, check: str) -> None:
    assert standing(quote, line) == check


def test_one_common_word_proves_nothing_unless_it_is_the_whole_line() -> None:
    assert not tells("好", "好，散會。")
    assert tells("好", "好。")


def test_a_correction_that_takes_the_quote_away_leaves_it_unverified_and_another_brings_it_back() -> None:
    (broken,) = rechecked([proof("早晨各位", "folded")], "s1", "午安，各位。")
    assert (broken["check"], broken["was"]) == ("unverified", "folded")
    assert not is_proven([broken])
    assert rechecked([broken], "s1", "早晨，各位。") == [proof("早晨各位", "folded")]


def test_a_short_part_of_a_longer_quote_comes_back_too() -> None:
    (broken,) = rechecked([proof("好")], "s1", "唔得，散會。")
    assert rechecked([broken], "s1", "好，散會。") == [proof("好")]


def test_evidence_of_other_lines_stays() -> None:
    assert rechecked([proof("早晨")], "s2", "午安") == [proof("早晨")]


def test_a_correction_can_prove_an_unverified_quote_but_not_one_common_word() -> None:
    assert rechecked([proof("交計劃書", "unverified")], "s1", "阿明交計劃書。") == [proof("交計劃書")]
    assert rechecked([proof("好", "unverified")], "s1", "好，散會。") == [proof("好", "unverified")]


def test_a_confirmed_item_quotes_the_corrected_line() -> None:
    broken = proof("早晨各位", "unverified", was="exact")
    assert requoted([broken], {"s1": "午安，各位。"}) == [proof("午安，各位。")]


def test_a_confirmation_does_not_prove_a_quote_that_was_never_in_the_transcript() -> None:
    invented = proof("無人講過", "unverified")
    assert requoted([invented], {"s1": "午安，各位。"}) == [invented]


@pytest.mark.parametrize("lines", [{}, {"s1": "……"}])
def test_without_words_to_quote_it_stays_unverified(lines: dict[str, str]) -> None:
    broken = proof("早晨", "unverified", was="exact")
    assert requoted([broken], lines) == [broken]
