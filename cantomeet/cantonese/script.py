"""Converts a recogniser's text to Hong Kong's characters; text that people typed is never changed.

A text that is recognisably traditional keeps its characters, except forms that Hong Kong does not print (羣 峯 裡). In
all other texts each simplified character is converted by OpenCC's dictionaries and then by Hong Kong's own use
(`choices`), and traditional characters stay. The forms that Hong Kong prints win over those that OpenCC takes from the
school list (群 for 羣, 說 for 説).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

from cantomeet.cantonese.choices import BOTH_SCRIPTS, choose

_PRINTED = str.maketrans(
    "羣牀峯麪説脱悦鋭閲税葱温啓裡衆兑藴爲僞祕麽溼皁鍼脣衹糉豔",
    "群床峰麵說脫悅銳閱稅蔥溫啟裏眾兌蘊為偽秘麼濕皂針唇只粽艷",
)
"""Maps a dictionary's or recogniser's form to the one that Hong Kong prints."""
_PRINTED_OF_SIMPLIFIED = str.maketrans("户嫺粧敍", "戶嫻妝敘")
"""The same for characters that were simplified; in traditional text 户 is intended."""

_CERTAIN_COPULA = re.compile(r"(?:[唔但即定梗仲]系|系(?:咪|唔系))")
"""Finds 系 for 係, which careless recognisers write in traditional text too."""
_INSIDE = re.compile(r"里(?=[面頭边邊])|(?<=[這那哪呢嗰邊])里(?!程|數)")

_BOTH_SCRIPTS = BOTH_SCRIPTS | frozenset(
    "后里云占谷周丑斗只征朴舍托杰游布采制雇吁吃咸尸唇杠柜丰于凶熏淀咨挂划辟筑夸跖腊腌帘荐周床群峰厨庄志注折姜胡霉蚝栖灶肴瓮虱蝎痒昵炖"
)
"""Characters that s2t changes but traditional text also has, so they do not show the script of a text."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that OpenCC cannot process."""
_COMPATIBILITY = re.compile(r"[\uf900-\ufad9\U0002f800-\U0002fa1d]")
_ROUNDS = 3
"""Conversions of a mixed line, which may show its script only after its first characters are corrected."""


def to_hong_kong(text: str) -> str:
    """Convert `text` to Hong Kong's traditional characters, with the same words in the same order. Idempotent."""
    text = _COMPATIBILITY.sub(_unified, _UNPRINTABLE.sub("", text))
    for _ in range(_ROUNDS):
        if (mended := _once(text)) == text:
            break
        text = mended
    return text


def _unified(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found.group())


def _once(text: str) -> str:
    shown = _with_copula(text) if _shows_traditional(text) else _converted(text)
    return _INSIDE.sub("裏", shown.translate(_PRINTED))


def _with_copula(text: str) -> str:
    """Replace 系 by 係 in traditional text where only that can be meant."""
    if "系" not in text:
        return text
    sure = {at for found in _CERTAIN_COPULA.finditer(text) for at in range(*found.span())}
    chosen = choose(simplified, text) if len(simplified := _convert("t2s", text)) == len(text) else text
    return "".join(chosen[at] if at in sure and own == "系" else own for at, own in enumerate(text))


def _converted(text: str) -> str:
    """Convert the simplified characters with all of `text` as their context, and keep the traditional ones."""
    simplified = _character_by_character("t2s", text).replace("𠮶", "嗰")
    converted = _character_by_character("s2hk", simplified).translate(_PRINTED_OF_SIMPLIFIED)
    chosen = choose(simplified, converted)
    return "".join(own if _script_of(own) == "traditional" else new for own, new in zip(text, chosen, strict=True))


def _character_by_character(configuration: str, text: str) -> str:
    """Convert each character by itself, in case an OpenCC phrase changed the length."""
    converted = _convert(configuration, text)
    if len(converted) == len(text):
        return converted
    return "".join(_convert(configuration, character)[:1] or character for character in text)


def _shows_traditional(text: str) -> bool:
    """Tell whether `text` has characters of the traditional script only, and none of the simplified script only."""
    kinds = {_script_of(character) for character in set(text)}
    return "traditional" in kinds and "simplified" not in kinds


@cache
def _script_of(character: str) -> str:
    if character < "\u3400" or character in _BOTH_SCRIPTS:
        return "either"
    if _convert("t2s", character) != character:
        return "traditional"
    return "simplified" if _convert("s2hk", character).translate(_PRINTED) != character else "either"


def _convert(configuration: str, text: str) -> str:
    return str(_converter(configuration).convert(text))


@cache
def _converter(configuration: str) -> OpenCC:
    return OpenCC(configuration)
