"""Extracts the JSON object from a model's answer.

The object may follow thoughts, stand among prose or inside a JSON string, or be slightly broken. Models write drafts
before they answer, so the last complete object counts and never the first that parses. json-repair corrects small
mistakes such as an extra comma or a missing quote. An object that is cut off is never completed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

import json_repair

_WORDS = r"(?:think|thought|reason|reflect|analysis|scratch)"
_THOUGHT_ENDS = re.compile(
    rf"</\s*[\w:]*{_WORDS}[\w:]*\s*>|\[/\s*{_WORDS}\w*\s*\]|◁/{_WORDS}\w*▷"
    r"|<\|channel\|>\s*final\b[^<]{0,80}<\|message\|>|assistantfinal(?=\s*[{`])"
    r"|<\|(?:end_of_thought|end_thinking|start_response)\|>",
    re.I,
)
"""Marks of DeepSeek and Qwen, Magistral, Kimi, gpt-oss (Harmony, with or without its markers), Command A and others."""
_THOUGHT_BEGINS = re.compile(
    rf"<\s*[\w:]*{_WORDS}[\w:]*\s*>|\[\s*{_WORDS}\w*\s*\]|◁{_WORDS}\w*▷"
    r"|<\|channel\|>\s*(?:analysis|commentary)|<\|(?:begin_of_thought|start_thinking)\|>",
    re.I,
)
_AFTERWORD = re.compile(r"\s*(?:```|<\|[^|]{1,40}\|>|\s)*\Z")
"""What may follow the object if thoughts were never closed: a code fence, or a marker of the model's template."""
_QUOTED_OBJECT = re.compile(r'"(?:\\[nrt]|\s)*\{')
_MARK = re.compile(r"\[/?[A-Z][A-Z _]{2,40}\]")
"""A template's marker after the answer, such as [END FINAL RESPONSE]."""
_MOST_WORK = 20
"""Limit of repeated parsing, as a multiple of the answer's length, so that an answer full of braces is refused quickly.
"""
_MOST_FAILURES = 1000
_DEEPEST = 3
"""Most objects that may enclose the object, e.g. {"result": {...}}."""
LONGEST_REPAIRED = 200_000
"""Most characters that are repaired, since json-repair goes through them one by one."""

_JSON = json.JSONDecoder(strict=False)
"""Accepts line breaks in strings, which models write."""
Span = tuple[int, int]
Object = dict[str, object]


class NotJson(ValueError):
    """The answer contains no JSON object with any of the expected members."""


def read_object(content: str, keys: Collection[str], members: Collection[str] = ()) -> Object:
    """Return the object that has at least one of `keys`; `members` are its other allowed members. Raises `NotJson`."""
    names = {*keys, *members}
    for region in _answer_regions(content):
        # The text after the last valid object may be the answer, and that object a draft of it.
        after = _repaired_object(region[_end_of_valid_object(region, keys) :], keys, names)
        found = after or _best_object(region, keys)
        if found is not None:
            return found
    raise NotJson("no JSON object with the expected members")


def is_whole(content: str, keys: Collection[str]) -> bool:
    """Tell whether the answer contains a complete object with all the keys, without repair."""
    return any(
        found is not None and _has_all(found, keys)
        for found in (_best_object(r, keys) for r in _answer_regions(content))
    )


def is_all_thought(content: str) -> bool:
    """Tell whether the answer begins with thoughts that never end."""
    return bool(_THOUGHT_BEGINS.match(content.lstrip())) and not _THOUGHT_ENDS.search(content)


# ---- thoughts --------------------------------------------------------------------------------------------------


def _answer_regions(content: str) -> Iterator[str]:
    """Yield the parts of an answer that are not thoughts, the last one first.

    If no mark opens the thoughts, everything before a mark that ends them is thought.
    """
    spans = [span for span, _ in _objects(content)]
    ends = [found for found in _THOUGHT_ENDS.finditer(content) if not _is_inside(found.start(), spans)]
    yield from _regions_after_thoughts(content[ends[-1].end() if ends else 0 :])
    starts = [0, *(end.end() for end in ends)]
    for start, end in reversed(list(zip(starts, ends, strict=False))):
        opening = _thought_start(content[start : end.start()])
        if opening is not None:
            yield content[start : start + opening]


def _regions_after_thoughts(tail: str) -> Iterator[str]:
    """Yield the parts that are not thoughts after the last closed thought, where thoughts may begin and never end."""
    opening = _thought_start(tail)
    yield tail if opening is None else tail[:opening]
    if opening is not None:
        last = max(_objects(tail[opening:]), key=lambda found: found[0][1], default=None)
        if last is not None and _AFTERWORD.match(tail, opening + last[0][1]):
            yield tail[opening + last[0][0] : opening + last[0][1]]


def _thought_start(text: str) -> int | None:
    spans = [span for span, _ in _objects(text)]
    found = (mark.start() for mark in _THOUGHT_BEGINS.finditer(text) if not _is_inside(mark.start(), spans))
    return next(found, None)


def _is_inside(at: int, spans: list[Span]) -> bool:
    return any(start < at < end for start, end in spans)


# ---- objects ---------------------------------------------------------------------------------------------------


def _objects(text: str) -> Iterator[tuple[Span, Object]]:
    """Yield the outermost objects that are valid JSON, with their spans."""
    start, work, failures = text.find("{"), 0, 0
    while start >= 0 and work <= _MOST_WORK * len(text) and failures < _MOST_FAILURES:
        try:
            found, end = _JSON.raw_decode(text, start)
        except RecursionError:
            return
        except json.JSONDecodeError as wrong:
            work, failures = work + wrong.pos - start, failures + 1
            start = text.find("{", start + 1)
            continue
        yield (start, end), found
        start = text.find("{", end)


def _best_object(text: str, keys: Collection[str], depth: int = 0) -> Object | None:
    """Return the object with the most keys; the last one if several have as many."""
    found = [inner for _, outer in _objects(text) for inner in _objects_with_keys(outer, keys)]
    if not found and depth < _DEEPEST:
        found = [
            inner for quoted in _json_strings(text) if (inner := _best_object(quoted, keys, depth + 1)) is not None
        ]
    return max(reversed(found), key=lambda candidate: _count_keys(candidate, keys), default=None)


def _end_of_valid_object(text: str, keys: Collection[str]) -> int:
    """Return the end of the last valid object with any of the keys, or 0."""
    return max((end for (_, end), outer in _objects(text) if any(_objects_with_keys(outer, keys))), default=0)


def _objects_with_keys(value: object, keys: Collection[str], depth: int = 0) -> Iterator[Object]:
    if isinstance(value, dict) and _count_keys(value, keys):
        yield value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for child in value.values():
            yield from _objects_with_keys(child, keys, depth + 1)
    elif isinstance(value, str) and "{" in value and depth < _DEEPEST:
        inner = _best_object(value, keys, depth + 1)
        yield from [] if inner is None else [inner]


def _json_strings(text: str) -> Iterator[str]:
    """Yield the JSON strings that contain JSON objects."""
    at = _QUOTED_OBJECT.search(text)
    if at is not None:
        try:
            yield str(_JSON.raw_decode(text, at.start())[0])
        except (ValueError, RecursionError):
            return


def _count_keys(value: Object, keys: Collection[str]) -> int:
    return sum(key in value for key in keys)


def _has_all(value: Object, keys: Collection[str]) -> bool:
    return _count_keys(value, keys) == len(keys)


# ---- mending ---------------------------------------------------------------------------------------------------


def _repaired_object(text: str, keys: Collection[str], names: Collection[str]) -> Object | None:
    """Repair and return the last object that begins with one of the names, if it is complete."""
    begins = re.compile(r"\{\s*[\"'“]?(?:" + "|".join(map(re.escape, names)) + r")[\"'”]?\s*[:：]")
    starts = [found.start() for found in begins.finditer(text)]
    core = text[starts[-1] : text.rfind("}") + 1] if starts else ""
    if not core or len(core) > LONGEST_REPAIRED or not _is_closed(core, text):
        return None
    try:
        found = json_repair.loads(core, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    whole = [candidate for candidate in (found if isinstance(found, list) else [found]) if isinstance(candidate, dict)]
    return next((candidate for candidate in whole if _has_all(candidate, keys)), None)


def _is_closed(core: str, text: str) -> bool:
    """Tell whether every brace is closed and no member follows; a truncated answer must be requested again."""
    after = _MARK.sub("", text[text.rfind("}") + 1 :])
    return core.count("}") >= core.count("{") and not re.search(r'["\[]', after)
