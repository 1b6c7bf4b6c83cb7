"""Recognises what surrounds a meeting's content: greetings, agenda, closings, answers, and talk of other days."""

from __future__ import annotations

import re

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.sentences import Sentence

LONGEST_CLOSING = 60
"""Greatest width of a closing; a wider sentence also says something else."""

_GREETING = rule(
    r"^\W*(?:(?:好|ok|okay|咁|嗱|喂|hello|hi|hey)\W*)?(?:大家|各位[^,。]{0,6}?)?\W*"
    r"(?:早晨|早神|早上好|下午好|晚上好|午安|大家好|各位好|你好|您好|歡迎|多謝(?:大家|各位|晒|出席)(?:[嚟到](?:開會|參加)?|出席|抽空|開會)?|謝謝(?:大家|各位)?|"
    r"hello|hi|hey|good (?:morning|afternoon|evening|day)|morning|welcome|thanks?(?: you)?(?![a-z]))"
    r"(?:,? ?(?:大家|各位(?:同事|老師|委員|董事)?|主席|everyone|everybody|all|team|gentlemen|ladies|folks|guys))*\W*"
)
_CLOSING = rule(
    "散會",
    "^.{0,8}(?:開始|開工|食飯)(?:啦|喇|得|大家|$)",
    r"(?:^|啦|喇|得)\W*走(?:得|啦|先|人)\W*$|差唔多啦",
    "辛苦(?:晒|大家|各位)|多謝(?:大家|各位|晒)|謝謝(?:大家|各位|$)|唔該晒",
    english(
        "bye",
    ),
)
_HOUSEKEEPING = rule(
    "聽(?:唔聽)?(?:得)?到(?:我)?",
    english(
        "can (?:you|everyone|everybody|anyone) (?:hear|see)",
    ),
)
_AGENDA = rule(
    "議程",
    "(?:今日|今天|今次|今晚|今個(?:禮拜|星期))[^。]{0,14}?(?:傾|討論|講|檢討|過一過|跟進下|睇下|處理)",
    english(
        "agenda",
    ),
)
_ONLY_NAMES = rule(r"^\W*(?:就|都|咁)?(?:由|交畀|交由)[^,]{1,14}?(?:負責|跟進|處理|跟|做|搞)?(?:啦|喇|吖)?\W*$")
# In 今日傾三樣嘢：跟進漏水、決定加租 the words between the colon and a comma are the agenda, and not settled yet.
_LIST = re.compile("[^，,、。：:]{0,10}[：:][^，,]*")
_ACKNOWLEDGES = rule(
    r"^\W*(?:好|收到|明白|[冇無]問題|沒問題|得|可以|係|ok(?:ay)?|noted|sure|yes|yeah|yep|will do|no problem|of course|"
    r"understood|right|got it|certainly|absolutely|thank you|fine)"
    r"(?:[呀啊㗎嘅啦,.!。 ]|doctor|主席|校長|[冇無]問題|no problem|收到|明白|will do)*\W*"
)
_SAYS_YES = rule(
    r"^\W*(?:好(?!似|多|貴|難|少|耐|遠|大|太)|得(?!返|唔)|ok(?:ay)?|收到|明白|[冇無]問題|"
    r"noted|sure|will do|no (?:problem|worries)|got it)(?![a-z])"
)
_HERE_AND_NOW = rule("講(?!聲)|mic|mute|大聲|細聲|走|坐|食|飲|入嚟|過嚟|望")
_TAKES_ON = rule(
    r"^\W*(?:(?:ok(?:ay)?|sure|yeah|yes|fine)[, ]+)*(?:i'll|i will|i can|let me) "
    "(?:do|take|handle|sort|own|grab|pick up) (?:it|that|this|those|them)(?![a-z])",
)
# Words after 上次 or "last week" were done or decided then.
_OTHER_DAYS = rule(
    "上一?次|上(?:個)?(?:月|星期|禮拜|週)(?!起)|舊年|去年|上年|(?:琴|尋|昨)[日天]",
    "之前(?:已經|講|話|決定|定)|以前|(?:^|,)嗰陣|當時|已經|早就",
    english(
        "last (?:week|month|year|time|meeting|sprint)",
        "at the last|previously|already|back then|yesterday",
        "(?:used|was supposed|were supposed) to",
        "(?:discussed|mentioned|decided|agreed|said) earlier|earlier (?:today|this)",
    ),
)


def greeting_end(sentence: Sentence) -> int:
    """Return where the sentence's opening greeting ends, or 0."""
    end = 0
    while match := _GREETING.match(sentence.folded[end:]):
        end += match.end()
    return end


def is_closing(sentence: Sentence) -> bool:
    """Recognise a short sentence that opens or closes the meeting, or asks whether others can hear."""
    if sentence.width > LONGEST_CLOSING:
        return False
    return _CLOSING.search(sentence.folded) is not None or _HOUSEKEEPING.search(sentence.folded) is not None


def is_agenda(sentence: Sentence) -> bool:
    return _AGENDA.search(sentence.folded) is not None


def after_agenda(sentence: Sentence) -> Sentence | None:
    """Return the clauses after the one that names the agenda, or the sentence itself if none does."""
    match = _AGENDA.search(sentence.folded)
    if match is None:
        return sentence
    listed = _LIST.match(sentence.text, match.end())
    end = listed.end() if listed else match.end()
    rest = [start for start, _ in sentence.clauses() if start >= end]
    return sentence.cut(rest[0], len(sentence.text)) if rest else None


def acknowledgement_end(sentence: Sentence) -> int:
    """Return where an opening "Sure," or 收到， ends, or 0; 得返 and "right now" do not count."""
    match = _ACKNOWLEDGES.match(sentence.folded)
    if match is None:
        return 0
    rest = sentence.folded[match.end() :]
    apart = not rest or not match[0][-1].isalnum() or rest.startswith("我") or rest.lower().startswith("i'")
    return match.end() if apart else 0


def says_yes(sentence: Sentence) -> bool:
    """Recognise 得, 冇問題, "sure" as a yes to a request; 係 only answers a question."""
    return _SAYS_YES.match(sentence.folded) is not None


def is_here_and_now(sentence: Sentence) -> bool:
    """Recognise tasks for the meeting itself, such as 你講大聲啲 or 你開咗mic先."""
    return _HERE_AND_NOW.search(sentence.folded) is not None


def takes_on(sentence: Sentence) -> bool:
    """Recognise "I'll do it" or 我搞啦, which accept what was just requested."""
    return _TAKES_ON.search(sentence.folded) is not None


def only_names(folded: str) -> bool:
    """Tell whether the clause only names an owner, such as 由秘書負責."""
    return _ONLY_NAMES.match(folded) is not None


def speaks_of_other_days(folded: str) -> bool:
    return _OTHER_DAYS.search(folded) is not None
