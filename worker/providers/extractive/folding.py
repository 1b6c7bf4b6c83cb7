"""One form of writing for the rules to match: Traditional, half-width, and what recognisers commonly mishear.

Every character is folded to exactly one other, so a place in the folded text is the same place in the text as
spoken. Only matching sees folded text; what is shown is always cut from the original.
"""

from __future__ import annotations

import re
from functools import cache

import opencc

# What recognisers write for each other by sound (系/係, 地/哋, 根進 for 跟進), and written Mandarin for Cantonese.
_SOUNDS = {
    "系": "係",
    "既": "嘅",
    "甘": "咁",
    "地": "哋",
    "俾": "畀",
    "比": "畀",
    "根": "跟",
    "付": "負",
    "左": "咗",
    "黎": "嚟",
    "來": "嚟",
}
_WRITTEN = {"們": "哋", "不": "唔", "是": "係", "沒": "冇", "的": "嘅", "給": "畀", "在": "喺", "他": "佢", "她": "佢"}
HEARD_AS = _SOUNDS | _WRITTEN
HALF_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"、": ",", "　": " "}


@cache
def _characters() -> dict[int, str]:
    """Simplified to Traditional, one character at a time: a word's context would change lengths."""
    simplified = [chr(code) for code in range(0x4E00, 0xA000)]
    traditional = opencc.OpenCC("s2hk").convert("\n".join(simplified)).split("\n")
    table = {ord(a): HEARD_AS.get(b, b) for a, b in zip(simplified, traditional, strict=True) if len(b) == 1}
    return {code: character for code, character in table.items() if chr(code) != character}


@cache
def _everything() -> dict[int, str]:
    return _characters() | {ord(wide): narrow for wide, narrow in HALF_WIDTH.items()}


def fold(text: str) -> str:
    """As long as `text`; letters keep their case."""
    return text.translate(_everything())


def rule(*alternatives: str) -> re.Pattern[str]:
    """Any of the patterns, for folded text; letters match in either case, punctuation must be half-width."""
    return re.compile("|".join(alternatives).translate(_characters()), re.IGNORECASE)


def english(*alternatives: str) -> str:
    """One pattern for any of these, as whole words."""
    return rf"(?<![a-z])(?:{'|'.join(alternatives)})(?![a-z])"
