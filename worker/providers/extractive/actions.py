"""Finds tasks in a sentence, clause by clause: assignments, promises and requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.framing import speaks_of_other_days
from worker.providers.extractive.names import Names
from worker.providers.extractive.sentences import Sentence, width
from worker.providers.extractive.words import TASK_VERB, TASK_VERBS_EN


class Whose(Enum):
    """The owner of a task that names nobody."""

    SPEAKERS = auto()
    """The speaker, after 我 and "I"."""
    ADDRESSED = auto()
    """The person addressed, after 你 and "you"."""
    OPEN = auto()


class Needs(Enum):
    """What else a sentence must contain to be a task and not just talk."""

    NOTHING = auto()
    TIME = auto()
    """Any future time: 我訂場 is talk, 我聽日訂場 is a task."""
    TIME_OR_ANSWER = auto()
    """A time, or a yes from somebody next: 你搵人睇咗佢先 is a task if the next speaker says 得."""
    DEADLINE = auto()
    """A deadline: 星期五之前要交, "we will send it by Friday"."""


@dataclass(frozen=True)
class Task:
    """A clause that gives somebody a task."""

    at: int
    """Position in the sentence of the words that make it a task."""
    owner: tuple[int, int] | None
    """Range of the name in the sentence."""
    whose: Whose
    needs: Needs = Needs.NOTHING


_NUMBER = "[\\d一二三四五六七八九十廿卅兩]{1,3}"
_WHEN = (
    rf"(?:[喺於]?(?:聽日|今日|今天|明天|明日|後日|後天|聽朝|聽晚|今晚|即日|(?:下|今|呢|本)?個?(?:星期|禮拜|"
    rf"週)[一二三四五六日天]?|"
    rf"(?:{_NUMBER}月)?{_NUMBER}[日號]|{_NUMBER}月|(?:下個?|今個?|本)?月[底尾中初]|下個?月|年[底尾]|"
    rf"{_NUMBER}個?(?:日|星期|禮拜|月)|開會|散會)"
    r"(?:朝早|上午|中午|下午|下晝|晏晝|夜晚|晚上)?(?:或?之前|或?以前|前|之?後|之?內|嘅?時候)?)"
)
_TIME = _WHEN + "?"
_HELP = (
    "(?:再|去|嚟|先|幫手|幫我|幫忙|幫|一齊|繼續|盡快|儘快|即刻|遲啲|親自|自己|返|分別|逐個|逐一|同時|盡量|順便|今日|"
    "都|就|隻手|埋|另外|認真){0,3}"
)
_NOT_A_TASK = rule(
    "負責嘅|負責人|負責任|跟進緊|處理緊|做緊|負責咗|跟進咗|等等|去(?:洗手間|廁所)|等陣(?=先|再|,|$)",
    "如果|假如|若果?|除非|萬一|最快|最早|其實|一直|向來|本來|通常|平時",
    "建議|提議|我(?:覺得|認為|估|怕|諗)|(?<!唔)可以(?!(?:請|麻煩)?你)",
    english(
        "if|unless|whether|might|used to|suggest|was going to|were going to|not going to",
        "won't|will not|don't|doesn't|didn't|shouldn't|can't|cannot|(?:could|should|would) have|would like to know",
        "let me (?:see|think|know|start|share|finish|say|tell you|explain|just)",
        r"i(?:'ll| will) (?:say|be|see|start|pass|hand|let(?! \w+(?: \w+)? know)|leave|tell you (?:what|that))",
    ),
)
# 唔使 and 未會 negate only the words beside them: 阿明負責你唔使理 is a task.
_DENIED = rule("(?<![可會使需])(?:唔|毋|無|冇|未)(?:使|需要?|用|必|會|可以?|應該|想|好|再|肯)")
DENIAL_BEFORE, DENIAL_AFTER = 8, 10
TIME_BEFORE = 36
"""Width before a task in which a past time cancels it: 上次我負責 is no task, but 上個月有投訴，… before a promise is
another matter.
"""
_ME = (
    "(?<![同畀叫請幫向問])我(?!哋|覺得|諗|話|想|唔|估|知|同意|怕|講(?:先|返|埋|咗|完|下)|問(?:下|吓)?(?:大家|你|各位))"
)
_I_WILL = rule(
    rf"{_ME}(?:自己)?{_TIME}(?P<modal>會|(?:去|嚟)(?![咗過到])|今晚|聽日|聽朝|今日|而家|即刻|遲啲|散會後|返去|一陣|等陣|等下|之後|星期.|再(?!講|問|講多))",
    rf"{_ME}(?:自己)?{_TIME}(?:可以)?(?:負責|跟進|訂|寫|出|簽)",
    "(?P<given>等我|交畀我|由我|我嚟)",
    # 咁我打畀佢 accepts a task that just came up, and so does 我搵人印, which delegates it.
    rf"(?:^|[,啦喇囉])(?:咁|(?:好|得|ok)(?:呀|啦|喇)?)(?P<so>我)(?!哋|覺得|諗|話|想|唔|估|知|同意|怕|講|先|即係|要|都|試)(?={_HELP}{TASK_VERB}(?![^,]{{0,3}}[咗過緊]))",
    rf"{_ME}(?:去|嚟|再|即刻)?(?P<finds>搵)(?:個|返|第二個)?(?:人|師傅|律師)(?![^,]{{0,3}}[咗過])",
)
_WE_WILL = rule(rf"我哋(?:將會|將|會|要|需要|得|{_WHEN})")
_I_DO = rule(rf"{_ME}要?{_HELP}{_TIME}{_HELP}{TASK_VERB}(?![^,]{{0,3}}咗)")
# 咁我搞啦 and 我嚟寫吖 are offers, which count as accepted unless somebody objects.
_I_VOLUNTEER = rule(
    rf"{_ME}{_TIME}{_HELP}{TASK_VERB}(?<!我講)[^,我咗]{{0,6}}(?:啦|吖|囉)",
    rf"{_ME}(?:入|去|上|落|喺)[^,我你咗話知聽見]{{1,6}}{TASK_VERB}[^,我咗]{{0,4}}(?:啦|吖|囉)",
)
_VERB_SOON = rule(rf"[^,]{{0,14}}?{TASK_VERB}")
_IN_CHARGE = rule(
    "(?:嚟|去|會|要|就|一齊|繼續|暫時|先)?(?:負責(?!嘅|人|任)|跟進(?!緊|咗|下)|處理(?!緊|咗|好)|統籌(?!緊|咗))"
)
_REQUEST = rule(
    "(?<![邀申聘宴])請(?!問|極|[唔得]?到|[咗加過埋]|假|客|教|唔請|坐|繼續|發言|(?:大家)?[睇看望]|[^,]{0,2}(?:嘉賓|人食))",
    "麻煩(?!嘅|事|到|咗|晒)|唔該(?!晒)|有勞|拜託|勞煩",
    "(?<![一-鿿])幫(?:我哋?|手)(?!哋?.{0,3}[咗過])",
)
_ADDRESSES = rule(r"[ ,]*(?:你|請|麻煩|唔該|幫)")
_TO_THEM = rule("你?(?:啦|喇|跟|幫手)?$")
# 呢份嘢交畀你跟 assigns a task to the person addressed, whose name may come before it.
_TO_YOU = rule("交畀你|(?:等|由)你(?=跟|搞|處理|負責|做)")
_ASSIGNS = rule(
    "(?<![自理經因])(?:由|(?:叫|嗌)(?=阿|[A-Za-z]|(?:主席|秘書|司庫|經理|主任|會計))|交畀|交由|派|安排|授權|指派|委託|委派|責成)"
    rf"(?!我|今|聽|即|下|上|星期|{_NUMBER}月|於|此|頭)"
)
_YOU = rule(
    r"你(?!哋|知|覺得|話(?!畀|返)|諗|有|係|睇[^,]{0,3}(?:點|唔)|嘅|唔|可以(?!幫|負責)|嗰|想|估|咁)"
    r"(?:可唔可以|可以)?"
)
_TO_DO = rule(
    rf"(?:話佢?)?{_TIME}(?:就|都)?(?:將會|將於|須於|須|將|會(?!議|所|員|計|場|社|址|唔|否)|要(?!求|唔|點|係|緊)|"
    rf"需要(?!多|幾|大|{_NUMBER})|需(?!要|求)|應該|必須|務必|記得|記住|嚟|去|聽日|聽朝|星期.|下星期.|返去|負責)"
)
# A name and its task, as in 阿強跟返業主. 阿強講 and 阿強問 only report.
_TASK_OF_NAMED = rule(
    rf"{_HELP}(?:(?P<sure>跟[返進]|幫手|幫我)|{_TIME}{_HELP}(?!講|問|報|睇|介紹|分析|改|加|減|同.{{1,8}}講)"
    rf"{TASK_VERB}(?![^,]{{0,3}}[咗緊過到]))"
)
_LINKING_WORD = rule("(?:咁|嗱|跟住|另外|而)(?=.{4})")
# 阿明寫嘢好靚 describes; Fiona出通告 assigns.
_DESCRIBES = rule("好|得|嘅|緊|過|唔|㗎|喎")
LONGEST_OBJECT = 6
_REMEMBER = rule("記得|記住|切記|務必|千祈")
_MUST = rule("要(?!求|唔|係|點|緊)|需要|必須|務必|盡快|儘快|一定要")
_HAND_IN = rule(
    "(?:負責(?!嘅|人|任)|跟進(?!緊|咗|下)|交(?!流|通|情)|提交|遞交|完成|搞掂|答覆|回覆|覆|send|email|submit|出|報告)(?![咗緊])"
)

_VERB_EN = rf"(?:{TASK_VERBS_EN})(?![a-z])"
_ADVERB = (
    r"(?:(?:also|then|just|please|personally|try to|help|help to|go and|go|quickly|definitely|probably|be sure to|"
    r"still)\s+){0,2}"
)
_WILL_EN = (
    r"(?:'ll|\s+(?:will|shall|must|should|can|needs? to|has to|have to|is to|are to|to|is going to|are going to))"
)
_I_WILL_EN = rule(
    r"(?<![a-z'])(?:i'll|i will|i shall|i'm going to|i am going to|i'm gonna|let me|i can|i could|i need to|i have to)"
    rf"\s+{_ADVERB}(?:{_VERB_EN}|have (?:the|it|that|this|a|an|your|them)\s)"
)
_OTHER_WILL_EN = rule(
    rf"(?:{_WILL_EN}|['’]s (?:going to|gonna)|,?\s+you(?:'ll| will| need to| could| can|'re gonna|'re going to)?"
    r"|\s+(?:has\s+|have\s+)?(?:agreed|volunteered|offered|promised) to"
    r"|\s+(?:was|were|is|are|has been|have been) "
    r"(?:asked|instructed|requested|authori[sz]ed|tasked|directed|assigned) to)"
    rf"\s+{_ADVERB}{_VERB_EN}"
)
_YOU_WILL_EN = rule(rf"you(?:'ll| will| need to)?\s+{_VERB_EN}")
_YOU_GONNA_EN = rule(rf"(?<![a-z])you(?:'re| are) (?:going to|gonna) {_VERB_EN}")
_RESPONSIBLE_EN = rule(
    r"(?:\s+(?:is|are|will be)|,?\s+you(?:'re| are))\s+"
    r"(?:responsible for|in charge of|taking care of|looking after|on the hook for|on it)",
)
_ASK_EN = rule(
    r"(?<![a-z])(?:can|could|would|will)\s+"
    r"(?:(?P<anybody>you(?: guys| all| two)?|some(?:body|one)|any(?:body|one))(?:,\s*)?|(?!we|i|they|it|the|this|that))"
)
_MIND_EN = rule(r"(?<![a-z])(?:would|do)\s+you\s+mind\s+[a-z]+ing(?![a-z])")
_HAVE_EN = rule(r"(?<![a-z])(?:have|get|let|ask|asked|instructed|requested|invited)\s+")
_ASK_NAMED_EN = rule(rf"(?<![a-z])(?:can|could|would|will)\s+you,\s+(?P<name>[^,]{{2,28}}),\s+(?:please\s+)?{_VERB_EN}")
_IMPERATIVE_EN = rule(rf"(?:please\s+)?{_VERB_EN}\s+\w")
_PLEASE_EN = rule(
    rf"(?<![a-z])please\s+(?!do(?=\W|$)){_ADVERB}{_VERB_EN}",
)
_GET_ME_EN = rule(
    r"(?:please )?(?:get|send|give|bring|email|ping|text|show) (?:me|us) "
    r"(?!a (?:sec|second|minute|moment|break|hint|chance)|one (?:sec|second|minute)|time|the (?:mic|floor|word))"
)
_VERB_AFTER_EN = rule(rf"[, ]*(?:to\s+|please\s+|also\s+|kindly\s+|maybe\s+|just\s+)*(?:help\s+)?{_VERB_EN}")
_ACTION_ITEM_EN = rule(
    r"(?<![a-z])(?:action(?: items?| points?)?|to-?do|task|follow[- ]?up)(?: is)?(?:\s+(?:for|on)\s+|\s*[:\-]\s*)"
)
_ASSIGNED_EN = rule(r"(?<![a-z])(?:assign(?:ed)?|leave|hand(?:ed)?)\s+[^,]{0,30}?\s?to\s+")
_ANYONE_WILL_EN = rule(
    r"(?<![a-z])(?:we|you|they|it|this|that|everything|all \w+|some(?:one|body)(?: [a-z]+){0,3})"
    r"(?:'ll| will| need to| must| have to| should| needs to| has to)\s+(?:be\s+)?"
    rf"{_ADVERB}(?:{_VERB_EN}|done|ready|sent|submitted|finished|completed|unlock)"
)


def tasks_in(sentence: Sentence, names: Names) -> list[Task]:
    """Return the tasks of the sentence's clauses in order, at most one per clause."""
    folded = sentence.folded
    asked = _ASK_NAMED_EN.search(folded)
    if asked and names.is_whole_name(asked["name"]):
        return [Task(asked.start(), asked.span("name"), Whose.ADDRESSED)]
    tasks: list[Task] = []
    addressed: tuple[int, int] | None = None
    for start, end in sentence.clauses():
        clause = folded[start:end].strip(" ,.。!！?？")
        offset = start + len(folded[start:end]) - len(folded[start:end].lstrip(" ,"))
        called = names.name_addressed_in(clause) or _plain_name_called(folded, clause, end, names)
        if called is not None:
            addressed = (offset + called[0], offset + called[1])
            continue
        task = _task_in(folded, offset, offset + len(clause), names)
        if task is None and addressed and (_IMPERATIVE_EN.match(clause) or _YOU_WILL_EN.match(clause)):
            task = Task(offset, None, Whose.ADDRESSED)
        if task is not None:
            tasks.append(_with_addressee(task, addressed))
    return tasks


def _plain_name_called(folded: str, clause: str, end: int, names: Names) -> tuple[int, int] | None:
    """Return the range of 雯雯 in 雯雯，幫我…: two or three plain characters before a request."""
    called = names.may_be_plain_name(clause) and _ADDRESSES.match(folded, end)
    return (0, len(clause)) if called else None


def _with_addressee(task: Task, addressed: tuple[int, int] | None) -> Task:
    if task.whose is Whose.ADDRESSED and task.owner is None and addressed is not None:
        return Task(task.at, addressed, task.whose)
    return task


def _task_in(folded: str, start: int, end: int, names: Names) -> Task | None:
    if _NOT_A_TASK.search(folded[start:end]):
        return None
    for find in _FINDERS:
        task = find(folded, start, end, names)
        if task is not None:
            near = folded[max(start, task.at - DENIAL_BEFORE) : min(end, task.at + DENIAL_AFTER)]
            before = folded[_start_of_tense_context(folded, start, task.at) : min(end, task.at + DENIAL_AFTER)]
            return None if _DENIED.search(near) or speaks_of_other_days(before) else task
    return None


def _start_of_tense_context(folded: str, start: int, at: int) -> int:
    """Return the start of the words near `at` that show whether it is in the past."""
    reached = 0
    while at > start and reached < TIME_BEFORE:
        at -= 1
        reached += width(folded[at])
    return at


def _verb_follows(folded: str, start: int, end: int) -> bool:
    return _VERB_SOON.match(folded, start, end) is not None


def _you_by_name(folded: str, start: int, end: int, names: Names) -> Task | None:
    """Find 阿Cat你同HR講, which is surer than a later 請."""
    task = _you_do(folded, start, end, names)
    return task if task is not None and task.owner is not None else None


def _request(folded: str, start: int, end: int, names: Names) -> Task | None:
    match = _REQUEST.search(folded, start, end)
    if match is None:
        return None
    name = names.starting_at(folded[:end], match.end(), plain=True)
    after = name[1] if name else match.end()
    if not _verb_follows(folded, after, end) and not (name and _TO_THEM.match(folded[after:end])):
        return None
    if name is None and folded.startswith("你", match.end()):
        name = _within_clause(names.ending_at(folded[: match.start()], match.start()), start)
    return Task(match.start(), name, Whose.ADDRESSED)


def _to_you(folded: str, start: int, end: int, names: Names) -> Task | None:
    match = _TO_YOU.search(folded, start, end)
    return Task(match.start(), names.starting_at(folded[: match.start()], start), Whose.ADDRESSED) if match else None


def _assigned_by(folded: str, start: int, end: int, names: Names) -> Task | None:
    for match in _ASSIGNS.finditer(folded, start, end):
        name = names.starting_at(folded[:end], match.end(), plain=True)
        if name and (_verb_follows(folded, name[1], end) or match[0].startswith("交")):
            return Task(match.start(), name, Whose.OPEN)
    return None


def _in_charge(folded: str, start: int, end: int, names: Names) -> Task | None:
    match = _IN_CHARGE.search(folded, start, end)
    if match is None:
        return None
    before = folded[start : match.start()]
    if before.endswith("你"):
        name = names.ending_at(folded, match.start() - 1, plain=True)
        return Task(match.start(), _within_clause(name, start), Whose.ADDRESSED)
    if before.endswith("我"):
        return Task(match.start(), None, Whose.SPEAKERS)
    name = _within_clause(names.ending_at(folded[: match.start()], match.start(), plain=True), start)
    return Task(match.start(), name, Whose.OPEN) if name else None


def _promise(folded: str, start: int, end: int, _names: Names) -> Task | None:
    volunteered = _I_VOLUNTEER.search(folded, start, end)
    if volunteered:
        return Task(volunteered.start(), None, Whose.SPEAKERS)
    for match in _I_WILL.finditer(folded, start, end):
        sure = match["modal"] is None and match["given"] is None and match["finds"] is None
        if sure or _verb_follows(folded, match.end(), end):
            return Task(match.start(), None, Whose.SPEAKERS)
    return None


def _you_do(folded: str, start: int, end: int, names: Names) -> Task | None:
    for match in _YOU.finditer(folded, start, end):
        if _verb_follows(folded, match.end(), end):
            name = _within_clause(names.ending_at(folded[: match.start()], match.start()), start)
            return Task(match.start(), name, Whose.ADDRESSED, Needs.NOTHING if name else Needs.TIME_OR_ANSWER)
    return None


def _named_to_do(folded: str, start: int, end: int, names: Names) -> Task | None:
    for match in _TO_DO.finditer(folded, start, end):
        name = _within_clause(names.ending_at(folded[: match.start()], match.start()), start)
        if name and _verb_follows(folded, match.end(), end):
            return Task(match.start(), name, Whose.OPEN)
    return None


def _named_doer(folded: str, start: int, end: int, names: Names) -> Task | None:
    so = _LINKING_WORD.match(folded, start, end)
    name = names.starting_at(folded[:end], so.end() if so else start)
    match = _TASK_OF_NAMED.match(folded, name[1], end) if name else None
    if match is None:
        return None
    brief = end - match.end() <= LONGEST_OBJECT and not _DESCRIBES.search(folded, match.end(), end)
    return Task(start, name, Whose.OPEN, Needs.NOTHING if so or match["sure"] or brief else Needs.TIME)


def _undertaking_with_time(folded: str, start: int, end: int, _names: Names) -> Task | None:
    promise = _I_DO.search(folded, start, end)
    if promise:
        return Task(promise.start(), None, Whose.SPEAKERS, Needs.TIME)
    ours = _WE_WILL.search(folded, start, end)
    if ours and _verb_follows(folded, ours.end(), end):
        return Task(ours.start(), None, Whose.OPEN, Needs.TIME)
    return None


def _duty_with_deadline(folded: str, start: int, end: int, _names: Names) -> Task | None:
    for pattern in (_REMEMBER, _MUST, _HAND_IN):
        match = pattern.search(folded, start, end)
        if match and (pattern is _HAND_IN or _verb_follows(folded, match.end(), end)):
            return Task(match.start(), None, Whose.OPEN, Needs.DEADLINE)
    return None


def _english_action_item(folded: str, start: int, end: int, names: Names) -> Task | None:
    match = _ACTION_ITEM_EN.search(folded, start, end) or _ASSIGNED_EN.search(folded, start, end)
    if match is None:
        return None
    name = names.starting_at(folded[:end], match.end())
    sure = name or match[0].lower().startswith(("action", "to"))
    return Task(match.start(), name, Whose.OPEN) if sure else None


def _english_order(folded: str, start: int, end: int, _names: Names) -> Task | None:
    """Find "Get me two quotes and I'll sign it off", which is a task of the person addressed."""
    match = _GET_ME_EN.match(folded, start, end)
    return Task(match.start(), None, Whose.ADDRESSED) if match else None


def _english_promise(folded: str, start: int, end: int, _names: Names) -> Task | None:
    match = _I_WILL_EN.search(folded, start, end)
    return Task(match.start(), None, Whose.SPEAKERS) if match else None


def _english_other(folded: str, start: int, end: int, names: Names) -> Task | None:
    for pattern in (_RESPONSIBLE_EN, _OTHER_WILL_EN):
        for match in pattern.finditer(folded, start, end):
            name = _within_clause(names.ending_at(folded[: match.start()], match.start()), start)
            if name:
                return Task(match.start(), name, Whose.OPEN)
    return None


def _english_request(folded: str, start: int, end: int, names: Names) -> Task | None:
    match = _ASK_EN.search(folded, start, end)
    if match:
        name = names.starting_at(folded[:end], match.end())
        after = name[1] if name else match.end()
        name = name or _within_clause(names.ending_at(folded[: match.start()], match.start()), start)
        if (name or match["anybody"]) and _VERB_AFTER_EN.match(folded, after, end):
            return Task(match.start(), name, Whose.ADDRESSED)
    for match in _HAVE_EN.finditer(folded, start, end):
        name = names.starting_at(folded[:end], match.end())
        if name and _VERB_AFTER_EN.match(folded, name[1], end):
            return Task(match.start(), name, Whose.OPEN)
    match = _first_match(folded, start, end, _PLEASE_EN, _MIND_EN, _YOU_GONNA_EN)
    if match is None:
        return None
    name = _within_clause(names.ending_at(folded[: match.start()], match.start()), start)
    return Task(match.start(), name, Whose.ADDRESSED)


def _english_duty(folded: str, start: int, end: int, _names: Names) -> Task | None:
    match = _ANYONE_WILL_EN.search(folded, start, end)
    return Task(match.start(), None, Whose.OPEN, Needs.DEADLINE) if match else None


def _first_match(folded: str, start: int, end: int, *patterns: re.Pattern[str]) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(folded, start, end))), None)


def _within_clause(name: tuple[int, int] | None, start: int) -> tuple[int, int] | None:
    """Keep a name only from the same clause, since the clause before is about somebody else."""
    return name if name is not None and name[0] >= start else None


# The most certain finders come first.
_FINDERS = (
    _english_action_item,
    _english_order,
    _english_promise,
    _english_other,
    _english_request,
    _you_by_name,
    _request,
    _to_you,
    _assigned_by,
    _in_charge,
    _promise,
    _you_do,
    _named_to_do,
    _named_doer,
    _undertaking_with_time,
    _duty_with_deadline,
    _english_duty,
)
