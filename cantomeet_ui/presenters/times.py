"""Days, times and durations as people in Hong Kong write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from cantomeet.dates import HONG_KONG
from cantomeet.i18n import EN, counted, text

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STANDING_STILL = timedelta(seconds=90)
_KNOWN_PERCENT = 8
"""Below this percentage the estimate of the time left would jump about."""


def clock(seconds: float) -> str:
    """A time within a recording: 0:07, 12:05, 1:02:14."""
    whole = int(max(0.0, seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def day(value: date, now: datetime, language: str) -> str:
    """11月23日 or 23 Nov, with the year unless it is this year."""
    same_year = value.year == now.astimezone(HONG_KONG).year
    if language == EN:
        return f"{value.day} {_MONTHS[value.month - 1]}" + ("" if same_year else f" {value.year}")
    return ("" if same_year else f"{value.year}年") + f"{value.month}月{value.day}日"


def local_day(moment: datetime) -> date:
    return moment.astimezone(HONG_KONG).date()


def time_of_day(moment: datetime, now: datetime, language: str, *, seconds: bool = False) -> str:
    """14:05, or 14:05:09 with `seconds`; a time that is not today has its day before it."""
    there = moment.astimezone(HONG_KONG)
    time = f"{there.hour}:{there.minute:02}" + (f":{there.second:02}" if seconds else "")
    return time if there.date() == local_day(now) else f"{day(there.date(), now, language)} {time}"


def lasted(span: timedelta, language: str) -> str:
    """A duration: 0.4 s, 12 s, 3:05."""
    seconds = max(0.0, span.total_seconds())
    if seconds >= 60:
        return clock(seconds)
    return text(language, "piece.seconds", number=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")


def left(progress: int | None, since: datetime, moved: datetime, now: datetime, language: str) -> str:
    """ "about 3 minutes left", estimated from the pace since `since`.

    Empty if the progress is unknown or has only begun, and if `moved`, the last change, is long ago.
    """
    spent = (now - since).total_seconds()
    if progress is None or not _KNOWN_PERCENT <= progress < 100 or spent < 10 or now - moved > _STANDING_STILL:
        return ""
    return counted(language, "left.minutes", max(1, round(spent * (100 - progress) / progress / 60)))


def size(megabytes: int) -> str:
    """A size given in MiB: 500 MB, 2 GB, 1.5 GB."""
    return f"{megabytes} MB" if megabytes < 1024 else f"{megabytes / 1024:.3g} GB"
