"""One catalogue: both languages have each key, each key that code asks for exists, and each key is asked for."""

from __future__ import annotations

import re
from collections import Counter
from string import Formatter

import pytest
from rq.worker import WorkerStatus

from cantomeet.i18n import EN, LANGUAGES, ZH, blanks, counted, has_text, is_page_text, language_of, page_texts, text
from cantomeet.i18n.catalogue import TABLES, TEXTS
from tests.cantomeet.i18n.keys_in_code import Use, open_keys, settings, strings, uses

USES = uses()
FIXED = [use for use in USES if use.is_fixed]


def names(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def keys_of(use: Use) -> list[str]:
    return [key for key in TEXTS if use.fits(key)]


def test_no_key_stands_in_two_files() -> None:
    assert [key for key, times in Counter(key for table in TABLES for key in table).items() if times > 1] == []


def test_both_languages_have_each_text_with_the_same_parameters() -> None:
    for key, (zh, en) in TEXTS.items():
        assert zh, key
        assert en, key
        assert names(zh) == names(en) == blanks(key), key


def test_english_texts_have_no_chinese_but_for_a_button_and_an_example() -> None:
    """The button to the other language is for whoever reads that one."""
    chinese = {key for key, (_, en) in TEXTS.items() if re.search("[一-鿿]", en)}
    assert chinese == {"language.other", "language.switch", "glossary.example"}


def test_a_count_has_its_singular_and_its_plural() -> None:
    stems = {key.removesuffix(".one") for key in TEXTS if key.endswith(".one")}
    assert stems == {key.removesuffix(".many") for key in TEXTS if key.endswith(".many")}
    assert counted(EN, "summary.repeats", 1) == "1 request repeated"
    assert counted(EN, "summary.repeats", 0) == "0 requests repeated"
    assert counted(ZH, "summary.repeats", 2) == "2 次重複請求"


def test_the_code_asks_for_texts_in_many_places() -> None:
    """The other tests would pass if nothing were found in the source."""
    assert len(USES) > 300
    assert len(FIXED) > 250
    assert {use.function for use in USES} >= {"text", "counted", "label", "say", "has_text"}


def test_each_key_that_code_asks_for_exists() -> None:
    assert [(use.where, use.pattern) for use in USES if not keys_of(use)] == []


def test_a_counted_text_is_asked_for_as_one_and_no_other_is() -> None:
    for use in FIXED:
        for key in keys_of(use):
            assert key.endswith((".one", ".many")) == (use.function == "counted"), use


def test_each_text_is_given_the_parameters_that_it_takes() -> None:
    for use in FIXED:
        for key in keys_of(use) if use.params is not None else []:
            assert blanks(key) - {"count"} == (use.params or set()) - {"count"}, use


def test_what_a_page_shows_as_it_is_has_no_parameters() -> None:
    for use in USES:
        if use.function == "say" and use.is_fixed:
            assert all(is_page_text(key) for key in keys_of(use)), use


def test_each_key_is_asked_for() -> None:
    """Where only a part of a key is written out, the rest of it stands in the code as a string of its own."""
    known, patterns = strings(), [re.compile(pattern) for pattern in open_keys()]
    # A setting's name is put together from a field's, a fault of a sound from a term's; a worker's state is RQ's word.
    made = {f"CANTOMEET_{name}" for name in settings()} | {f"sound_{name}" for name in known}
    parts = known | settings() | made | {state.value for state in WorkerStatus}

    def is_asked_for(stem: str) -> bool:
        found = (pattern.fullmatch(stem) for pattern in patterns)
        return stem in known or any(match and parts.issuperset(match.groups()) for match in found)

    stems = {key: re.sub(r"\.(one|many)$", "", key) for key in TEXTS}
    assert [key for key, stem in stems.items() if not is_asked_for(stem)] == []


def test_a_language_that_is_not_ours_gives_the_default() -> None:
    assert [language_of(wanted, EN) for wanted in (ZH, EN, "fr", "")] == [ZH, EN, EN, EN]


def test_a_missing_parameter_and_an_unknown_key_are_errors() -> None:
    for key in ("summary.cost", "no.such.key"):
        with pytest.raises(KeyError):
            text(EN, key)
    assert not has_text("no.such.key")


def test_a_parameter_may_hold_braces_and_be_called_as_an_argument_is() -> None:
    assert text(EN, "summary.cost", cost="{key}") == "cost {key}"
    assert text(EN, "todo.title", language="x", key="y") == "Action items"


def test_a_browser_is_sent_the_texts_of_pages_and_no_others() -> None:
    for language in LANGUAGES:
        sent = page_texts(language)
        assert sent["app"] == "CantoMeet"
        assert not any(key.startswith(("reason.", "warning.", "export.")) for key in sent)
        assert not any("{" in words for words in sent.values())
