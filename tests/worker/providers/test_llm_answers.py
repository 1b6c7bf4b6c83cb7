"""The last complete JSON object of an answer is found, and never a part of one."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.providers.llm.answers import NotJson, is_all_thought, is_whole, read_object

OBJECT = {"decisions": [{"text": "通過"}]}
TEXT = json.dumps(OBJECT, ensure_ascii=False)
KEYS = ("topics", "decisions", "quotes")
WHOLE = {
    "topics": [{"text": "裝修"}],
    "decisions": [{"text": "批准「五十二萬」", "evidence": [{"line": 6, "quote": "大家同意批准"}]}],
    "quotes": [{"line": 6, "quote": "大家同意"}],
}
SAID = json.dumps(WHOLE, ensure_ascii=False)
EMPTY = json.dumps({key: [] for key in WHOLE})
PART = json.dumps(WHOLE | {"quotes": []}, ensure_ascii=False)


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        f"```json\n{TEXT}\n```",
        f"Here you are {{as asked}}: {TEXT} Anything {{else}}?",
        f"<think>First {{}} then {TEXT[:9]}</think>{TEXT}",
        f'{{"note": 1}} {TEXT}',
        f"\ufeff{TEXT}",
    ],
    ids=["alone", "fenced", "in prose", "after thoughts", "after another object", "after a byte order mark"],
)
def test_the_object_is_found_whatever_surrounds_it(content: str) -> None:
    assert read_object(content, ["decisions"]) == OBJECT


@pytest.mark.parametrize(
    "content",
    ["", "No.", "[1, 2]", TEXT[:-1], '{"other": 1}', "{" * 100_000, "[" * 200_000 + "{", '"decisions"', "null"],
    ids=["empty", "prose", "a list", "cut off", "another object", "braces", "deep", "a text", "null"],
)
def test_an_answer_without_the_object_is_refused(content: str) -> None:
    with pytest.raises(NotJson):
        read_object(content, ["decisions"])


@given(before=st.text(alphabet='{}[]", \n:a議`', max_size=40), after=st.text(max_size=40))
def test_any_text_around_the_object_is_ignored_or_refused_without_another_error(before: str, after: str) -> None:
    found: dict[str, Any] | None = None
    with suppress(NotJson):
        found = read_object(before + TEXT + after, ["decisions"])
    assert found in (OBJECT, None)
    assert found or "{" in before


@pytest.mark.parametrize(
    "draft", [EMPTY, PART, SAID[:40], '{"a": 1}', "{1} to {n}"], ids=["empty", "part", "cut", "other", "braces"]
)
@pytest.mark.parametrize(
    "around",
    [
        "<think>A draft: {draft}</think>{said}",
        "<think>\nA draft: {draft}\n</think>\n\n```json\n{said}\n```",
        "Okay. A draft: {draft} but I must go on.\n</think>\n\n{said}",
        "<thinking>A draft: {draft}</thinking>\n{said}",
        "<seed:think>{draft}</seed:think>{said}",
        "<reasoning>{draft}</reasoning> {said}",
        "[THINK]A draft: {draft}[/THINK]{said}",
        "◁think▷{draft}◁/think▷{said}",
        "<|channel|>analysis<|message|>We draft {draft}<|end|><|start|>assistant<|channel|>final<|message|>{said}",
        "<|channel|>analysis<|message|>{draft}<|end|><|channel|>final <|constrain|>json<|message|>{said}<|return|>",
        "analysisWe draft {draft}assistantfinal{said}",
        "<|START_THINKING|>{draft}<|END_THINKING|>{said}",
        "First I wrote {draft}, then I looked again:\n{said}",
        "{said}\n<think>Was a draft like {draft} better? No.</think>",
        "<think>Never closed. {draft} And so:\n{said}",
        "<think>{draft}</think><think>Once more {draft}</think>{said} Done.",
    ],
)
def test_the_answer_after_the_thoughts_counts_and_never_a_draft(around: str, draft: str) -> None:
    content = around.replace("{draft}", draft).replace("{said}", SAID)
    assert read_object(content, KEYS) == WHOLE


@pytest.mark.parametrize("draft", [EMPTY, PART])
@pytest.mark.parametrize(
    "around",
    [
        "First I wrote {draft}, then I looked again:\n{said}",
        "```json\n{draft}\n```\nNow complete:\n```json\n{said}\n```",
        "<inner_monologue>{draft}</inner_monologue>{said}",
        "<|channel>thought\n{draft}<channel|>{said}",
        "My reasoning steps: {draft}\n[BEGIN FINAL RESPONSE]\n{said}\n[END FINAL RESPONSE]",
        "Thinking...\n{draft}\n...done thinking.\n\n{said}",
    ],
)
def test_a_slightly_broken_answer_counts_more_than_a_sound_draft_before_it(around: str, draft: str) -> None:
    broken = SAID[:-1] + ",}"
    assert read_object(around.replace("{draft}", draft).replace("{said}", broken), KEYS) == WHOLE


@pytest.mark.parametrize(
    "content",
    [
        f"A draft: {SAID} and now I write it out.</think> I cannot help with that.",
        f"<think>A draft: {SAID} and now I wr",
        f"<think>A draft: {SAID}</think>",
        f"<|channel|>analysis<|message|>We draft {SAID} and",
        f"[THINK]{SAID}[/THINK]{SAID[:-40]}",
    ],
)
def test_a_draft_without_an_answer_after_it_is_no_answer(content: str) -> None:
    with pytest.raises(NotJson):
        read_object(content, KEYS)


def test_marks_of_thoughts_inside_the_object_are_text() -> None:
    said = {**WHOLE, "quotes": [{"line": 1, "quote": "寫個 </think> 就得，或者 <think> 同 [/THINK]"}]}
    assert read_object(json.dumps(said, ensure_ascii=False), KEYS) == said
    assert read_object(f"<think>{EMPTY}</think>{json.dumps(said)}", KEYS) == said


@pytest.mark.parametrize(
    "content",
    [
        re.sub(r"([}\]])(\s*[}\]])\s*$", r"\1,\2", SAID),
        SAID.replace("大家同意批准", "大家\n同意批准"),
        SAID.replace("大家同意批准", "大家\t同意批准"),
        json.dumps(SAID, ensure_ascii=False),
        json.dumps(SAID),
        f"Here: {json.dumps(SAID)} as a string",
        f"[{SAID}]",
        json.dumps({"result": WHOLE}, ensure_ascii=False),
        json.dumps({"answer": SAID}),
        SAID.replace('"', "'"),
        SAID.replace('"topics"', "topics"),
        SAID.replace('}], "quotes"', '}] "quotes"'),
        SAID[:-1] + ",}",
        SAID[:-1] + "}\n// that is all\n",
        f"```json\n{SAID[:-1]},}}\n```\nHope this helps!",
        f"<think>{EMPTY}</think>{SAID[:-1]},}}",
    ],
    ids=[
        "trailing comma",
        "line break in a string",
        "tab in a string",
        "JSON in a string",
        "escaped JSON in a string",
        "JSON in a string in prose",
        "in a list",
        "in another object",
        "in a string in an object",
        "single quotes",
        "name without quotes",
        "comma missing",
        "comma before the end",
        "comment",
        "fenced and broken",
        "broken after thoughts",
    ],
)
def test_slightly_broken_json_is_repaired(content: str) -> None:
    def flat(value: Any) -> str:
        return re.sub(r"[\n\t]", "", json.dumps(value, ensure_ascii=False).replace("\\n", "").replace("\\t", ""))

    assert flat(read_object(content, KEYS)) == flat(WHOLE)


@given(at=st.integers(min_value=1, max_value=len(SAID) - 1), broken=st.booleans())
def test_a_truncated_answer_is_never_completed(at: int, broken: bool) -> None:
    said = (SAID.replace("], ", "],, ", 1) if broken else SAID)[:at]
    with pytest.raises(NotJson):
        read_object(said, KEYS)
    assert not is_whole(said, KEYS)


def test_an_answer_is_whole_with_all_its_members_and_its_last_brace() -> None:
    assert is_whole(SAID, KEYS)
    assert is_whole(f"draft</think>```{SAID}```", KEYS)
    assert not is_whole(TEXT, KEYS)


def test_thoughts_that_never_end_are_recognised() -> None:
    assert is_all_thought(" <think>Let me see")
    assert is_all_thought("[THINK]Let me see")
    assert not is_all_thought("<think>Let me see</think>")
    assert not is_all_thought(SAID)


@pytest.mark.parametrize(
    "content",
    ["{" * 200_000, '{"topics":' * 20_000, '{"topics": [' + '{"a":1},' * 20_000],
    ids=["braces", "nested", "a list without end"],
)
def test_a_long_answer_of_braces_is_refused_quickly(content: str) -> None:
    with pytest.raises(NotJson):
        read_object(content, KEYS)
