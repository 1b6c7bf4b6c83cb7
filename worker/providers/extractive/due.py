"""Finds when something is due: the spoken words and, if they mean one, the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cantomeet.dates import DateMention, find_dates
from worker.providers.extractive.folding import rule
from worker.providers.extractive.sentences import Sentence

_BEFORE_WORDS = rule(
    r"(?:(?<![a-z])(?:by(?: \w+)?|before|until|till|no later than|not later than|on or before|due|due on|"
    r"on)\s+(?:the\s+)?|最遲(?:喺|在)?)$"
)
_AFTER_WORDS = rule(r"\s*(?:之前|或之前|或以前|以前|前(?!面|後|台|年|提係|提是)|之內|以內|內|截止|為限)(?:要|就)?")
_DAYTIME = rule(
    r"\s*(?:(?:朝早|上午|中午|下午|下晝|晏晝|夜晚|晚上|收工|放工)(?:之前|前)?|(?<![a-z])(?:morning|afternoon|"
    r"evening|noon|night)(?![a-z]))"
)
# 下星期三嘅會議 and "Friday's release" tell which meeting or release, not a deadline.
_DESCRIBES = rule(r"\s*(?:嘅(?!時候)|啲|開會|會議|嗰|'s|’s)|\s*(?:meeting|release|session|deadline)(?![a-z])")
_NOT_UNTIL = rule(r"(?:由|從|自|自從|(?<![a-z])(?:from|since|after|until after))\s*(?:the\s+)?$")
_HOLDS_FROM = rule(r"\s*(?:起|開始|之後|以後|後(?!日|天))")
_LEADS_ON = rule(
    r"^(?:佢話|要|喺|在|係|最遲|即係|仲要|記得|盡量|大約|for|by|before|on|no later than|due|and|it's due|"
    r"it is due|must be done|the)?\s*$"
)
# 聽日俾我 is a deadline; 聽日係假期 is not.
_HANDS_OVER = rule("[交畀覆]|完成|搞掂|send|email|submit|finish|done|ready|report|報告|擺|出")


@dataclass(frozen=True)
class Due:
    text: str
    """The spoken words, with 之前 or "by"."""
    day: date | None
    start: int
    deadline: bool
    """True for a deadline (之前, by), False for any other time."""


def find_due(sentence: Sentence, meeting_date: date | None, *, near: int = 0) -> Due | None:
    """Return the sentence's deadline, or else the time nearest to `near`. Days before the meeting do not count."""
    candidates = [
        due
        for mention in find_dates(sentence.text, meeting_date)
        if (due := _due_at(sentence, mention, meeting_date)) is not None
    ]
    if not candidates:
        return None
    # In "next Friday (4 December)" only the second date resolves without a meeting date.
    return min(candidates, key=lambda due: (not due.deadline, due.day is None, abs(due.start - near)))


def opens_with_due(sentence: Sentence, meeting_date: date | None) -> bool:
    """Tell whether the sentence begins with a time that completes an assignment in the line before."""
    due = find_due(sentence, meeting_date)
    if due is None or not (due.deadline or _HANDS_OVER.search(sentence.folded)):
        return False
    return _LEADS_ON.match(sentence.folded[: due.start].strip(" ,")) is not None


def _due_at(sentence: Sentence, mention: DateMention, meeting_date: date | None) -> Due | None:
    folded = sentence.folded
    if mention.day and meeting_date and mention.day < meeting_date:
        return None
    if _NOT_UNTIL.search(folded[max(0, mention.start - 14) : mention.start]):
        return None
    end = mention.end
    daytime = _DAYTIME.match(folded, end)
    end = daytime.end() if daytime else end
    if _DESCRIBES.match(folded, end) or _HOLDS_FROM.match(folded, end):
        return None
    before = _BEFORE_WORDS.search(folded[max(0, mention.start - 20) : mention.start])
    after = _AFTER_WORDS.match(folded, end)
    start = mention.start - (len(before[0]) if before else 0)
    if after:
        end = after.end() - (1 if after[0][-1] in "要就" else 0)
    text = sentence.text[start:end].strip(" .。,，")
    # 三日內, "within two weeks" and "end of month" are deadlines by themselves.
    deadline = before is not None or after is not None or mention.text.lower().startswith(("within", "end"))
    deadline = deadline or mention.text[-1] in "內内底尾"
    return Due(text, mention.day, start, deadline)
