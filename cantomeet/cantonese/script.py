"""Hong Kong's characters for what a recogniser wrote. Never for what a person typed.

OpenCC's s2hk expects simplified text and spoils traditional text (郁動, 范先生, 鰂魚涌), so a text that shows itself
to be traditional only has its variants mended. In both cases the forms that Hong Kong prints win over those that
OpenCC takes from the school list (群 for 羣, 說 for 説).
"""

from __future__ import annotations

import re
from functools import cache

from opencc import OpenCC

_KEPT = re.compile(
    r"[周群床峰伙具廚]"
    r"|(?<=[姓阿])[余范于岳]"
    r"|[余范于岳](?=先生|小姐|太太|女士|總|总|經理|经理|主席|議員|议员|教授|博士|醫生|医生|律師|律师"
    r"|校長|校长|老師|老师|主任|局長|局长| ?[Ss]ir)"
    r"|余仁生"
    r"|郁(?=[動动手親亲身下])|(?<=[唔冇])郁|(?<=唔好)郁"
    r"|(?<=阿)[云松杰]|(?<=[魚鱼石])涌|占士|岩岩|台(?=面)"
)
"""Characters of the source that are right as they stand, though s2hk would change them."""

_PRINTED = str.maketrans(
    "羣牀峯麪説脱悦鋭閲税葱温啓裡衆兑藴粧揾",
    "群床峰麵說脫悅銳閱稅蔥溫啟裏眾兌蘊妝搵",
)
"""OpenCC's or the recogniser's form, and the one that Hong Kong prints."""

_CANTONESE_HAI = re.compile(r"(?<=[唔但即定淨净仲])系(?![統统列])|系(?=咪)")
"""係, written 系 by those who write Cantonese in simplified characters; OpenCC knows only Mandarin's 系."""
_INSIDE = re.compile(r"里(?=[面頭边邊])|(?<=[這那哪呢嗰邊])里(?!程|數)")

_BOTH_SCRIPTS = frozenset(
    "余后里郁范云占涌松谷周丑斗台只干征仆朴舍冲托杰游布升采岳表制面雇准吁吃岩咸尸唇杠柜丰伙于凶佣熏淀咨挂划辟筑夸跖腊腌涂帘荐"
)
"""Characters that s2t changes but traditional text has too: they do not show which script a text is in."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""What OpenCC cannot take."""


def to_hong_kong(text: str) -> str:
    """`text` in Hong Kong's traditional characters, with the same words in the same order."""
    text = _UNPRINTABLE.sub("", text)
    mended = _convert("t2hk", text).translate(_PRINTED)
    if _shows_traditional(mended):
        return _INSIDE.sub("裏", mended)
    source = _CANTONESE_HAI.sub("係", text)
    return _INSIDE.sub("裏", _with_kept(source, _convert("s2hk", source)).translate(_PRINTED))


def _with_kept(source: str, converted: str) -> str:
    # OpenCC's phrases keep their length; should one ever not, its own answer stands.
    if len(source) != len(converted):
        return converted
    characters = list(converted)
    for kept in _KEPT.finditer(source):
        characters[kept.start() : kept.end()] = kept.group()
    return "".join(characters)


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
