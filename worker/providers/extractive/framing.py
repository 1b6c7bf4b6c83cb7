"""What stands around the matter of a meeting: greetings, agenda, closings, answers, and talk of other days."""

from __future__ import annotations

import re

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.sentences import Sentence

LONGEST_CLOSING = 60
"""Width: in a longer sentence something else is said as well."""

_GREETING = rule(
    r"^\W*(?:(?:好|ok|okay|咁|嗱|喂|hello|hi|hey)\W*)?(?:大家|各位[^,。]{0,6}?)?\W*"
    r"(?:早晨|早神|早上好|下午好|晚上好|午安|大家好|各位好|你好|您好|歡迎|多謝(?:大家|各位|晒|出席)(?:[嚟到](?:開會|參加)?|出席|抽空|開會)?|謝謝(?:大家|各位)?|"
    r"hello|hi|hey|good (?:morning|afternoon|evening|day)|morning|welcome|thanks?(?: you)?(?![a-z]))"
    r"(?:,? ?(?:大家|各位(?:同事|老師|委員|董事)?|主席|everyone|everybody|all|team|gentlemen|ladies|folks|guys))*\W*"
)
_CLOSING = rule(
    "散會",
    "(?:今日|今天|今次|今晚)[^,。]{0,8}(?:到(?:呢度|這裏|此)|咁先|先啦)",
    r"^\W*(?:冇|無)?(?:好啦?|ok|咁)?\W*(?:就)?咁先",
    "會議[^,。]{0,10}結束",
    "^.{0,8}(?:開始|開工|食飯)(?:啦|喇|得|大家|$)",
    r"(?:^|啦|喇|得)\W*走(?:得|啦|先|人)\W*$|差唔多啦",
    "辛苦(?:晒|大家|各位)|多謝(?:大家|各位|晒)|謝謝(?:大家|各位|$)|唔該晒",
    english(
        "bye",
        "have a (?:nice|good)",
        "meeting (?:is|was) (?:adjourned|closed)",
        "that's (?:it|all)",
        "let's (?:get started|begin|start$|wrap up)",
        "(?:thanks|thank you),? (?:all|everyone|everybody)",
    ),
)
_HOUSEKEEPING = rule(
    "聽(?:唔聽)?(?:得)?到(?:我)?",
    "開(?:始)?得未",
    english(
        "can (?:you|everyone|everybody|anyone) (?:hear|see)",
        "am i audible",
        "you're (?:on )?mute",
        "is this (?:on|working)",
    ),
)
_AGENDA = rule(
    "議程",
    "(?:今日|今天|今次|今晚|今個(?:禮拜|星期))[^。]{0,14}?(?:傾|討論|講|檢討|過一過|跟進下|睇下|處理)",
    r"(?:傾|討論|講)[^。]{0,6}(?:[一二兩三四五六七八]|\d|幾)(?:件事|樣嘢|項|樣|點)",
    "主要(?:傾|講|討論|跟進)",
    "^(?:首先|跟住|然後|最後|另外|第.(?:項|樣|個議題))[,係想]{0,2}(?:講|傾|討論|確認)[^。]{0,12}$",
    english(
        "agenda",
        "today we(?:'ll| will| are going to)",
        "we(?:'ll| will| are going to) (?:go through|discuss|cover|talk about|look at|start with|begin with|move on)",
        "let's (?:start with|talk about|move on|go through|discuss|look at)",
        "(?:first|second|third|next|last) (?:item|topic|point)",
    ),
)
_ONLY_NAMES = rule(r"^\W*(?:就|都|咁)?(?:由|交畀|交由)[^,]{1,14}?(?:負責|跟進|處理|跟|做|搞)?(?:啦|喇|吖)?\W*$")
# 今日傾三樣嘢：跟進漏水、決定加租: what stands after the colon, up to a comma, is on the agenda and not settled yet.
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
    r"^\W*(?:好|ok|得|咁)?\W*(?:我(?:嚟|去|搞|做|負責)|等我|交畀我)(?:搞|做|跟|負責|嚟)?(?:啦|吖|喇|囉)",
)
# What follows 上次 or "last week" was done or decided then.
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
    """Where the greeting that the sentence opens with ends; 0 without one."""
    end = 0
    while match := _GREETING.match(sentence.folded[end:]):
        end += match.end()
    return end


def is_closing(sentence: Sentence) -> bool:
    """A short sentence that opens or closes the meeting, or asks whether one is heard."""
    if sentence.width > LONGEST_CLOSING:
        return False
    return _CLOSING.search(sentence.folded) is not None or _HOUSEKEEPING.search(sentence.folded) is not None


def is_agenda(sentence: Sentence) -> bool:
    return _AGENDA.search(sentence.folded) is not None


def after_agenda(sentence: Sentence) -> Sentence | None:
    """The clauses after the one that names the agenda; the sentence itself where none does."""
    match = _AGENDA.search(sentence.folded)
    if match is None:
        return sentence
    listed = _LIST.match(sentence.text, match.end())
    end = listed.end() if listed else match.end()
    rest = [start for start, _ in sentence.clauses() if start >= end]
    return sentence.cut(rest[0], len(sentence.text)) if rest else None


def acknowledgement_end(sentence: Sentence) -> int:
    """Where an opening "Sure," or 收到， ends; 0 without one, and for 得返 or "right now"."""
    match = _ACKNOWLEDGES.match(sentence.folded)
    if match is None:
        return 0
    rest = sentence.folded[match.end() :]
    apart = not rest or not match[0][-1].isalnum() or rest.startswith("我") or rest.lower().startswith("i'")
    return match.end() if apart else 0


def says_yes(sentence: Sentence) -> bool:
    """得, 冇問題, "sure": to a request; 係 only answers a question."""
    return _SAYS_YES.match(sentence.folded) is not None


def is_here_and_now(sentence: Sentence) -> bool:
    """你講大聲啲, 你開咗mic先: done before the meeting is over."""
    return _HERE_AND_NOW.search(sentence.folded) is not None


def takes_on(sentence: Sentence) -> bool:
    """ "I'll do it", 我搞啦: of what was just asked."""
    return _TAKES_ON.search(sentence.folded) is not None


def only_names(folded: str) -> bool:
    """由秘書負責: nothing but who is to do it."""
    return _ONLY_NAMES.match(folded) is not None


def speaks_of_other_days(folded: str) -> bool:
    return _OTHER_DAYS.search(folded) is not None
