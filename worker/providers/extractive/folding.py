"""Folds text to the form that the rules match: Traditional, half-width, with common mishearings corrected.

Every character is folded to exactly one other, so positions in the folded and the original text are the same. Folded
text is used only for matching; shown text is always cut from the original.
"""

from __future__ import annotations

import re
from functools import cache

import opencc

# Homophones that recognisers confuse (系/係, 地/哋, 根進 for 跟進), and written Mandarin for Cantonese.
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
    """Map Simplified to Traditional one character at a time, because conversion by words can change the length."""
    simplified = [chr(code) for code in range(0x4E00, 0xA000)]
    traditional = opencc.OpenCC("s2hk").convert("\n".join(simplified)).split("\n")
    table = {ord(a): HEARD_AS.get(b, b) for a, b in zip(simplified, traditional, strict=True) if len(b) == 1}
    return {code: character for code, character in table.items() if chr(code) != character}


@cache
def _everything() -> dict[int, str]:
    return _characters() | {ord(wide): narrow for wide, narrow in HALF_WIDTH.items()}


def fold(text: str) -> str:
    """Fold `text` to the same length; letters keep their case."""
    return text.translate(_everything())


def rule(*alternatives: str) -> re.Pattern[str]:
    """Compile any of the patterns for folded text. Letters match in either case; punctuation must be half-width."""
    return re.compile("|".join(alternatives).translate(_characters()), re.IGNORECASE)


def english(*alternatives: str) -> str:
    """Return one pattern that matches any of these as whole words."""
    return rf"(?<![a-z])(?:{'|'.join(alternatives)})(?![a-z])"
