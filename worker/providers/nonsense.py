"""Detects recogniser output that makes no sense: loops, and characters not used in Hong Kong."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from cantomeet.cantonese import to_hong_kong

_UNIT = re.compile(r"[^\W\u2e80-\U0003ffff]+|\w")
_LEAST, _WINDOW = 12, 20
"""Units (Chinese characters, or words of other scripts) in which a loop is detected: the fewest, and the window."""
_FEW_KINDS, _FEW_PAIRS = 0.4, 0.58
"""Greatest ratio of distinct units, and of distinct pairs of units, to all of them in a loop. Of the 4,957 utterances
of this length in HKCanCor, where people stammer and repeat themselves, two are below both."""
_STRANGE, _STRANGE_SHARE = 4, 0.3
"""Fewest characters not used in Hong Kong, and their smallest share of all, that make a text strange."""
_SPOKEN_HERE = frozenset(
    "噉佢啲嗰𡃉嘅囖嘢冇喎哋咗乜誒嚹吖睇喺𠻺咁嘞𠸏諗啫揾𠺢啱吓攞靚𡁵嗱吔裏𠻹掂㗎着𠺝舖瞓揸黐偈啩嬲唓嗌嘥𠿪噏冚慳笪咓揦煲焗舋嚿拃嫲咭𡃓啝鮓孭鑊搦𦧲戇掹𠮨攰摷唪唥噚"
    "㗳糍𠝹𡁜踎趷掯冧戥櫈跣𠻗嚟喼㧬𥊙躝搣腍扱餸擝脷奀嘜啋埗剒噃畀喎搵爲衆屌喐擸麪刹枱捽蔻噒邊儆醙轆髀嗻膶瞅蚊嘟噹哎哦喔噢唷咪啵啰喇咯"
)
"""Characters that are rare in written Chinese and common in spoken Cantonese."""


def is_nonsense(text: str) -> bool:
    """Tell whether the text has a loop or many characters that are not used in Hong Kong."""
    return bool(loops_in(units(text))) or is_strange(text)


def units(text: str) -> list[str]:
    """Split the text into Chinese characters and words of other scripts, in lower case."""
    return _UNIT.findall(text.lower())


def loops_in(units: Sequence[str]) -> set[int]:
    """Return the indices of units in passages that repeat the same few units."""
    size = min(_WINDOW, len(units))
    if size < _LEAST:
        return set()
    looping: set[int] = set()
    for at in range(len(units) - size + 1):
        if _poor(units[at : at + size]):
            looping.update(range(at, at + size))
    # A window that overlaps the start of a loop also contains units from before it.
    times = Counter(units[at] for at in looping)
    return {at for at in looping if times[units[at]] > 2}


def _poor(window: Sequence[str]) -> bool:
    few = len(set(window)) <= _FEW_KINDS * len(window)
    return few and len(set(pairwise(window))) <= _FEW_PAIRS * (len(window) - 1)


def is_strange(text: str) -> bool:
    """Tell whether much of the text is broken characters, other scripts or very rare characters."""
    # Small models sometimes write Cantonese in simplified characters; a later step converts these.
    letters = [character for character in to_hong_kong(text) if character.isalpha() or character == "\ufffd"]
    strange = sum(map(_is_strange, letters))
    return strange >= _STRANGE and strange >= _STRANGE_SHARE * len(letters)


@cache
def _is_strange(character: str) -> bool:
    if character in _SPOKEN_HERE:
        return False
    if "\u3400" <= character <= "\u9fff" or character >= "\U00020000":
        return not _is_common(character)
    return not unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN"))


def _is_common(character: str) -> bool:
    """Tell whether Big5's first level, its 5,401 common characters, has this one."""
    try:
        code = character.encode("big5")
    except UnicodeEncodeError:
        return False
    return b"\xa4\x40" <= code <= b"\xc6\x7e"
