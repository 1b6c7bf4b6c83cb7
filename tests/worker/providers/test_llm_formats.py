"""JSON is requested in the form that an endpoint accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cantomeet.templates import BOARD_MINUTES, GENERAL
from worker.providers.llm.facts import FactsAnswer, facts_schema
from worker.providers.llm.formats import Dialect, Format, strict_schema
from worker.providers.llm.languages import Languages


def _objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for entry in node for found in _objects(entry)]
    if not isinstance(node, dict):
        return []
    inner = [found for value in node.values() for found in _objects(value)]
    return [node, *inner] if node.get("type") == "object" else inner


def test_a_strict_schema_requires_all_members_and_allows_no_others() -> None:
    body = strict_schema("facts", FactsAnswer).body
    assert len(_objects(body)) > 6
    for schema in _objects(body):
        assert schema["required"] == list(schema["properties"])
        assert schema["additionalProperties"] is False
    assert "$ref" not in json.dumps(body)


def test_a_schema_asks_only_for_what_the_template_has_sections_for() -> None:
    board = facts_schema(BOARD_MINUTES, Languages.of("en"))
    assert board.keys == {"topics", "decisions", "action_items"}
    assert facts_schema(GENERAL, Languages.of("en")).keys >= {"risks", "questions", "quotes"}


def test_the_second_language_is_asked_for_only_where_there_is_one() -> None:
    assert "text_other" not in json.dumps(facts_schema(GENERAL, Languages.of("en")).body)
    assert "text_other" in json.dumps(facts_schema(GENERAL, Languages.of("zh-Hant-HK+en")).body)


def test_the_schema_is_in_the_prompt_only_below_the_first_rung_and_says_json() -> None:
    schema = facts_schema(GENERAL, Languages.of("en"))
    assert schema.in_prompt(Format.JSON_SCHEMA) == ""
    assert "JSON" in schema.in_prompt(Format.JSON_OBJECT)
    assert schema.in_prompt(Format.TEXT) == schema.in_prompt(Format.JSON_OBJECT)
    assert schema.response_format(Format.TEXT) is None


def test_refusals_lead_down_the_ladder_to_its_end() -> None:
    dialect: Dialect | None = Dialect()
    formats = []
    while dialect is not None:
        formats.append(dialect.format)
        dialect = dialect.after_refusal("not supported")
    assert formats == [Format.JSON_SCHEMA, Format.JSON_OBJECT, Format.TEXT, Format.TEXT]


def test_a_refusal_that_names_an_option_changes_that_option_and_keeps_the_format() -> None:
    without = Dialect().after_refusal("'temperature' does not support 0")
    assert without == Dialect(temperature=False)
    assert without is not None
    other = without.after_refusal("'max_tokens' is not supported, use 'max_completion_tokens'")
    assert other == Dialect(temperature=False, length_field="max_completion_tokens")


def test_a_dialect_survives_dumps_and_loads() -> None:
    learned = Dialect(Format.TEXT, length_field="", temperature=False, too_long=900)
    assert Dialect.loads(learned.dumps()) == learned


@pytest.mark.parametrize("text", [None, "", "{", '{"format": "xml"}', "[]", '{"too_long": "much"}'])
def test_an_invalid_stored_dialect_is_learned_again(text: str | None) -> None:
    assert Dialect.loads(text) == Dialect()
