"""Hong Kong's characters for what a recogniser wrote. Never for what a person typed.

A text that shows itself to be traditional keeps its characters, but for forms that Hong Kong does not print (羣 峯 裡).
In all other text each simplified character is converted by OpenCC's dictionaries and then by Hong Kong's own use
(`choices`); what is traditional already stays. The forms that Hong Kong prints win over those that OpenCC takes from
the school list (群 for 羣, 說 for 説).
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
"""A dictionary's or the recogniser's form, and the one that Hong Kong prints."""
_PRINTED_OF_SIMPLIFIED = str.maketrans("户嫺粧敍", "戶嫻妝敘")
"""The same, for characters that were simplified; whoever writes 户 in traditional text means it."""

_CERTAIN_COPULA = re.compile(r"(?:[唔但即定梗仲]系|系(?:咪|唔系))")
"""系 for 係, which careless recognisers write in traditional text too."""
_INSIDE = re.compile(r"里(?=[面頭边邊])|(?<=[這那哪呢嗰邊])里(?!程|數)")

_BOTH_SCRIPTS = BOTH_SCRIPTS | frozenset(
    "后里云占谷周丑斗只征朴舍托杰游布采制雇吁吃咸尸唇杠柜丰于凶熏淀咨挂划辟筑夸跖腊腌帘荐周床群峰厨庄志注折姜胡霉蚝栖灶肴瓮虱蝎痒昵炖"
)
"""Characters that s2t changes but traditional text has too: they do not show which script a text is in."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""What OpenCC cannot take."""
_COMPATIBILITY = re.compile(r"[\uf900-\ufad9\U0002f800-\U0002fa1d]")
_ROUNDS = 3
"""A mixed line may show its script only when its first characters are mended."""


def to_hong_kong(text: str) -> str:
    """`text` in Hong Kong's traditional characters, with the same words in the same order. Idempotent."""
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
    """Traditional text with 係 for 系, where nothing else can be meant."""
    if "系" not in text:
        return text
    sure = {at for found in _CERTAIN_COPULA.finditer(text) for at in range(*found.span())}
    chosen = choose(simplified, text) if len(simplified := _convert("t2s", text)) == len(text) else text
    return "".join(chosen[at] if at in sure and own == "系" else own for at, own in enumerate(text))


def _converted(text: str) -> str:
    """What is traditional in `text` stays; the rest is converted with all of `text` as its context."""
    simplified = _character_by_character("t2s", text).replace("𠮶", "嗰")
    converted = _character_by_character("s2hk", simplified).translate(_PRINTED_OF_SIMPLIFIED)
    chosen = choose(simplified, converted)
    return "".join(own if _script_of(own) == "traditional" else new for own, new in zip(text, chosen, strict=True))


def _character_by_character(configuration: str, text: str) -> str:
    """OpenCC's phrases keep their length; should one ever not, each character is converted by itself."""
    converted = _convert(configuration, text)
    if len(converted) == len(text):
        return converted
    return "".join(_convert(configuration, character)[:1] or character for character in text)


def _shows_traditional(text: str) -> bool:
    """True where `text` has characters of traditional script only, and none of simplified script only."""
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
