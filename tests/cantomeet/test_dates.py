"""Days that words of a meeting mean."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantomeet.dates import find_dates, resolve_date

MONDAY = date(2026, 11, 23)
EXAMPLES = 20_000 if os.environ.get("CANTOMEET_SOAK") else 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("聽日", date(2026, 11, 24)),
        ("听日", date(2026, 11, 24)),
        ("明天", date(2026, 11, 24)),
        ("聽朝九點", date(2026, 11, 24)),
        ("後日交", date(2026, 11, 25)),
        ("后天", date(2026, 11, 25)),
        ("大後日", date(2026, 11, 26)),
        ("今晚", date(2026, 11, 23)),
        ("即日起", date(2026, 11, 23)),
        ("琴日講過", date(2026, 11, 22)),
        ("三日內", date(2026, 11, 26)),
        ("兩個星期之內", date(2026, 12, 7)),
        ("一個月內", date(2026, 12, 23)),
        ("十日後", date(2026, 12, 3)),
        ("tomorrow morning", date(2026, 11, 24)),
        ("the day after tomorrow", date(2026, 11, 25)),
        ("by tonight", date(2026, 11, 23)),
        ("yesterday", date(2026, 11, 22)),
        ("within two weeks", date(2026, 12, 7)),
        ("in 3 days", date(2026, 11, 26)),
        ("in a month's time", date(2026, 12, 23)),
    ],
)
def test_days_are_counted_from_the_meeting(text: str, expected: date) -> None:
    assert resolve_date(text, MONDAY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("星期三之前", date(2026, 11, 25)),
        ("禮拜三", date(2026, 11, 25)),
        ("周三", date(2026, 11, 25)),
        ("拜三", date(2026, 11, 25)),
        ("星期日", date(2026, 11, 29)),
        ("礼拜天", date(2026, 11, 29)),
        ("星期一", date(2026, 11, 30)),
        ("今個星期五", date(2026, 11, 27)),
        ("這星期五", date(2026, 11, 27)),
        ("下星期五", date(2026, 12, 4)),
        ("下個禮拜五之前", date(2026, 12, 4)),
        ("下周五", date(2026, 12, 4)),
        ("下下星期五", date(2026, 12, 11)),
        ("上星期五", date(2026, 11, 20)),
        ("by Wednesday", date(2026, 11, 25)),
        ("this friday", date(2026, 11, 27)),
        ("next Friday", date(2026, 12, 4)),
        ("Friday next week", date(2026, 12, 4)),
        ("coming Thursday", date(2026, 11, 26)),
        ("last Friday", date(2026, 11, 20)),
        ("before Fri", date(2026, 11, 27)),
    ],
)
def test_weekdays_keep_to_their_calendar_week(text: str, expected: date) -> None:
    assert resolve_date(text, MONDAY) == expected


def test_a_weekday_named_on_that_weekday_is_a_week_later() -> None:
    assert resolve_date("星期一之前", MONDAY) == date(2026, 11, 30)
    assert resolve_date("by Monday", MONDAY) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("月底", date(2026, 11, 30)),
        ("月尾前", date(2026, 11, 30)),
        ("今個月底", date(2026, 11, 30)),
        ("下個月底", date(2026, 12, 31)),
        ("三月底前", date(2027, 3, 31)),
        ("年底", date(2026, 12, 31)),
        ("今年年底", date(2026, 12, 31)),
        ("出年年底", date(2027, 12, 31)),
        ("今個星期內", date(2026, 11, 27)),
        ("下星期之內", date(2026, 12, 4)),
        ("by end of month", date(2026, 11, 30)),
        ("by the end of next month", date(2026, 12, 31)),
        ("end of February", date(2027, 2, 28)),
        ("by month-end", date(2026, 11, 30)),
        ("by the end of the week", date(2026, 11, 27)),
        ("end of next week", date(2026, 12, 4)),
        ("within this week", date(2026, 11, 27)),
        ("end of the year", date(2026, 12, 31)),
        ("end of this quarter", date(2026, 12, 31)),
        ("end of Q1", date(2027, 3, 31)),
        ("by EOD", date(2026, 11, 23)),
        ("by EOW", date(2026, 11, 27)),
        ("before Christmas", date(2026, 12, 25)),
        ("聖誕節前", date(2026, 12, 25)),
    ],
)
def test_ends_of_weeks_months_and_years_are_days(text: str, expected: date) -> None:
    assert resolve_date(text, MONDAY) == expected


def test_the_end_of_the_week_is_sunday_when_the_meeting_is_on_a_weekend() -> None:
    assert resolve_date("今個星期內", date(2026, 11, 28)) == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("十二月十五號", date(2026, 12, 15)),
        ("12月15日或之前", date(2026, 12, 15)),
        ("１２月１５日", date(2026, 12, 15)),
        ("十二月十五之前", date(2026, 12, 15)),
        ("12月15号", date(2026, 12, 15)),
        ("一月五號", date(2027, 1, 5)),
        ("十一月二十號", date(2026, 11, 20)),
        ("八月三十一日", date(2027, 8, 31)),
        ("明年三月廿五日", date(2027, 3, 25)),
        ("二零二七年一月二十六日", date(2027, 1, 26)),
        ("2027年1月26日", date(2027, 1, 26)),
        ("下個月十號", date(2026, 12, 10)),
        ("廿八號之前", date(2026, 11, 28)),
        ("五號", date(2026, 12, 5)),
        ("二十三號", date(2026, 11, 23)),
        ("15日或之前", date(2026, 12, 15)),
        ("Dec 15", date(2026, 12, 15)),
        ("15 December", date(2026, 12, 15)),
        ("15th of december", date(2026, 12, 15)),
        ("december fifteenth", date(2026, 12, 15)),
        ("the twenty first of January", date(2027, 1, 21)),
        ("January 26, 2027", date(2027, 1, 26)),
        ("by the 15th.", date(2026, 12, 15)),
        ("1 May", date(2027, 5, 1)),
        ("15/12", date(2026, 12, 15)),
        ("12/15", date(2026, 12, 15)),
        ("3/12/26", date(2026, 12, 3)),
        ("3/12/2026", date(2026, 12, 3)),
        ("2026-12-03", date(2026, 12, 3)),
        ("03.12.2026", date(2026, 12, 3)),
    ],
)
def test_days_of_the_month_fall_in_the_likely_year(text: str, expected: date) -> None:
    assert resolve_date(text, MONDAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "下星期",
        "下個月",
        "月初",
        "next week",
        "next month",
        "五個工作天內",
        "within five working days",
        "每個星期五",
        "逢星期三",
        "每月底",
        "every Friday",
        "24/7",
        "二月三十號",
        "31/11",
        "十號風球",
        "3號樓",
        "一周一次",
        "百分之十五",
        "they sat down",
        "we may 2 of us",
        "第十五號",
        "Mondays",
    ],
)
def test_words_that_name_no_single_day_stay_open(text: str) -> None:
    assert resolve_date(text, MONDAY) is None


def test_without_a_meeting_date_only_words_with_a_year_are_resolved() -> None:
    assert resolve_date("下星期五", None) is None
    assert resolve_date("15/12", None) is None
    assert resolve_date("今年十二月十五號", None) is None
    assert resolve_date("2026年12月15日", None) == date(2026, 12, 15)
    assert resolve_date("15 December 2026", None) == date(2026, 12, 15)


def test_the_twenty_ninth_of_february_waits_for_a_leap_year_or_stays_open() -> None:
    assert resolve_date("二月廿九號", date(2027, 12, 1)) == date(2028, 2, 29)
    assert resolve_date("二月廿九號", date(2026, 3, 1)) is None


def test_mentions_are_the_words_as_spoken_in_order() -> None:
    text = "五月八號星期五去，下個星期之前交，by 15/12 at the latest"
    mentions = find_dates(text, date(2026, 4, 13))
    assert [mention.text for mention in mentions] == ["五月八號星期五", "下個星期", "15/12"]
    assert [mention.day for mention in mentions] == [date(2026, 5, 8), None, date(2026, 12, 15)]
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)


FRAGMENTS = st.sampled_from(
    ["下", "上", "個", "星期", "禮拜", "三", "十", "廿", "月", "日", "號", "年", "底", "之前", "內", "next ", "Fri",
     "friday ", "end of ", "week ", "Dec ", "15", "/", "-", ".", "2026", "within ", "two ", "days ", "今", "每", "零"]
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(FRAGMENTS | st.text(max_size=3), max_size=25).map("".join),
    st.dates() | st.none(),
)
def test_no_text_and_no_date_breaks_the_reader(text: str, meeting_date: date | None) -> None:
    taken_to = 0
    for mention in find_dates(text, meeting_date):
        assert taken_to <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        taken_to = mention.end


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_coming_weekday_is_one_to_seven_days_ahead(meeting_date: date) -> None:
    for name in "一二三四五六日":
        day = resolve_date(f"星期{name}", meeting_date)
        assert day is not None
        assert timedelta(days=1) <= day - meeting_date <= timedelta(days=7)
        assert "一二三四五六日"[day.weekday()] == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("下一個星期五交", date(2026, 12, 4)),
        ("月底之前", date(2026, 11, 30)),
        ("出年三月十五號前", date(2027, 3, 15)),
        ("季尾", date(2026, 12, 31)),
        ("下季底", date(2027, 3, 31)),
        ("元旦之前", date(2027, 1, 1)),
        ("半年內", date(2027, 5, 23)),
        ("day after tomorrow", date(2026, 11, 25)),
        ("next next Friday", date(2026, 12, 11)),
        ("Friday week", date(2026, 12, 4)),
        ("a week on Friday", date(2026, 12, 4)),
        ("in a fortnight", date(2026, 12, 7)),
        ("last day of next month", date(2026, 12, 31)),
        ("by the end of Q1", date(2027, 3, 31)),
        ("COB Friday", date(2026, 11, 27)),
        ("你next Friday交", date(2026, 12, 4)),
        ("聽日搞唔掂就end of month啦", date(2026, 11, 24)),
        ("俾我by 4 Dec啦", date(2026, 12, 4)),
    ],
)
def test_other_ways_to_name_a_day_are_understood(text: str, expected: date) -> None:
    assert resolve_date(text, MONDAY) == expected


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("by Q1", "Q1"),
        ("before Q1 2027", "Q1 2027"),
        ("by March", "March"),
        ("mid December", "mid December"),
        ("出年三月", "出年三月"),
        ("三月前要交", "三月"),
        ("農曆新年前", "農曆新年"),
        ("before Chinese New Year", "Chinese New Year"),
        ("中秋節之前", "中秋節"),
        ("今季內", "今季"),
        ("星期三至五", "星期三至五"),
        ("星期三、星期四", "星期三、星期四"),
        ("15至18號", "15至18號"),
        ("5-7 December", "5-7 December"),
        ("隔個禮拜三", "隔個禮拜三"),
        ("半個月內", "半個月內"),
    ],
)
def test_words_that_may_mean_several_days_are_kept_without_one(text: str, mentioned: str) -> None:
    assert [(mention.text, mention.day) for mention in find_dates(text, MONDAY)] == [(mentioned, None)]


@pytest.mark.parametrize(
    ("text", "mentioned", "day"),
    [
        ("12月15號星期二交", "12月15號星期二", date(2026, 12, 15)),
        ("12月15號（星期二）", "12月15號（星期二", date(2026, 12, 15)),
        ("Friday the 4th, please", "Friday the 4th", date(2026, 12, 4)),
        ("on Friday, 4 December", "Friday, 4 December", date(2026, 12, 4)),
        ("聽日星期二", "聽日星期二", date(2026, 11, 24)),
        ("12月15號星期三", "12月15號星期三", None),
        ("聽日星期五", "聽日星期五", None),
    ],
)
def test_a_weekday_beside_a_date_only_describes_it(text: str, mentioned: str, day: date | None) -> None:
    assert [(mention.text, mention.day) for mention in find_dates(text, MONDAY)] == [(mentioned, day)]


@pytest.mark.parametrize("text", ["Q1 was bad", "三月份開會嗰陣", "中秋晚會", "今季銷情麻麻", "CNY 500"])
def test_a_time_that_only_describes_something_is_no_mention(text: str) -> None:
    assert find_dates(text, MONDAY) == []


def test_two_days_one_after_the_other_stay_two() -> None:
    assert [mention.text for mention in find_dates("聽日 下星期五", MONDAY)] == ["聽日", "下星期五"]
