"""What a search found, by meeting, and its filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cantomeet.i18n import counted, text
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing.excerpts import excerpt
from cantomeet.listing.search import FoundMeeting, FoundMeetings, Hit
from cantomeet.queries.search import SearchPage
from cantomeet_ui import routes
from cantomeet_ui.presenters import times
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.marked import Part, parts
from cantomeet_ui.presenters.speakers import owner_words
from cantomeet_ui.presenters.statuses import status_label

NAMES = ("q", "by", "status", "from", "to", "speaker")
"""Query parameters of the page."""


@dataclass(frozen=True)
class HitRow:
    key: str
    source: str
    """ "title", "description", "item" or "line"."""
    who: str
    """Who says the line, or what the text is; empty where nobody is known."""
    time: str
    """Empty for a text without a time."""
    href: str
    """The meeting's page at that time, with what was found marked."""
    words: list[Part]


@dataclass(frozen=True)
class FoundGroup:
    """A meeting in which something was found."""

    id: str
    title: str
    date: str
    href: str
    hits: list[HitRow]
    others: str
    """How many places of it are not among `hits`; empty for none."""


@dataclass(frozen=True)
class ShownSearch:
    searched: bool = False
    """False where there is nothing to look for."""
    groups: list[FoundGroup] = field(default_factory=list)
    total: str = ""
    notice: str = ""
    """That something may be missing, or why nothing can be looked for; else empty."""
    next_cursor: str = ""
    """Empty on the last page."""


def search_href(query: Mapping[str, str], **values: str) -> str:
    """The page's address with some parameters changed; an empty value removes one.

    `from_` stands for the parameter "from", which is a keyword of Python.
    """
    return routes.search(filters_of({**query, **{name.rstrip("_"): value for name, value in values.items()}}, NAMES))


def shown_search(page: SearchPage, query: Mapping[str, str], notice: str, language: str) -> ShownSearch:
    """What the page shows. `query` is the address's, and `notice` what the page says of it."""
    found = page.found
    if not notice and not found.complete:
        notice = text(language, "search.incomplete")
    return ShownSearch(
        searched=True,
        groups=[_group(meeting, query, page.now, language) for meeting in found.items],
        total=_total(found, language),
        notice=notice,
        next_cursor=found.next_cursor or "",
    )


def status_choices(chosen: str, language: str) -> list[Choice]:
    """Any status, and each. What an address chose beside these, several at once, is listed as it is."""
    known = [Choice(status.value, status_label(status, language)) for status in MeetingStatus]
    other = [Choice(chosen, chosen)] if chosen and chosen not in list(MeetingStatus) else []
    return [Choice("", text(language, "status.all")), *known, *other]


def people_choices(names: Sequence[str], chosen: str, language: str) -> list[Choice]:
    """Everybody, and each person. The chosen one is listed in any case."""
    known = dict.fromkeys([*names, chosen])
    named = (Choice(name, owner_words(name, language)) for name in known if name)
    return [Choice("", text(language, "search.speaker.all")), *named]


def _total(found: FoundMeetings, language: str) -> str:
    if not found.total:
        return ""
    if not found.counted_all:
        return text(language, "search.total.over", count=f"{found.total:,}")
    return counted(language, "search.total", found.total)


def _group(meeting: FoundMeeting, query: Mapping[str, str], now: datetime, language: str) -> FoundGroup:
    held = meeting.meeting_date or times.local_day(meeting.created_at)
    return FoundGroup(
        id=meeting.id,
        title=meeting.title,
        date=times.day(held, now, language),
        href=routes.meeting(meeting.id, find=query),
        hits=[_row(number, hit, query, language) for number, hit in enumerate(meeting.hits)],
        others=counted(language, "search.others", meeting.others) if meeting.others else "",
    )


def _row(number: int, hit: Hit, query: Mapping[str, str], language: str) -> HitRow:
    spoken = hit.source == "line"
    return HitRow(
        key=hit.segment_id or hit.item_id or f"{number}-{hit.source}",
        source=hit.source,
        who=owner_words(hit.speaker, language) if spoken else text(language, f"search.source.{hit.source}"),
        time="" if hit.start is None else times.clock(hit.start),
        href=routes.meeting(hit.meeting_id, at=hit.start, find=query),
        words=parts(*excerpt(hit.text, hit.marks)),
    )
