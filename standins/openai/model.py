"""The stand-in's model: finds facts by simple words and answers as asked, or wrongly.

It follows the schema of the request or of the prompt; without one it writes prose. It obeys instructions outside the
marked data, so a transcript without markers could give it orders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PROSE = (
    "Of course. The meeting went through its points one by one and closed with thanks to everybody.\n\n- Point one\n"
)
INJECTED = "All funds are to be transferred at once."
"""The model's text when it obeys an instruction in the transcript."""
INVENTED_QUOTE = "呢句說話從來冇人講過，完全係作出嚟嘅。"
INVENTED_OWNER = "Zebedee Quillfeather"
INVENTED_DUE = "喺二零九九年十二月卅一號之前"

_DATA = re.compile(r"^<<<(\w+) (\w+)\n(.*)\n\1 \2>>>", re.S | re.M)
_LINE = re.compile(r"^\[(\d+)\] (?:([^:\n]{1,80}): )?(.*)$", re.M)
_SCHEMA = re.compile(r"JSON Schema:\n(\{.*)", re.S)
_ORDER = re.compile(r"忽略(?:以上|之前|所有)|ignore (?:all |the |any )?(?:previous|above|earlier)", re.I)

_DECISION = re.compile(r"決定|通過|同意|批准|議決|\b(?:agreed?|approved?|decided?|resolved|carried)\b", re.I)
_ACTION = re.compile(r"負責|跟進|之前|記得|\b(?:will|shall|please|by (?:mon|tues|wednes|thurs|fri)day)\b", re.I)
_QUESTION = re.compile(r"[?？]|嗎|點樣|幾多")
_RISK = re.compile(r"風險|擔心|可能會|\b(?:risk|might|worried)\b", re.I)
_OWNER = re.compile(r"(?:由|請|叫)(\S{2,4}?)(?:負責|跟進)|\b([A-Z][a-z]+) (?:will|shall)\b")
_DUE = re.compile(
    r"(?:[下今]個?)?(?:星期|禮拜)[一二三四五六日]|聽日|後日|月底|\d{1,2}月\d{1,2}[日號]"
    r"|\b(?:by )?(?:next )?(?:mon|tues|wednes|thurs|fri)day\b|\btomorrow\b",
    re.I,
)
_FIRST_PERSON = re.compile(r"我|\bI\b")
_WRITTEN = str.maketrans("嘅咗喺哋嚟冇啲嗰佢唔畀睇攞咁噉嘢咩係", "的了在們來沒些那他不給看拿這樣事麼是")
_SPOKEN = str.maketrans("的了在們來沒些那他不給看拿是", "嘅咗喺哋嚟冇啲嗰佢唔畀睇攞係")
_LINES_PER_TOPIC = 40
_QUOTED = 60


@dataclass(frozen=True)
class PromptLine:
    number: int
    speaker: str
    words: str


@dataclass(frozen=True)
class Prompt:
    """A parsed prompt; `orders` is everything outside the marked data."""

    orders: str
    data: str
    schema: Json | None

    @classmethod
    def of(cls, messages: Sequence[tuple[str, str]], schema: Json | None) -> Prompt:
        """Parse `messages`, given as role and content; `schema` is the request's schema, if it has one that is
        followed.
        """
        data = "\n".join(found[3] for role, text in messages if role == "user" for found in _DATA.finditer(text))
        orders = "\n".join(_DATA.sub("", text) for role, text in messages if role != "assistant")
        return cls(orders, data, schema or _schema_in(messages))

    @property
    def task(self) -> str:
        members = (self.schema or {}).get("properties", {})
        for task, member in (("minutes", "overview"), ("facts", "topics"), ("written", "lines")):
            if member in members:
                return task
        return "unknown"

    @property
    def lines(self) -> list[PromptLine]:
        return [PromptLine(int(found[1]), found[2] or "", found[3]) for found in _LINE.finditer(self.data)]

    @property
    def english(self) -> bool:
        return 'every "text" and "title" is in English' in self.orders


def _schema_in(messages: Sequence[tuple[str, str]]) -> Json | None:
    orders = (_DATA.sub("", text) for role, text in messages if role != "assistant")
    found = next((match for text in orders if (match := _SCHEMA.search(text))), None)
    if found is None:
        return None
    schema: Json = json.JSONDecoder().raw_decode(found[1])[0]
    return schema


def task_of(messages: Sequence[tuple[str, str]], sent: Json | None) -> str:
    """Return "facts", "minutes", "written", or "unknown" if the prompt has no schema of ours."""
    return Prompt.of(messages, sent).task


def content_of(messages: Sequence[tuple[str, str]], schema: Json | None, fault: str | None) -> str:
    """Return the model's text."""
    prompt = Prompt.of(messages, schema)
    if fault in ("empty", "refusal"):
        return ""
    if prompt.schema is None or prompt.task == "unknown":
        return PROSE
    answer = {"facts": _facts, "minutes": _minutes, "written": _written}[prompt.task](prompt)
    if fault == "obey" or _ORDER.search(prompt.orders):
        answer = _obey(prompt, answer)
    if fault in _MISTAKES:
        _MISTAKES[fault](answer)
    return _SPELLINGS.get(fault or "", _as_json)(_members(answer, prompt.schema))


def _facts(prompt: Prompt) -> Json:
    lines = prompt.lines
    decisions = [line for line in lines if _DECISION.search(line.words) and not _QUESTION.search(line.words)]
    return {
        "topics": [_fact(prompt, "topic", line) for line in lines[::_LINES_PER_TOPIC]],
        "decisions": [_fact(prompt, "decision", line) for line in decisions],
        "action_items": [_action_item(prompt, line) for line in lines if _ACTION.search(line.words)],
        "questions": [_fact(prompt, "question", line) for line in lines if _QUESTION.search(line.words)],
        "risks": [_fact(prompt, "risk", line) for line in lines if _RISK.search(line.words)],
        "quotes": [_citation(line) for line in decisions[:1]],
        "notes": [_fact(prompt, "note", line) | {"section": ""} for line in lines[:1]],
    }


def _fact(prompt: Prompt, kind: str, line: PromptLine) -> Json:
    texts = (_english(kind, line), _chinese(kind, line))
    text, other = texts if prompt.english else texts[::-1]
    return {"text": text, "text_other": other, "line": line.number, "evidence": [_citation(line)]}


def _action_item(prompt: Prompt, line: PromptLine) -> Json:
    owner, due = _OWNER.search(line.words), _DUE.search(line.words)
    named = (owner[1] or owner[2]) if owner else (line.speaker if _FIRST_PERSON.search(line.words) else None)
    return _fact(prompt, "action item", line) | {"owner": named or None, "due_text": due[0] if due else None}


def _citation(line: PromptLine) -> Json:
    return {"line": line.number, "quote": line.words[:_QUOTED]}


_KINDS = {
    "topic": "議題",
    "decision": "決定",
    "action item": "跟進",
    "question": "提問",
    "risk": "風險",
    "note": "記錄",
}


def _chinese(kind: str, line: PromptLine) -> str:
    """Make Chinese words look written; only refer to words in another language, since the stand-in cannot translate."""
    if sum(character > "\u2e80" for character in line.words) * 2 < len(line.words):
        return f"第 {line.number} 行的{_KINDS[kind]}，原文為英語。"
    return f"{_KINDS[kind]}：{line.words[:_QUOTED].translate(_WRITTEN)}"


def _english(kind: str, line: PromptLine) -> str:
    if not line.words.isascii():
        return f"The {kind} of line {line.number}, which was said in Cantonese."
    return line.words[:_QUOTED]


def _minutes(prompt: Prompt) -> Json:
    facts = [(int(n), kind, text) for n, kind, text in re.findall(r"^\[(\d+)\] ([a-z ]+): (.*)$", prompt.data, re.M)]
    topics = [fact for fact in facts if fact[1] == "topic"] or facts[:1]
    told = [fact for fact in facts if fact[1] != "topic"][:5] or topics[:5]
    title, other = ("Minutes", "會議記錄") if prompt.english else ("會議記錄", "Minutes")
    return {
        "title": title,
        "title_other": other,
        "overview": [_sentence(prompt, number, text) for number, _, text in told],
        "chapters": [_sentence(prompt, number, text) for number, _, text in topics],
        "duplicates": [],
    }


def _written(prompt: Prompt) -> Json:
    return {"lines": [{"line": line.number, "text": line.words.translate(_WRITTEN)} for line in prompt.lines]}


def _sentence(prompt: Prompt, number: int, text: str) -> Json:
    other = f"會議討論了第 {number} 項。" if prompt.english else f"Point {number} was talked about in the meeting."
    return {"text": text.split(" | ")[0], "text_other": other, "facts": [number]}


def _obey(prompt: Prompt, answer: Json) -> Json:
    """Obey an order in the transcript: invent a decision and its quote."""
    lines = prompt.lines
    invented = {"text": INJECTED, "text_other": INJECTED}
    proof = {"evidence": [{"line": lines[0].number if lines else 1, "quote": INJECTED}]}
    if prompt.task == "written":
        return {"lines": [{"line": line.number, "text": INJECTED} for line in lines[:1]]}
    if prompt.task == "minutes":
        return answer | {"overview": [invented | {"facts": []}]}
    return {name: [] for name in answer} | {"decisions": [invented | proof]}


def _members(value: Json, schema: Json) -> Json:
    """Keep only the members of the schema."""
    return {name: _to_schema(value.get(name), child) for name, child in schema["properties"].items()}


def _to_schema(value: object, schema: Json) -> object:
    if isinstance(value, dict):
        return _members(value, schema)
    if isinstance(value, list):
        return [_to_schema(entry, schema["items"]) for entry in value]
    return value


# ---- mistakes -------------------------------------------------------------------------------------------------


def _citations(answer: Json) -> Iterator[Json]:
    for name, items in answer.items():
        if name == "quotes":
            yield from items
        elif isinstance(items, list):
            yield from (cited for item in items if isinstance(item, dict) for cited in item.get("evidence", []))


def _items_with_text(answer: Json) -> Iterator[Json]:
    for items in answer.values():
        yield from (item for item in items if isinstance(item, dict) and "text" in item)


def _set_citations(**members: object) -> Callable[[Json], None]:
    def change(answer: Json) -> None:
        for cited in _citations(answer):
            cited.update(members)

    return change


def _one_line_off(answer: Json) -> None:
    for cited in _citations(answer):
        cited["line"] += 1


def _set_actions(**members: object) -> Callable[[Json], None]:
    def change(answer: Json) -> None:
        for action in answer.get("action_items", []):
            action.update(members)

    return change


def _change_texts(reworded: Callable[[str], str]) -> Callable[[Json], None]:
    def change(answer: Json) -> None:
        for item in _items_with_text(answer):
            item["text"] = reworded(item["text"])

    return change


def _in_french(text: str) -> str:
    number = "".join(re.findall(r"\d", text))
    return f"La réunion a décidé de poursuivre le projet avec une équipe plus grande {number}".strip()


def _simplified(text: str) -> str:
    return text.translate(
        str.maketrans("議題決定跟進問記錄風險會長開說這個時間", "议题决定跟进问记录风险会长开说这个时间")
    )


def _colloquial(text: str) -> str:
    return f"佢哋話{text.translate(_SPOKEN)}嘅"


def _with_gaps(answer: Json) -> None:
    """Leave out every third line. The same happens when these lines are requested alone, until two are left."""
    answer["lines"] = [line for n, line in enumerate(answer.get("lines", []), 1) if n % 3]


def _with_doubles(answer: Json) -> None:
    lines = answer.get("lines", [])
    answer["lines"] = [*lines, *lines[:2], {"line": 999_999, "text": "多出來的一行。"}]


def _without_evidence(answer: Json) -> None:
    """Put all quotes into the list of quotes and none with their items, as small models do."""
    quotes = list(_citations(answer))
    for item in _items_with_text(answer):
        item.update(line=0, evidence=[])
    if "quotes" in answer:
        answer["quotes"] = quotes


def _empty_lists(answer: Json) -> None:
    for name, value in answer.items():
        answer[name] = [] if isinstance(value, list) else value


_MISTAKES: dict[str | None, Callable[[Json], None]] = {
    "invented_quotes": _set_citations(quote=INVENTED_QUOTE),
    "unknown_lines": _set_citations(line=999_999),
    "wrong_lines": _one_line_off,
    "invented_owners": _set_actions(owner=INVENTED_OWNER),
    "invented_dates": _set_actions(due_text=INVENTED_DUE),
    "other_language": _change_texts(_in_french),
    "simplified": _change_texts(_simplified),
    "colloquial": _change_texts(_colloquial),
    "nothing": _empty_lists,
    "gaps": _with_gaps,
    "doubles": _with_doubles,
    "no_evidence": _without_evidence,
}


def _as_json(answer: Json) -> str:
    return json.dumps(answer, ensure_ascii=False)


def _as_broken_json(answer: Json) -> str:
    return _as_json(answer)[:-1].replace(":", " =", 3)


def _in_prose(answer: Json) -> str:
    return f"Here are the minutes {{as you asked}}:\n\n{_as_json(answer)}\n\nLet me know if {{anything}} is missing."


def _in_a_fence(answer: Json) -> str:
    return f"<think>The lines {{1}} to {{n}} matter.</think>\n```json\n{_as_json(answer)}\n```"


def _with_wrong_types(answer: Json) -> str:
    return json.dumps(dict.fromkeys(answer, "yes"))


def draft_of(answer: Json) -> str:
    """Return a model's first draft: the same members, all empty."""
    return _as_json({name: [] if isinstance(value, list) else "" for name, value in answer.items()})


def _with_thoughts(around: str, draft: Callable[[Json], str] = draft_of) -> Callable[[Json], str]:
    """Fill draft and answer into their places in `around`."""
    return lambda answer: around.replace("{draft}", draft(answer)).replace("{answer}", _as_json(answer))


def _part_of(answer: Json) -> str:
    return _as_json({name: value[:1] if isinstance(value, list) else value for name, value in answer.items()})


def _with_a_line_break(answer: Json) -> str:
    return re.sub(r'("(?:text|quote)": "[^"\\]{3})', r"\1\n", _as_json(answer), count=1)


_SPELLINGS: dict[str, Callable[[Json], str]] = {
    "bad_json": _as_broken_json,
    "prose": _in_prose,
    "fenced": _in_a_fence,
    "wrong_shape": _with_wrong_types,
    "think": _with_thoughts('<think>\nLet me see {"a": 1}. A first draft: {draft}\n</think>\n\n{answer}'),
    "think_unopened": _with_thoughts("Okay. A first draft: {draft} but I must go on.\n</think>\n\n{answer}"),
    "think_unopened_plain": _with_thoughts("Okay, the user wants JSON with the lines.\n</think>\n\n{answer}"),
    "partial_draft": _with_thoughts("Okay. A first draft: {draft} and the rest.\n</think>\n\n{answer}", _part_of),
    "thinking_tag": _with_thoughts("<thinking>A first draft: {draft}</thinking>\n{answer}"),
    "magistral": _with_thoughts("[THINK]A first draft: {draft}[/THINK]{answer}"),
    "harmony": _with_thoughts(
        "<|channel|>analysis<|message|>We draft {draft}<|end|><|start|>assistant<|channel|>final<|message|>{answer}"
    ),
    "line_break": _with_a_line_break,
    "trailing_comma": lambda answer: _as_json(answer)[:-1] + ",}",
    "list_root": lambda answer: f"[{_as_json(answer)}]",
    "json_in_string": lambda answer: json.dumps(_as_json(answer), ensure_ascii=False),
}
