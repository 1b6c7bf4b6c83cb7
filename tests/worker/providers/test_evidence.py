"""Quotes, owners and due dates are checked against the transcript."""

from __future__ import annotations

from datetime import date

import pytest

from tests.worker.providers.llm_meetings import MEETING_DATE, lines
from worker.providers import Evidence
from worker.providers.evidence import NEIGHBOURS, EvidenceChecker


def checker(*said: str | tuple[str | None, str], meeting_date: date | None = MEETING_DATE) -> EvidenceChecker:
    transcript = lines(*(one if isinstance(one, tuple) else (None, one) for one in said))
    return EvidenceChecker(transcript, meeting_date)


def only(proofs: tuple[Evidence, ...]) -> Evidence:
    assert len(proofs) == 1
    return proofs[0]


def test_a_quote_in_its_segment_is_exact_and_has_the_segments_times() -> None:
    proof = only(checker("開會", "大家同意批准裝修費。").evidence([(1, "同意批准裝修費")]))
    assert proof == Evidence("s1", "同意批准裝修費", 4.0, 8.0, "exact")


@pytest.mark.parametrize(
    ("said", "quoted", "shown"),
    [
        ("大家同意批准裝修費", "大家同意批准装修费", "大家同意批准裝修費"),
        ("預算係ＡＢＣ５２萬", "預算係abc52萬", "預算係ＡＢＣ５２萬"),
        ("好，大家，同意。批准", "大家同意批准", "大家，同意。批准"),
        ("The Board AGREED to it", "the board agreed", "The Board AGREED"),
        ("個 budget 唔夠用", "「個budget唔夠用」", "個 budget 唔夠用"),
    ],
    ids=["script", "width", "punctuation", "case", "spaces and quotation marks"],
)
def test_a_quote_in_another_spelling_is_folded_and_shown_in_the_segments_words(
    said: str, quoted: str, shown: str
) -> None:
    proof = only(checker(said).evidence([(0, quoted)]))
    assert (proof.check, proof.quote) == ("folded", shown)


def test_a_quote_is_searched_in_two_segments_on_either_side_and_no_further() -> None:
    said = ["第一點講人手", "第二點講錢", "第三點講時間", "第四點講場地", "第五點講茶點", "第六點講交通"]
    check = checker(*said)
    found = {index: only(check.evidence([(index, "第四點講場地")])) for index in range(len(said))}
    assert {index for index, proof in found.items() if proof.segment_id == "s3"} == {1, 2, 3, 4, 5}
    assert found[0].check == "unverified"
    assert NEIGHBOURS == 2


def test_the_nearest_segment_wins_where_several_have_the_words() -> None:
    proof = only(checker("同意加價", "唔好", "同意加價", "好").evidence([(3, "同意加價")]))
    assert proof.segment_id == "s2"


def test_a_sentence_that_the_recogniser_cut_is_proven_by_both_segments() -> None:
    proofs = checker("咁就決定出年", "三月搬去新寫字樓", "好").evidence([(0, "決定出年三月搬去新寫字樓")])
    assert [(proof.segment_id, proof.quote, proof.check) for proof in proofs] == [
        ("s0", "決定出年", "folded"),
        ("s1", "三月搬去新寫字樓", "folded"),
    ]


def test_words_that_nobody_said_stay_unverified_at_their_claimed_line() -> None:
    proof = only(checker("開會", "散會").evidence([(1, "批准五百萬")]))
    assert proof == Evidence("s1", "批准五百萬", 4.0, 8.0, "unverified")


def test_a_line_that_does_not_exist_proves_nothing() -> None:
    assert checker("開會").evidence([(7, "開會"), (-1, "開會")]) == ()


def test_a_false_quote_is_dropped_if_another_is_true() -> None:
    proofs = checker("大家同意批准", "散會").evidence([(0, "同意批准"), (1, "批准五百萬")])
    assert [proof.check for proof in proofs] == ["exact"]


def test_a_quote_given_twice_is_one_proof() -> None:
    assert len(checker("大家同意批准").evidence([(0, "同意批准"), (0, "同意批准")])) == 1


@pytest.mark.parametrize("quoted", ["", "。", "嘅", "OK", "the"])
def test_a_very_short_quote_proves_nothing(quoted: str) -> None:
    assert only(checker("OK，the 會議嘅紀錄。").evidence([(0, quoted)])).check == "unverified"


@pytest.mark.parametrize("said", ["好", "OK", "好。"])
def test_a_whole_segment_is_a_proof_however_short(said: str) -> None:
    assert only(checker(said).evidence([(0, said)])).check == "exact"


@pytest.mark.parametrize("quoted", ["[1] 主席: 大家同意", "主席：大家同意", "[1] 大家同意"])
def test_a_copied_line_label_does_not_invalidate_a_quote(quoted: str) -> None:
    proof = only(checker(("主席", "大家同意")).evidence([(0, quoted)]))
    assert (proof.quote, proof.check) == ("大家同意", "exact")


def test_a_quote_in_a_segment_of_200000_characters_is_found() -> None:
    said = "講嘢" * 50_000 + "決定買大樓" + "講嘢" * 50_000
    assert only(checker(said).evidence([(0, "決定買大樓")])).check == "exact"


# ---- owners -------------------------------------------------------------------------------------------------


def owner(name: str | None, *said: str | tuple[str | None, str], quote: str | None = None) -> str | None:
    check = checker(*said)
    words = quote or (said[0] if isinstance(said[0], str) else said[0][1])
    return check.owner(name, check.evidence([(0, words)]))


def test_an_owner_who_is_a_speaker_gets_the_speakers_name() -> None:
    assert owner("陈太", "由佢跟進報價", ("陳太", "好呀")) == "陳太"


def test_an_owner_named_in_the_evidence_is_written_as_there() -> None:
    assert owner("陈秘书", "由陳秘書負責報價") == "陳秘書"


@pytest.mark.parametrize("name", ["Zebedee", "王經理", "", None, "null"])
def test_an_owner_missing_from_the_transcript_is_dropped(name: str | None) -> None:
    assert owner(name, "由陳秘書負責報價") is None


def test_an_owner_named_only_elsewhere_is_dropped() -> None:
    assert owner("李主任", "由陳秘書負責報價", "下一項係茶點", "李主任今日放假") is None


def test_a_name_inside_another_latin_word_is_no_name() -> None:
    assert owner("Al", "He also signed all the normal letters") is None
    assert owner("Al", "So also Al signs it") == "Al"


def test_a_single_character_names_only_a_speaker() -> None:
    assert owner("陳", "由主席陳述報價結果") is None
    assert owner("A", "A座要拆棚") is None
    assert owner("A", "A座要拆棚", ("A", "好呀")) == "A"


@pytest.mark.parametrize("pronoun", ["佢", "我哋", "they", "You"])
def test_a_pronoun_is_no_name(pronoun: str) -> None:
    assert owner(pronoun, f"{pronoun}會負責報價嘅") is None


@pytest.mark.parametrize("pronoun", ["我", "I", "me"])
def test_the_first_person_is_the_speaker(pronoun: str) -> None:
    assert owner(pronoun, ("秘書", "我會跟進 I will")) == "秘書"


def test_the_first_person_of_an_unknown_speaker_is_nobody() -> None:
    assert owner("我", "我會跟進報價") is None


def test_a_name_in_a_segment_whose_quote_was_invented_does_not_count() -> None:
    assert owner("陳秘書", "由陳秘書負責報價", quote="一句冇人講過嘅說話") is None


# ---- due dates ----------------------------------------------------------------------------------------------


def due(words: str | None, *said: str, meeting_date: date | None = MEETING_DATE) -> tuple[str | None, date | None]:
    check = checker(*said, meeting_date=meeting_date)
    return check.due(words, check.evidence([(0, said[0])]))


def test_a_due_date_is_calculated_from_the_words_and_the_meetings_date() -> None:
    assert due("下星期五", "下星期五之前搵三個報價") == ("下星期五", date(2026, 12, 4))


def test_the_words_are_read_in_their_sentence() -> None:
    assert due("星期五", "下星期五之前搵三個報價") == ("星期五", date(2026, 12, 4))
    assert due("星期五", "每個星期五都要交報告") == ("星期五", None)


def test_words_that_name_no_day_have_no_date() -> None:
    assert due("盡快", "盡快搵三個報價") == ("盡快", None)


def test_words_that_nobody_said_are_dropped_with_their_date() -> None:
    assert due("下星期五", "搵三個報價") == (None, None)


def test_words_in_a_neighbouring_segment_count() -> None:
    assert due("聽日", "搵三個報價", "聽日要") == ("聽日", date(2026, 11, 24))


def test_without_a_meeting_date_the_words_stay_and_the_date_is_open() -> None:
    assert due("下星期五", "下星期五之前搵三個報價", meeting_date=None) == ("下星期五", None)


@pytest.mark.parametrize("words", [None, "", "。"])
def test_no_words_are_no_date(words: str | None) -> None:
    assert due(words, "下星期五之前搵三個報價") == (None, None)
