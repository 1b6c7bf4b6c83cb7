"""Faults of a glossary are named before a job is paid for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.errors import VersionConflict
from cantomeet.glossary import (
    SHOWN_FAULTS,
    GlossaryFault,
    Term,
    digest,
    faults,
    read_lines,
    terms_of,
    vocabulary_fault,
    vocabulary_for,
    written,
)
from cantomeet.i18n.glossary_faults import GLOSSARY_FAULTS
from cantomeet.store import Database


def told(vocabulary: list[dict[str, Any]]) -> list[str]:
    return [fault.text() for fault in faults(vocabulary)]


@pytest.mark.parametrize(
    ("term", "fault"),
    [
        (
            {"content": "one two three four five six seven"},
            "glossary term 1 (one two three four five six seven) has 7 words",
        ),
        ({"content": "tab\there"}, "control character"),
        ({"content": "nul\x00"}, "control character"),
        ({"content": "line\u2028break"}, "control character"),
        ({"content": "lone \ud800 half"}, "control character"),
        ({"content": ""}, "empty"),
        ({"content": "   "}, "empty"),
        ({"content": None}, "empty"),
        ({}, "empty"),
        ({"content": "a", "sound": ["b"]}, "unknown field 'sound'"),
        ({"content": "a", "sounds_like": "b"}, "not a list"),
        ({"content": "a", "sounds_like": [""]}, "empty"),
        ({"content": "a", "sounds_like": ["一\x07"]}, "control character"),
        ({"content": "a", "sounds_like": ["一 二 三 四 五 六 七"]}, "7 words"),
        ({"content": "CEO", "sounds_like": ["see ee oh"]}, "not in Chinese characters"),
        ({"content": "CEO", "sounds_like": ["私衣o"]}, "not in Chinese characters"),
    ],
)
def test_a_term_that_breaks_a_limit_is_named(term: dict[str, Any], fault: str) -> None:
    found = vocabulary_fault([term], "yue")
    assert found is not None
    assert fault in found.text()


def test_a_thousand_terms_are_taken_and_one_more_is_not() -> None:
    terms = [{"content": f"term {n}"} for n in range(1001)]
    assert vocabulary_fault(terms[:1000], "yue") is None
    assert told(terms) == ["1,001 glossary terms, at most 1,000 are taken"]


def test_a_sound_may_be_latin_where_the_language_is() -> None:
    assert vocabulary_fault([{"content": "gnocchi", "sounds_like": ["nyohki"]}], "en") is None


def test_the_first_bad_term_is_named_by_its_number() -> None:
    found = vocabulary_fault([{"content": "a"}, {"content": ""}, {"content": ""}], "yue")
    assert found is not None
    assert found.text() == "glossary term 2 is empty"


@pytest.mark.parametrize(
    ("term", "fault"),
    [
        ({"content": "x" * 201}, "201 characters"),
        ({"content": "10:30"}, "colon"),
        ({"content": "a", "sounds_like": ["一"] * 21}, "21 sounds_like"),
        ({"content": "a", "sounds_like": ["一，二"]}, "comma"),
        ({"content": "a", "sounds_like": ["一" * 201]}, "201 characters"),
    ],
)
def test_a_term_that_the_text_field_cannot_show_is_refused(term: dict[str, Any], fault: str) -> None:
    assert fault in told([term])[0]


def test_a_term_that_stands_twice_is_named_with_its_first_place() -> None:
    assert told([{"content": "葵涌"}, {"content": "b"}, {"content": "葵涌 "}]) == [
        "glossary term 3 (葵涌) is there already, as number 1"
    ]


def test_every_term_at_fault_is_named_up_to_a_bound() -> None:
    found = faults([{"content": "葵涌"}, *({"content": f"{n}\x00"} for n in range(50))])
    assert [fault.number for fault in found] == list(range(2, 2 + SHOWN_FAULTS))


def test_every_fault_is_said_in_both_languages() -> None:
    kinds = [key.removeprefix("glossary.fault.") for key in GLOSSARY_FAULTS if ".of_" not in key]
    assert len(kinds) == 16
    for kind in kinds:
        fault = GlossaryFault(kind, 3, "葵涌", "讀音", 7, 6)
        assert fault.text("en").startswith("glossary term 3 (葵涌)")
        assert fault.text("zh-Hant-HK").startswith("第 3 個詞「葵涌」")


def test_lines_are_read_with_western_and_chinese_marks() -> None:
    assert terms_of(read_lines("葵涌\r\n\nCantoMeet: 簡圖米,簡圖咪\n  CEO：私衣奧、思益奧，西奧 \nx:\n")) == [
        Term("葵涌"),
        Term("CantoMeet", ("簡圖米", "簡圖咪")),
        Term("CEO", ("私衣奧", "思益奧", "西奧")),
        Term("x"),
    ]


@given(st.lists(st.tuples(st.text(max_size=8), st.lists(st.text(max_size=4), max_size=3)), max_size=5))
def test_an_accepted_glossary_is_read_back_the_same(pairs: list[tuple[str, list[str]]]) -> None:
    vocabulary = [{"content": content, "sounds_like": sounds} for content, sounds in pairs]
    if not faults(vocabulary):
        terms = terms_of(vocabulary)
        assert terms_of(read_lines(written(terms))) == terms
        assert vocabulary_fault([term.as_sent() for term in terms], "yue") is None


@pytest.mark.parametrize(
    ("language", "sounds"), [("yue", ["簡圖米"]), ("en", ["can toe meet"]), ("ja", ["can toe meet"])]
)
def test_a_job_is_told_only_sounds_in_its_own_script(language: str, sounds: list[str]) -> None:
    terms = [Term("CantoMeet", ("簡圖米", "can toe meet")), Term("葵涌")]
    sent = vocabulary_for(terms, language)
    assert sent == ({"content": "CantoMeet", "sounds_like": sounds}, {"content": "葵涌"})
    assert vocabulary_fault(sent, language) is None


def test_the_store_keeps_the_order_and_replaces_the_whole(store: Database) -> None:
    assert store.glossary.terms() == []
    store.glossary.replace([Term("乙", ("一",)), Term("甲")])
    assert store.glossary.terms() == [Term("乙", ("一",)), Term("甲")]
    store.glossary.replace([Term("丙")])
    assert store.glossary.terms() == [Term("丙")]


def test_one_persons_glossary_does_not_undo_anothers(store: Database) -> None:
    seen = digest(store.glossary.terms())
    store.glossary.replace([Term("甲")], seen)
    with pytest.raises(VersionConflict):
        store.glossary.replace([Term("乙")], seen)
    assert store.glossary.terms() == [Term("甲")]
