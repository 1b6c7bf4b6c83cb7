"""Finds names of people and bodies in a sentence.

People are named by 阿, title, given name or role, bodies by 部, 組, team, committee. Without a dictionary a Chinese
name has no edges. A name is therefore accepted only if its form shows it (阿明, 陳主任, 市場部, Anna, the audit
committee) or if it is a speaker of the meeting. Two or three plain characters are a name only beside words that need
one (請…整理, …負責), and only without an everyday character, because a wrong owner is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from worker.providers.extractive import words
from worker.providers.extractive.folding import fold, rule
from worker.providers.extractive.sentences import CJK, Sentence

LONGEST_NAME = 28
_C = f"[{CJK}]"
_GIVEN = r"(?-i:[A-Z][a-z]{1,14}(?:-[A-Z][a-z]+)?)"
_TITLE = r"(?:(?:Dr|Mr|Mrs|Ms|Miss|Prof|Nurse|Sister|Foreman|Auntie|Uncle)\.?\s)"
_CHINESE = (
    rf"(?:(?:{words.ROLES})?[{words.SURNAMES}](?:{_C}{{0,2}}?(?:{words.LONG_TITLES})|[{words.SHORT_TITLES}])|"
    rf"[阿亞](?:(?-i:[A-Z])[A-Za-z]{{0,12}}|{_C})|"
    rf"(?<!{_C})(?:[老小大細][{words.SURNAMES}]|[小細]{_C})(?=$|你|會|去|負責|要|,)|"
    rf"(?<!{_C}){_C}{{2,6}}(?:公司|事務所)|(?:管理)?委員會|董事會|法團|"
    rf"(?:各[班級科])?(?:(?:{words.DEPARTMENTS})|(?<![A-Za-z])[A-Za-z&]{{2,12}}\s?)(?:{words.BODY_TAILS})|"
    rf"{words.ROLES})"
)
_ENGLISH = (
    rf"(?<![A-Za-z])(?:(?:the\s)?(?:[A-Za-z&]{{1,14}}\s){{0,2}}(?:{words.ENGLISH_BODIES}|"
    rf"{words.ENGLISH_ROLES})|"
    rf"(?-i:{words.ENGLISH_DEPARTMENTS})|{_TITLE}?{_GIVEN}(?:\s{_GIVEN})?)"
)
_ENDING = rule(rf"(?:{_CHINESE}|{_ENGLISH})$")
_STARTING = rule(rf"(?:{_CHINESE}|{_ENGLISH}(?![A-Za-z]))")
_LINK_BEFORE = rule(r"(?:同埋|同|和|與|及|\s?and\s|\s?&\s?)$")
_LINK_AFTER = rule(r"(?:同埋|同|和|與|及|\sand\s|\s?&\s?)")
_NAMED_HERE = rule(rf"(?:請|麻煩|唔該|由|交畀)({_C}{{2,3}}?)(?=同|盡快|喺|{words.TASK_VERB})")
_CALLS = rule(r"(?:(?:喂|嗱|咁|好|okay|ok|so|and|hey|right|now)(?![a-z])[ ,]*)+")
_PLAIN_END = re.compile(rf"(?:^|(?<=[\s,]))({_C}{{2,3}})$")
_PLAIN_START = rule(rf"({_C}{{2,3}}?)(?=同|盡快|幫手|喺|{words.TASK_VERB})")
_ROLE = rule(words.ROLES)
_EVERYDAY = frozenset(fold(words.EVERYDAY))
_EVERYDAY_WORD = rule(words.EVERYDAY_WORDS)
_NOT_TITLED = tuple(fold(word) for word in words.NOT_TITLED)


class Names:
    """The names of one meeting: its speakers, and people who are named unmistakably."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        known: set[str] = set()
        for sentence in sentences:
            if sentence.speaker:
                # "Nurse Ada" and 保安主管 雄哥 are also addressed as Ada and 雄哥.
                known.add(fold(sentence.speaker))
                known.update(fold(sentence.speaker).split()[-1:])
            known.update(m[1] for m in _NAMED_HERE.finditer(sentence.folded) if _is_plain_name(m[1]))
        self._known = {name for name in known if 2 <= len(name) <= LONGEST_NAME}
        longest_first = sorted(self._known, key=len, reverse=True)
        alternatives = "|".join(rf"{_left_edge(n)}{re.escape(n)}{_right_edge(n)}" for n in longest_first[:500])
        self._known_ending = re.compile(rf"(?:{alternatives})$") if alternatives else None
        self._known_starting = re.compile(rf"(?:{alternatives})") if alternatives else None

    def ending_at(self, folded: str, end: int, *, plain: bool = False) -> tuple[int, int] | None:
        """Return the range of the name, or of two linked by 同 or "and", that ends at `end`.

        `plain` allows a plain name, because the words there need a name.
        """
        while end > 0 and folded[end - 1] in " ,":
            end -= 1
        found = self._one_ending_at(folded, end, plain) or (self._second_ending_at(folded, end) if plain else None)
        if found is None:
            return None
        link = _LINK_BEFORE.search(folded[max(0, found[0] - 5) : found[0]])
        if link:
            other = self._one_ending_at(folded, found[0] - len(link[0]), False)
            if other:
                return other[0], end
        return found

    def starting_at(self, folded: str, start: int, *, plain: bool = False) -> tuple[int, int] | None:
        """Return the range of the name, or of two linked names, that starts at `start`."""
        while start < len(folded) and folded[start] in " ,":
            start += 1
        found = self._one_starting_at(folded, start, plain)
        if found is None:
            return None
        link = _LINK_AFTER.match(folded, found[1])
        if link:
            other = self._one_starting_at(folded, link.end(), False)
            if other:
                return start, other[1]
        return found

    def may_be_plain_name(self, clause: str) -> bool:
        """Tell whether the clause is two or three plain characters that may be a name, before 幫我 or 請你."""
        return len(clause) in {2, 3} and _PLAIN_END.match(clause) is not None and _is_plain_name(clause)

    def is_whole_name(self, folded: str) -> bool:
        """Tell whether the whole text is a name."""
        return self.name_addressed_in(folded) == (0, len(folded))

    def name_addressed_in(self, clause: str) -> tuple[int, int] | None:
        """Return the name that is the whole clause, or all of it after 喂 or "Okay", as when somebody is addressed."""
        call = _CALLS.match(clause)
        start = call.end() if call else 0
        found = self._one_starting_at(clause, start, False)
        return found if found is not None and found[1] == len(clause) else None

    def _second_ending_at(self, folded: str, end: int) -> tuple[int, int] | None:
        """Find a plain name after a name and 同: 志偉 in 阿玲同志偉."""
        for start in (end - 2, end - 3):
            link = _LINK_BEFORE.search(folded[max(0, start - 5) : max(0, start)])
            if link and _is_plain_name(folded[start:end]) and self._one_ending_at(folded, start - len(link[0]), False):
                return start, end
        return None

    def _one_ending_at(self, folded: str, end: int, plain: bool) -> tuple[int, int] | None:
        begin = max(0, end - LONGEST_NAME)
        window = folded[begin:end]
        known = self._known_ending.search(window) if self._known_ending else None
        if known:
            return begin + known.start(), end
        match = _ENDING.search(window)
        if match:
            start = _without_stop_words(window, match.start())
            if start is not None and _is_name(window[start:]):
                return begin + start, end
        match = _PLAIN_END.search(window) if plain else None
        if match and _is_plain_name(match[1]):
            return begin + match.start(1), end
        return None

    def _one_starting_at(self, folded: str, start: int, plain: bool) -> tuple[int, int] | None:
        known = self._known_starting.match(folded, start) if self._known_starting else None
        if known:
            return start, known.end()
        match = _STARTING.match(folded, start)
        if match and _without_stop_words(match[0], 0) == 0 and _is_name(match[0]):
            return start, match.end()
        match = _PLAIN_START.match(folded, start) if plain else None
        if match and _is_plain_name(match[1]):
            return start, match.end(1)
        return None


def _without_stop_words(window: str, start: int) -> int | None:
    """Return where the name begins after "So", "Then" or "to", or None if nothing is left."""
    while True:
        word = re.match(r"[A-Za-z.']+", window[start:])
        if word is None:
            return start if window[start:].strip() else None
        rest = window[start + word.end() :]
        if word[0].lower() == "the" and rest.strip():
            return start
        capitals = len(word[0]) > 1 and word[0].isupper() and word[0] != "OK"
        if capitals or word[0].lower().rstrip(".") not in words.NOT_GIVEN_NAMES or _is_title(word[0]):
            return start
        if not rest.strip():
            return None
        start += word.end() + len(rest) - len(rest.lstrip())


def _is_name(text: str) -> bool:
    """Reject 施工, which looks like surname and title, and 呢間公司, which looks like a company's name."""
    if text.endswith(("公司", "事務所")) and not _ROLE.fullmatch(text):
        return _is_plain_name(re.sub("(?:公司|事務所)$", "", text))
    return not text.endswith(_NOT_TITLED)


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in {"dr", "mr", "mrs", "ms", "miss"}


def _is_plain_name(text: str) -> bool:
    return not any(character in _EVERYDAY for character in text) and _EVERYDAY_WORD.search(text) is None


def _left_edge(name: str) -> str:
    return r"(?<![A-Za-z])" if name[0].isascii() else ""


def _right_edge(name: str) -> str:
    return r"(?![A-Za-z])" if name[-1].isascii() else ""
