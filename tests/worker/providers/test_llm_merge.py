"""Duplicates become one item; items that differ in substance stay separate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from worker.providers import Evidence, SummaryLine
from worker.providers.llm.merge import MAX_EVIDENCE, merge_duplicates, merge_suggested


def proof(segment: str, quote: str = "大家同意", check: str = "exact") -> Evidence:
    return Evidence(segment, quote, 0.0, 1.0, "exact" if check == "exact" else "unverified")


def decision(text: str, *segments: str, **members: object) -> SummaryLine:
    evidence = tuple(proof(segment) for segment in segments or ("s1",))
    return SummaryLine(**{"kind": "decision", "text": text, "evidence": evidence, **members})  # type: ignore[arg-type]


def test_the_same_words_from_two_chunks_are_one_item_with_the_evidence_of_both() -> None:
    merged = merge_duplicates([decision("批准裝修預算。", "s1"), decision("批准裝修預算", "s900")])
    assert [item.text for item in merged] == ["批准裝修預算。"]
    assert [found.segment_id for found in merged[0].evidence] == ["s1", "s900"]


def test_like_words_about_the_same_segment_are_one_item() -> None:
    assert len(merge_duplicates([decision("會議批准裝修預算。"), decision("批准裝修預算")])) == 1


def test_like_words_about_other_segments_stay_two() -> None:
    assert len(merge_duplicates([decision("會議批准裝修預算。", "s1"), decision("批准裝修預算", "s50")])) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("批准裝修預算五十萬元", "批准裝修預算六十萬元"),
        ("批准裝修預算 50 萬元", "批准裝修預算 60 萬元"),
        ("董事會同意於明年起調高管理費", "董事會不同意於明年起調高管理費"),
        ("The board agreed to raise the fee", "The board never agreed to raise the fee"),
    ],
)
def test_another_number_or_a_negation_keeps_items_separate(one: str, other: str) -> None:
    assert len(merge_duplicates([decision(one), decision(other)])) == 2
    assert len(merge_suggested([decision(one), decision(other)], [(0, 1)])) == 2


def test_another_owner_or_another_day_keeps_tasks_separate() -> None:
    def task(owner: str | None, day: date | None) -> SummaryLine:
        return decision("索取報價", kind="action_item", owner=owner, due_date=day)

    assert len(merge_duplicates([task("陳秘書", None), task("李主任", None)])) == 2
    assert len(merge_duplicates([task(None, date(2026, 12, 1)), task(None, date(2026, 12, 2))])) == 2
    (one,) = merge_duplicates([task("陳秘書", None), task(None, date(2026, 12, 1))])
    assert (one.owner, one.due_date) == ("陳秘書", date(2026, 12, 1))


def test_kinds_sections_and_chapters_are_not_mixed() -> None:
    items = [
        decision("裝修"),
        decision("裝修", kind="risk"),
        decision("裝修", kind="note", section="甲"),
        decision("裝修", kind="note", section="乙"),
        decision("裝修", kind="chapter"),
        decision("裝修", kind="chapter"),
    ]
    assert merge_duplicates(items) == items


def test_an_item_proven_once_is_proven_and_loses_its_false_proof() -> None:
    false = SummaryLine("decision", "批准裝修預算", (proof("s7", "冇人講過", "unverified"),))
    (merged,) = merge_duplicates([false, decision("批准裝修預算", "s8")])
    assert merged.verified
    assert [found.check for found in merged.evidence] == ["exact"]


def test_an_unproven_wording_never_takes_over_the_proof_of_another() -> None:
    false = SummaryLine("decision", "會議正式批准裝修預算", (proof("s1", "冇人講過", "unverified"),))
    (merged,) = merge_duplicates([false, decision("會議批准裝修預算", "s1")])
    assert merged.text == "會議批准裝修預算"
    assert merged.verified


def test_quotes_are_the_same_only_in_the_same_words() -> None:
    one, other = (decision(text, kind="quote") for text in ("大家同意批准預算", "大家同意批准預算啦"))
    assert merge_duplicates([one, other]) == [one, other]
    assert merge_suggested([one, other], [(0, 1)]) == [one, other]
    assert len(merge_duplicates([one, replace(one, text="大家同意，批准預算")])) == 1


def test_a_suggestion_joins_two_wordings_of_one_decision() -> None:
    items = [
        decision("會議通過聘請新的核數師。", "s1"),
        decision("重申聘請新核數師。", "s900"),
        decision("散會", "s901"),
    ]
    merged = merge_suggested(items, [(0, 1), (5, 6), (2,), (-1, 0)])
    assert [item.text for item in merged] == [items[0].text, "散會"]
    assert [found.segment_id for found in merged[0].evidence] == ["s1", "s900"]


def test_a_suggestion_to_merge_everything_is_ignored() -> None:
    items = [
        decision(f"{subject}獲得通過", f"s{n}")
        for n, subject in enumerate(["甲案", "預算", "會址", "核數", "旅行", "午飯", "茶點"])
    ]
    assert merge_suggested(items, [tuple(range(7))]) == items


def test_an_item_keeps_a_limited_number_of_proofs() -> None:
    (merged,) = merge_duplicates(decision("批准裝修預算", f"s{n}") for n in range(50))
    assert len(merged.evidence) == MAX_EVIDENCE
