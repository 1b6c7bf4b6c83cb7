"""Replaces homophones of 哋 and 嚟 in recognised text: 我地 by 我哋, 出黎嘅 by 出嚟嘅.

Text that people typed is never changed. Only unambiguous cases are replaced: 我地盤, 佢地址, 人地生疏, 驚人地 and the
surname 黎 stay as they are, and so do doubtful ones.
"""

from __future__ import annotations

import re

_AFTER_THE_PLURAL = (
    r"(?=[嘅係唔都就要會有冇仲亦又想可嗰啲喺嚟咪啱㗎諗睇搵畀俾咁噉]"
    r"|傾(?!斜)|應該|應承|自己|而家|今日|今次|今年|今晚|聽日|呢個|呢啲|呢度|呢邊|呢次|已經|決定|同意|建議|需要|希望|覺得|黎開會)"
)
"""No word begins with 地 and one of these. Verbs before which 地 could form an adverb are left out if that matters."""
_PLURAL = re.compile(
    # 忘我地, 自我地 are adverbs, as in written Chinese. Many words end in 人, so the character before it is checked
    # too.
    rf"(?:(?<![忘自無唯真本小大])我|(?<!迷)你|佢|(?<=[俾畀叫問幫，。？！、])人)地{_AFTER_THE_PLURAL}"
)
_COME = re.compile(r"(?<=[出返入落起])黎(?=[嘅咗喇啦呀㗎])|(?<=[哋佢你我])黎(?=開會)")


def mend_homophones(text: str) -> str:
    """Replace 地 and 黎 by 哋 and 嚟 where only these can be meant. The length stays the same.

    `text` must be in Hong Kong's characters.
    """
    return _COME.sub("嚟", _PLURAL.sub(lambda found: found.group().replace("地", "哋"), text))
