"""The JSON object that a model answered with: after its thoughts, among prose, in a string, slightly broken.

Models write drafts before they answer, so the last whole object counts and never the first one that parses. Small
mistakes (a comma too many, a quote missing) are mended by json-repair; an object that is cut off is never made whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import json_repair

_WORDS = r"(?:think|thought|reason|reflect|analysis|scratch)"
_THOUGHT_ENDS = re.compile(
    rf"</\s*[\w:]*{_WORDS}[\w:]*\s*>|\[/\s*{_WORDS}\w*\s*\]|◁/{_WORDS}\w*▷"
    r"|<\|channel\|>\s*final\b[^<]{0,80}<\|message\|>|assistantfinal(?=\s*[{`])"
    r"|<\|(?:end_of_thought|end_thinking|start_response)\|>",
    re.I,
)
"""Of DeepSeek and Qwen, Magistral, Kimi, gpt-oss (Harmony, whole or with its marks stripped), Command A and others."""
_THOUGHT_BEGINS = re.compile(
    rf"<\s*[\w:]*{_WORDS}[\w:]*\s*>|\[\s*{_WORDS}\w*\s*\]|◁{_WORDS}\w*▷"
    r"|<\|channel\|>\s*(?:analysis|commentary)|<\|(?:begin_of_thought|start_thinking)\|>",
    re.I,
)
_AFTERWORD = re.compile(r"\s*(?:```|<\|[^|]{1,40}\|>|\s)*\Z")
"""What may follow the object where thoughts were never closed: a fence, or a mark of the model's template."""
_QUOTED_OBJECT = re.compile(r'"(?:\\[nrt]|\s)*\{')
_MARK = re.compile(r"\[/?[A-Z][A-Z _]{2,40}\]")
"""Of a template, after the answer: [END FINAL RESPONSE]."""
_MOST_WORK = 20
"""Times the length of an answer that may be gone over again, so that one full of braces stays quick to refuse."""
_MOST_FAILURES = 1000
_DEEPEST = 3
"""Objects around the object, e.g. {"result": {...}}."""
LONGEST_MENDED = 200_000
"""Characters; json-repair goes through them one by one."""

_JSON = json.JSONDecoder(strict=False)
"""Takes line breaks in strings, which models write."""
Span = tuple[int, int]
Object = dict[str, Any]


class NotJson(ValueError):
    """There is no JSON object with any of the expected members in the answer."""


def read_object(content: str, keys: Collection[str], members: Collection[str] = ()) -> Object:
    """The object with at least one of `keys`; `members`: all that it may have, the keys too. Raises `NotJson`."""
    names = {*keys, *members}
    for region in _spoken(content):
        # What follows the last sound object may be the answer, and that object a draft of it.
        after = _mended(region[_end_of_sound(region, keys) :], keys, names)
        found = after or _best(region, keys)
        if found is not None:
            return found
    raise NotJson("no JSON object with the expected members")


def is_whole(content: str, keys: Collection[str]) -> bool:
    """The answer holds an object with all the keys, to its closing brace and without mending."""
    return any(found is not None and _has_all(found, keys) for found in (_best(r, keys) for r in _spoken(content)))


def is_all_thought(content: str) -> bool:
    """Thoughts that were begun and never ended."""
    return bool(_THOUGHT_BEGINS.match(content.lstrip())) and not _THOUGHT_ENDS.search(content)


# ---- thoughts --------------------------------------------------------------------------------------------------


def _spoken(content: str) -> Iterator[str]:
    """The parts of an answer that are no thoughts, the last one first.

    Without a mark that opens them, everything before a mark that ends thoughts is thought.
    """
    spans = [span for span, _ in _objects(content)]
    ends = [found for found in _THOUGHT_ENDS.finditer(content) if not _inside(found.start(), spans)]
    yield from _outside(content[ends[-1].end() if ends else 0 :])
    starts = [0, *(end.end() for end in ends)]
    for start, end in reversed(list(zip(starts, ends, strict=False))):
        opening = _opening(content[start : end.start()])
        if opening is not None:
            yield content[start : start + opening]


def _outside(tail: str) -> Iterator[str]:
    """What is no thought of the last part, in which thoughts may begin that never end."""
    opening = _opening(tail)
    yield tail if opening is None else tail[:opening]
    if opening is not None:
        last = max(_objects(tail[opening:]), key=lambda found: found[0][1], default=None)
        if last is not None and _AFTERWORD.match(tail, opening + last[0][1]):
            yield tail[opening + last[0][0] : opening + last[0][1]]


def _opening(text: str) -> int | None:
    spans = [span for span, _ in _objects(text)]
    found = (mark.start() for mark in _THOUGHT_BEGINS.finditer(text) if not _inside(mark.start(), spans))
    return next(found, None)


def _inside(at: int, spans: list[Span]) -> bool:
    return any(start < at < end for start, end in spans)


# ---- objects ---------------------------------------------------------------------------------------------------


def _objects(text: str) -> Iterator[tuple[Span, Object]]:
    """The outermost objects that are sound JSON."""
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


def _best(text: str, keys: Collection[str], depth: int = 0) -> Object | None:
    """The object with most of the keys; of several the last."""
    found = [inner for _, outer in _objects(text) for inner in _within(outer, keys)]
    if not found and depth < _DEEPEST:
        found = [inner for quoted in _quoted(text) if (inner := _best(quoted, keys, depth + 1)) is not None]
    return max(reversed(found), key=lambda one: _score(one, keys), default=None)


def _end_of_sound(text: str, keys: Collection[str]) -> int:
    """Where the last sound object with any of the keys ends; 0 where there is none."""
    return max((end for (_, end), outer in _objects(text) if any(_within(outer, keys))), default=0)


def _within(value: Any, keys: Collection[str], depth: int = 0) -> Iterator[Object]:
    if isinstance(value, dict) and _score(value, keys):
        yield value
    elif isinstance(value, dict) and depth < _DEEPEST:
        for child in value.values():
            yield from _within(child, keys, depth + 1)
    elif isinstance(value, str) and "{" in value and depth < _DEEPEST:
        inner = _best(value, keys, depth + 1)
        yield from [] if inner is None else [inner]


def _quoted(text: str) -> Iterator[str]:
    """Texts in which JSON stands as a JSON string."""
    at = _QUOTED_OBJECT.search(text)
    if at is not None:
        try:
            yield str(_JSON.raw_decode(text, at.start())[0])
        except (ValueError, RecursionError):
            return


def _score(value: Object, keys: Collection[str]) -> int:
    return sum(key in value for key in keys)


def _has_all(value: Object, keys: Collection[str]) -> bool:
    return _score(value, keys) == len(keys)


# ---- mending ---------------------------------------------------------------------------------------------------


def _mended(text: str, keys: Collection[str], names: Collection[str]) -> Object | None:
    """The last object that begins with one of the names, if its end was told."""
    begins = re.compile(r"\{\s*[\"'“]?(?:" + "|".join(map(re.escape, names)) + r")[\"'”]?\s*[:：]")
    starts = [found.start() for found in begins.finditer(text)]
    core = text[starts[-1] : text.rfind("}") + 1] if starts else ""
    if not core or len(core) > LONGEST_MENDED or not _is_closed(core, text):
        return None
    try:
        found = json_repair.loads(core, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    whole = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]
    return next((one for one in whole if _has_all(one, keys)), None)


def _is_closed(core: str, text: str) -> bool:
    """No brace is missing, and no member follows the last one: an answer that was cut off is to be asked for again."""
    after = _MARK.sub("", text[text.rfind("}") + 1 :])
    return core.count("}") >= core.count("{") and not re.search(r'["\[]', after)
