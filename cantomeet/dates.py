"""Days named in speech: 聽日, 下星期五, next Friday, end of month, 15/12 (pure).

The text and the meeting's date give the days; nothing here reads a clock. Traditional and Simplified characters,
Chinese and Arabic numerals, and English are understood. Words that name no single day give None.

Conventions:

- A deadline means the day that it names: 星期三之前 and "by Wednesday" are that Wednesday.
- A bare weekday is the next one, 1-7 days ahead. 下星期三 and "next Wednesday" are in the next calendar
  week, 今個星期三 and "this Wednesday" in this one; weeks begin on Monday.
- The end of a week is its Friday, or its Sunday if the meeting is on a weekend.
- 15/12 is day/month, as written in Hong Kong. 12/15 can only be month/day and is read so.
- A day and month without a year lie ahead, unless they passed in the last 60 days.
- A week, month or quarter without a day (下星期, next month, 月初, by Q1), a range (星期三至五) and a feast of the
  lunar calendar (農曆新年前) give None. Working days give None too, because this module knows no holidays.
- A weekday beside a date (12月15號星期二, Friday the 4th) only describes it. The day is None if the two disagree.
- "Friday week" is a week after Friday. 隔個禮拜三 may be any later Wednesday, so it gives None.
- Recurring days (每個星期五, every Friday) are no mention at all.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
"""The time zone in which days begin and end."""
LOOK_BACK_DAYS = 60
FRIDAY, SUNDAY = 4, 6


@dataclass(frozen=True)
class DateMention:
    """Words at `text[start:end]` that name a time; `day` is None if they name no single day."""

    start: int
    end: int
    text: str
    day: date | None


def find_dates(text: str, meeting_date: date | None) -> list[DateMention]:
    """Every mention of a day, of a week or of a month in `text`, in order and without overlaps.

    Without a meeting date only words that name a year are resolved. The time taken is linear in the length of `text`.
    """
    folded = text.translate(_TRADITIONAL)
    matches = [(match, rule) for rule in _RULES for match in rule.pattern.finditer(folded)]
    mentions: list[DateMention] = []
    taken_to = 0
    # Of matches that begin at one place the longest wins; otherwise the stable sort keeps the order of the rules.
    for match, rule in sorted(matches, key=lambda found: (found[0].start(), -found[0].end())):
        if match.start() < taken_to:
            continue
        taken_to = match.end()
        if rule.resolve is not None:
            day = _day(rule.resolve, match, meeting_date)
            mentions.append(DateMention(match.start(), taken_to, text[match.start() : taken_to], day))
    return _described(mentions, text, folded)


def resolve_date(text: str, meeting_date: date | None) -> date | None:
    """The first day that `text` names, or None."""
    return next((mention.day for mention in find_dates(text, meeting_date) if mention.day), None)


def day_in(text: str, start: int, end: int, meeting_date: date | None) -> date | None:
    """The day that the words at `text[start:end]` mean in their sentence: 星期五 in 每個星期五 gives None."""
    mentions = find_dates(text, meeting_date)
    return next((m.day for m in mentions if m.start < end and start < m.end and m.day), None)


def _described(mentions: list[DateMention], text: str, folded: str) -> list[DateMention]:
    """Join 12月15號星期二 and "Fri 4 Dec" into one mention each; its day is None if the weekday does not match."""
    joined: list[DateMention] = []
    for mention in mentions:
        before = joined[-1] if joined else None
        if before is None or not _BESIDE.fullmatch(folded, before.end, mention.start):
            joined.append(mention)
            continue
        weekdays = [_BARE_WEEKDAY.fullmatch(folded, one.start, one.end) is not None for one in (before, mention)]
        if weekdays[0] == weekdays[1]:
            joined.append(mention)
            continue
        named, weekday = (mention, before) if weekdays[0] else (before, mention)
        agree = named.day and weekday.day and named.day.weekday() == weekday.day.weekday()
        day = weekday.day if _DAY_END.fullmatch(named.text) else named.day if agree else None
        joined[-1] = DateMention(before.start, mention.end, text[before.start : mention.end], day)
    return joined


# ---- rules --------------------------------------------------------------------------------------------------

Resolver = Callable[[re.Match[str], date], date | None]


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    resolve: Resolver | None
    """None: the match is no mention (每個星期五, 24/7) and hides mentions inside it."""


_RULES: list[_Rule] = []
_FLAGS = re.IGNORECASE | re.ASCII
"""With ASCII an English word ends where Chinese begins, as in 你by Friday交."""


def _rule(*patterns: str) -> Callable[[Resolver], Resolver]:
    """Register a resolver for `patterns`. Letters match in either case."""

    def register(resolve: Resolver) -> Resolver:
        _RULES.extend(_Rule(re.compile(pattern, _FLAGS), resolve) for pattern in patterns)
        return resolve

    return register


def _no_mention(*patterns: str) -> None:
    _RULES.extend(_Rule(re.compile(pattern, _FLAGS), None) for pattern in patterns)


def _day(resolve: Resolver, match: re.Match[str], meeting_date: date | None) -> date | None:
    try:
        # Words with a year need no meeting date: their resolver ignores the date that it gets.
        groups = match.groupdict()
        if meeting_date is None and not re.fullmatch(
            r"(?:\d\d){1,2}|[〇○零一二三四五六七八九]{4}", groups.get("year") or ""
        ):
            return None
        return resolve(match, meeting_date or date.min)
    except (ValueError, OverflowError):  # 二月三十號, or a day outside the calendar
        return None


# Each character maps to one character, so positions in the folded text are positions in the text.
_TRADITIONAL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "个号礼周两这听后内头寻圣节来楼风线车机门仓铺码", "個號禮週兩這聽後內頭尋聖節來樓風線車機門倉鋪碼"
)

# ---- numbers ------------------------------------------------------------------------------------------------

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "兩": 2}
_TENS = {"十": 10, "廿": 20, "卅": 30}
_WORDS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_ORDINALS = [
    *("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
    *("eighteenth", "nineteenth", "twentieth", "twenty-first", "twenty-second", "twenty-third"),
    *("twenty-fourth", "twenty-fifth", "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth"),
    *("thirtieth", "thirty-first"),
]
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _number(text: str) -> int:
    """The value of 12, 十二, 廿五, 二零二六, five, fifth, 3rd or a. Raises `ValueError` for anything else."""
    text = "-".join(text.lower().split())
    if re.fullmatch(r"\d+(?:st|nd|rd|th)?", text):
        return int(re.sub(r"\D", "", text))
    for words in (_WORDS, _ORDINALS):
        if text in words:
            return words.index(text)
    if text in {"a", "an"}:
        return 1
    if len(text) == 4 and not any(c in _TENS for c in text):
        return int("".join(str(_digit(c)) for c in text))
    total, last = 0, 0
    for c in text:
        if c in _TENS:
            total, last = total + (last or 1) * _TENS[c], 0
        else:
            last = _digit(c)
    return total + last


def _digit(c: str) -> int:
    if c not in _DIGITS:
        raise ValueError(f"{c!r} is no digit")
    return _DIGITS[c]


# ---- the calendar -------------------------------------------------------------------------------------------


def _ahead(month: int, day: int, today: date) -> date | None:
    """The day in the first year in which it is not more than `LOOK_BACK_DAYS` before `today`."""
    earliest = today - timedelta(days=LOOK_BACK_DAYS)
    for year in range(earliest.year, today.year + 2):
        if day <= calendar.monthrange(year, month)[1] and date(year, month, day) >= earliest:
            return date(year, month, day)
    return None


def _next_day_of_month(day: int, today: date) -> date | None:
    """The next day of a month with this number, which may be today."""
    for months in range(3):
        first = _first_of_month(today, months)
        if day <= _month_end(first).day and first.replace(day=day) >= today:
            return first.replace(day=day)
    return None


def _first_of_month(today: date, months_later: int) -> date:
    index = today.year * 12 + today.month - 1 + months_later
    return date(index // 12, index % 12 + 1, 1)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _weekday(today: date, weekday: int, week: int | None) -> date:
    """The weekday in the calendar week `week` from this one; with None the next such day."""
    if week is None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return today + timedelta(days=weekday - today.weekday() + 7 * week)


def _week_end(today: date, week: int) -> date:
    return _weekday(today, SUNDAY if week == 0 and today.weekday() > FRIDAY else FRIDAY, week)


def _months_later(today: date, months: int) -> date:
    first = _first_of_month(today, months)
    return first.replace(day=min(today.day, _month_end(first).day))


# ---- Chinese ------------------------------------------------------------------------------------------------

_N = r"(?:\d{1,2}|[一二三四五六七八九十廿卅兩]{1,3})"
_WEEK = "(?:星期|禮拜|週)"
_WHICH = "下下|上上|[下上今本這呢]"
_STEPS = {"上上": -2, "上": -1, "下": 1, "下下": 2}
_YEAR_STEPS = {"明": 1, "出": 1, "下": 1, "翌": 1, "來": 1}
_DAY_STEPS = {"大前": -3, "前": -2, "琴": -1, "尋": -1, "昨": -1, "今": 0, "即": 0}
_DAY_STEPS |= {"聽": 1, "明": 1, "後": 2, "大後": 3}

_no_mention(rf"[每逢]個?(?:{_WEEK}[一二三四五六日天]?|月[底尾中初]?)")

_TO = "(?:至|到|[-–~、/]|或者?|同埋?)"


@_rule(
    rf"(?:(?:{_WHICH})個?)?{_WEEK}[一二三四五六日天]{_TO}(?:{_WEEK})?[一二三四五六日天](?![次個年套])",
    rf"(?:{_N}\s?月\s?)?{_N}\s?[日號]?{_TO}(?:{_N}\s?月\s?)?{_N}\s?[日號]",
    rf"隔(?:個|一個)?{_WEEK}[一二三四五六日天]?",
    "(?:農曆新?年|過年|年三十晚?|大除夕|年初[一二三四五六七八]|(?:中秋|端午|清明|重陽|復活)節?)(?=[之以]?前)",
    rf"(?:[今本明出下翌來]年\s?){_N}\s?月(?:份|[頭中初])?(?!\s?[\d一二三四五六七八九十廿卅底尾])",
    rf"(?<![\d一二三四五六七八九十廿卅兩]){_N}月份?(?=(?:[之以]?前|[之以]?內))",
    r"(?:[今下本]個?|第[一二三四1-4])季(?=[之以]?[前內])|半個月[之以]?[內後]",
)
def _chinese_without_a_day(_m: re.Match[str], _today: date) -> None:
    """Ranges, feasts of the lunar calendar, months and quarters as wholes."""
    return None


@_rule(rf"(?P<year>\d{{4}}|[一二三四五六七八九零〇○]{{4}})\s?年\s?(?P<month>{_N})\s?月\s?(?P<day>{_N})\s?[日號]?")
def _year_month_day(m: re.Match[str], _today: date) -> date:
    return date(_number(m["year"]), _number(m["month"]), _number(m["day"]))


# Without 日 or 號 the words must end here or be followed by 之前: 十二月十五個人 is no day.
@_rule(
    rf"(?:(?P<year>[今本明出下翌來])年\s?)?(?P<month>{_N})\s?月\s?(?P<day>{_N})"
    r"\s?(?:[日號]|(?=\s*(?:[或之以]?之?前|[。，、,.;；!！?？)）]|$)))"
)
def _month_day(m: re.Match[str], today: date) -> date | None:
    month, day = _number(m["month"]), _number(m["day"])
    if m["year"]:
        return date(today.year + _YEAR_STEPS.get(m["year"], 0), month, day)
    return _ahead(month, day, today)


@_rule(rf"(?:(?P<which>{_WHICH})個?|(?P<month>{_N}))?月(?P<part>[底尾中初頭])")
def _part_of_month(m: re.Match[str], today: date) -> date | None:
    if m["part"] not in "底尾":
        return None
    if m["month"]:
        end = _ahead(_number(m["month"]), 28, today)
        return end and _month_end(end)
    return _month_end(_first_of_month(today, _STEPS.get(m["which"] or "", 0)))


@_rule(rf"(?P<which>{_WHICH})個?月\s?(?P<day>{_N})\s?[日號]")
def _day_of_a_month(m: re.Match[str], today: date) -> date:
    return _first_of_month(today, _STEPS.get(m["which"], 0)).replace(day=_number(m["day"]))


# 3號樓, 一號風球 and 8號車 are no days.
@_rule(
    rf"(?<![第月百千\d一二三四五六七八九十廿卅零〇])(?P<day>{_N})"
    r"(?:號(?!\s?[樓座風線車機房門倉鋪舖室位碼幹牌箱閘波球])|日(?=或之前))"
)
def _lone_day(m: re.Match[str], today: date) -> date | None:
    return _next_day_of_month(_number(m["day"]), today)


@_rule("(?P<which>[今本下]個?)?季[底尾末]")
def _quarter_end(m: re.Match[str], today: date) -> date | None:
    return _end_of_unit("quarter", 1 if (m["which"] or "").startswith("下") else 0, today)


@_rule("元旦")
def _new_year(_m: re.Match[str], today: date) -> date | None:
    return _ahead(1, 1, today)


@_rule("半年[之以]?[內後]")
def _half_a_year(_m: re.Match[str], today: date) -> date:
    return _months_later(today, 6)


@_rule("(?P<year>[今本明出下翌來])?年年?[底尾]")
def _year_end(m: re.Match[str], today: date) -> date:
    return date(today.year + _YEAR_STEPS.get(m["year"] or "", 0), 12, 31)


@_rule(rf"(?:(?P<which>{_WHICH})一?個?)?(?:{_WEEK}|拜)(?P<day>[一二三四五六日天])(?![次個年套])")
def _chinese_weekday(m: re.Match[str], today: date) -> date:
    week = _STEPS.get(m["which"], 0) if m["which"] else None
    return _weekday(today, min("一二三四五六日天".index(m["day"]), SUNDAY), week)


@_rule(rf"(?P<which>下下|[下今本這呢])個?{_WEEK}(?:[之以]?(?P<end>[內底尾]))?")
def _chinese_week(m: re.Match[str], today: date) -> date | None:
    return _week_end(today, _STEPS.get(m["which"], 0)) if m["end"] else None


@_rule("下下?個月", rf"{_N}個?工作[日天](?:[之以]?[內後])?")
def _no_single_day(_m: re.Match[str], _today: date) -> None:
    return None


@_rule(rf"(?P<count>{_N})個?(?P<unit>[日天月]|{_WEEK})[之以]?[內後]")
def _chinese_span(m: re.Match[str], today: date) -> date:
    count = _number(m["count"])
    if m["unit"] == "月":
        return _months_later(today, count)
    return today + timedelta(days=count * (1 if m["unit"] in "日天" else 7))


@_rule("(?P<word>大?[前後]|[琴尋昨今聽明])[日天]", "(?P<word>即)日", "(?P<word>[今聽明琴尋昨])[晚朝早]")
def _chinese_day_word(m: re.Match[str], today: date) -> date:
    return today + timedelta(days=_DAY_STEPS[m["word"]])


@_rule("聖誕節?", r"\bchristmas\b")
def _christmas(_m: re.Match[str], today: date) -> date | None:
    return _ahead(12, 25, today)


# ---- English ------------------------------------------------------------------------------------------------

_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May|MAY)|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ORDINAL = r"(?:\d{1,2}(?:st|nd|rd|th)|" + "|".join(w.replace("-", "[- ]") for w in reversed(_ORDINALS[1:])) + ")"
_COUNT = r"(?:\d{1,2}|an?|" + "|".join(reversed(_WORDS[1:])) + ")"
# Short names have to be capitalised, because sat, sun, wed and may are English words.
_DAY_NAME = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?-i:Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun|MON|TUE|WED|THU|FRI))"
)
_UNTIL = r"(?:(?<=\bby\s)|(?<=\bbefore\s)|(?<=\buntil\s))"
_EN_STEPS = {"last": -1, "this": 0, "next": 1}

_no_mention(rf"\b(?:every|each)\s+{_DAY_NAME}\b", r"(?<!\d)24/7(?!\d)")


def _month_number(name: str) -> int:
    return _MONTHS.index(name.lower()[:3]) + 1


@_rule(
    rf"\b(?P<day>\d{{1,2}}|{_ORDINAL})\s+(?:of\s+)?(?P<month>{_MONTH_NAME})\b\.?(?:,?\s+(?P<year>\d{{4}})\b)?",
    rf"\b(?P<month>{_MONTH_NAME})\b\.?\s+(?:the\s+)?(?P<day>\d{{1,2}}|{_ORDINAL})\b(?:,?\s+(?P<year>\d{{4}})\b)?",
)
def _month_name_day(m: re.Match[str], today: date) -> date | None:
    month, day = _month_number(m["month"]), _number(m["day"])
    return date(int(m["year"]), month, day) if m["year"] else _ahead(month, day, today)


@_rule(rf"\bthe\s+(?P<day>{_ORDINAL})\b(?=\s*(?:[.,;!?)]|$|at\b|and\b|if\b|so\b|please\b))")
def _the_nth(m: re.Match[str], today: date) -> date | None:
    return _next_day_of_month(_number(m["day"]), today)


@_rule(rf"\b(?:next\s+next\s+|a\s+week\s+on\s+)(?P<day>{_DAY_NAME})\b", rf"\b(?P<day>{_DAY_NAME})\s+week\b")
def _weekday_after_next(m: re.Match[str], today: date) -> date:
    """ "Friday week" is a week after the next Friday; "next next Friday" is the one after "next Friday"."""
    weekday = _WEEKDAYS.index(m["day"].lower()[:3])
    return (
        _weekday(today, weekday, 2)
        if m[0].lower().startswith("next")
        else _weekday(today, weekday, None) + timedelta(days=7)
    )


@_rule(
    rf"\b(?:(?:(?P<which>this|next|last)|(?:the\s+)?coming)\s+(?:coming\s+)?)?(?P<day>{_DAY_NAME})\b"
    r"(?:\s+(?P<later>next|this)\s+week\b)?"
)
def _english_weekday(m: re.Match[str], today: date) -> date:
    week = _EN_STEPS.get((m["which"] or m["later"] or "").lower())
    return _weekday(today, _WEEKDAYS.index(m["day"].lower()[:3]), week)


@_rule(
    rf"\bend\s+of\s+(?:the\s+)?(?:(?P<which>this|next)\s+)?(?P<unit>day|week|month|year|quarter|q[1-4]|{_MONTH_NAME})\b",
    r"\bwithin\s+(?P<which>this|the)\s+(?P<unit>week|month)\b",
    r"\b(?P<which>)(?P<unit>month|year)[- ]end\b",
    r"\blast\s+day\s+of\s+(?:the\s+)?(?:(?P<which>this|next)\s+)?(?P<unit>month|year)\b",
)
def _end_of(m: re.Match[str], today: date) -> date | None:
    return _end_of_unit(m["unit"].lower(), _EN_STEPS.get((m["which"] or "").lower(), 0), today)


@_rule(r"\b(?-i:EO(?P<unit>[DWMY])|COB)\b")
def _initials(m: re.Match[str], today: date) -> date | None:
    units = {"W": "week", "M": "month", "Y": "year"}
    return _end_of_unit(units.get(m["unit"] or "", "day"), 0, today)


def _end_of_unit(unit: str, step: int, today: date) -> date | None:
    """The last day of the unit that is `step` units from this one. `unit` may also be "q3" or a month's name."""
    if unit == "day":
        return today
    if unit == "week":
        return _week_end(today, step)
    if unit == "month":
        return _month_end(_first_of_month(today, step))
    if unit == "year":
        return date(today.year + step, 12, 31)
    if unit == "quarter":
        return _month_end(_first_of_month(today, 2 - (today.month - 1) % 3 + 3 * step))
    end = _ahead(int(unit[1]) * 3 if unit[0] == "q" else _month_number(unit), 28, today)
    return end and _month_end(end)


@_rule(
    rf"\b(?:within|in)\s+(?:the\s+next\s+)?(?P<count>{_COUNT})\s+(?P<unit>day|week|month)s?\b(?:['’]?\s+time)?",
    rf"\b(?P<count>{_COUNT})\s+(?P<unit>day|week|month)s?\s+from\s+(?:now|today)\b",
    r"\b(?:within|in)\s+(?P<count>a)\s+(?P<unit>fortnight)\b",
)
def _english_span(m: re.Match[str], today: date) -> date:
    count, unit = _number(m["count"]), m["unit"].lower()
    if unit == "month":
        return _months_later(today, count)
    return today + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])


@_rule(
    r"\b(?P<word>tomorrow|yesterday|today|tonight)\b",
    r"\b(?:the\s+)?(?P<word>day\s+after)\s+tomorrow\b",
    r"\bthis\s+(?P<word>morning|afternoon|evening)\b",
)
def _english_day_word(m: re.Match[str], today: date) -> date:
    word = m["word"].lower()
    steps = 2 if word.startswith("day") else {"tomorrow": 1, "yesterday": -1}.get(word, 0)
    return today + timedelta(days=steps)


_rule(
    r"\b(?:this|next)\s+(?:week|month|quarter|year)\b",
    rf"\bwithin\s+{_COUNT}\s+(?:working|business)\s+days?\b",
    rf"\b(?:early|mid|late)[- ]{_MONTH_NAME}\b",
    rf"(?:{_UNTIL}|(?<=\bin\s)){_MONTH_NAME}\b(?!\.?\s+(?:the\s+)?\d)",
    rf"{_UNTIL}(?:(?-i:[QH][1-4])(?:\s+\d{{4}})?|(?:chinese|lunar)\s+new\s+year|(?-i:CNY)|mid-autumn|easter)\b",
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s?(?:-|–|to|or|and)\s?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH_NAME}\b",
)(_no_single_day)


# ---- numbers with strokes -----------------------------------------------------------------------------------


@_rule(r"(?<![\d/.-])(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d/-])")
def _year_first(m: re.Match[str], _today: date) -> date:
    return date(int(m["year"]), int(m["month"]), int(m["day"]))


@_rule(
    r"(?<![\d/.-])(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?![\d/%-])",
    r"(?<![\d/.-])(?P<first>\d{1,2})[-.](?P<second>\d{1,2})[-.](?P<year>\d{4})(?![\d/-])",
)
def _stroked(m: re.Match[str], today: date) -> date | None:
    day, month = int(m["first"]), int(m["second"])
    if month > 12 >= day:
        day, month = month, day
    if m["year"] is None:
        return _ahead(month, day, today)
    year = int(m["year"])
    return date(year + 2000 if year < 100 else year, month, day)


# ---- a weekday beside a date --------------------------------------------------------------------------------

_BARE_WEEKDAY = re.compile(rf"(?:{_WEEK}|拜)[一二三四五六日天]|{_DAY_NAME}", _FLAGS)
_BESIDE = re.compile(r"\s?[(（]?|[ ,]*(?:the\s+)?", _FLAGS)
_DAY_END = re.compile("EOD|COB")
