"""The page of action items: filters in its address, items in groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cantomeet.actions import MOST, NOBODY, FoundAction, today
from cantomeet.i18n import text
from cantomeet.queries.actions import ActionPage
from cantomeet.queries.stamps import Stamp
from cantomeet.quotes import is_proven, proven_starts
from cantomeet_ui import routes
from cantomeet_ui.presenters import times
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.speakers import is_unnamed, owner_words
from cantomeet_ui.presenters.summary import due_words

NAMES = ("owner", "due", "done", "by")
"""Query parameters of the page."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class ActionRow:
    id: str
    meeting_id: str
    text: str
    other: str
    owner: str
    due: str
    overdue: bool
    done: bool
    stale: bool
    meeting: str
    held: str
    time: str
    """When it was said in the recording; empty for an item without proof."""
    href: str


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    rows: list[ActionRow]


@dataclass(frozen=True)
class ShownActions:
    stamp: Stamp
    groups: list[Group]
    owners: list[Choice]
    notice: str


def shown_actions(page: ActionPage, owner: str, by: str, notice: str, language: str) -> ShownActions:
    """What the page shows.

    `owner` is the chosen owner, `by` the grouping, and `notice` what the page says of the filter.
    """
    found = page.found
    if found.more and not notice:
        notice = text(language, "todo.more", count=MOST)
    return ShownActions(
        page.stamp,
        groups(found.items, by, found.now, language),
        owner_choices(page.owners, owner, language),
        notice,
    )


def actions_href(query: Mapping[str, str], **values: str) -> str:
    """The page's address with some parameters changed; an empty value removes one."""
    return routes.actions(filters_of({**query, **values}, NAMES))


def calendar_href(query: Mapping[str, str]) -> str:
    """The address of a calendar file with the items that the page shows."""
    return routes.calendar({name: query.get(name, "") for name in ("owner", "due")})


def owner_choices(owners: Sequence[str], chosen: str, language: str) -> list[Choice]:
    """Everybody, each owner, and "not known". The chosen owner is listed even if no item is left for it."""
    known = [owner for owner in dict.fromkeys([*owners, chosen]) if owner and owner != NOBODY]
    return [
        Choice("", text(language, "todo.owner.all")),
        *(Choice(owner, owner_words(owner, language)) for owner in known),
        Choice(NOBODY, text(language, "todo.owner.nobody")),
    ]


def fixed_choices(name: str, values: Sequence[str], language: str) -> list[Choice]:
    """The choices for `due`, `done` or `by`. The first is the default, so it has no value in the address."""
    return [
        Choice("" if number == 0 else value, text(language, f"todo.{name}.{value}"))
        for number, value in enumerate(values)
    ]


def groups(found: Iterable[FoundAction], by: str, now: datetime, language: str) -> list[Group]:
    """Items grouped by owner if `by` is "owner", else by due date. Unverified items form a group of their own."""
    day, gathered = today(now), dict[tuple[str, str], list[ActionRow]]()
    for action in found:
        place = _owner_group(action, language) if by == "owner" else _due_group(action, day, language)
        if not is_proven(action.item.evidence):
            place = ("unverified", text(language, "summary.unverified"))
        gathered.setdefault(place, []).append(_row(action, day, now, language))
    last = ("nobody", "unverified")
    ordered = sorted(gathered.items(), key=lambda item: last.index(item[0][0]) + 1 if item[0][0] in last else 0)
    return [Group(key, title, rows) for (key, title), rows in ordered]


def _owner_group(action: FoundAction, language: str) -> tuple[str, str]:
    owner = action.item.owner
    if not owner:
        return "nobody", text(language, "todo.group.nobody")
    if is_unnamed(owner):
        return f"owner {owner} {action.meeting_id}", f"{owner_words(owner, language)} · {action.meeting_title}"
    return f"owner {owner}", owner


def _due_group(action: FoundAction, day: date, language: str) -> tuple[str, str]:
    due = action.item.due_date
    if due is None:
        key = "none"
    elif due < day:
        key = "overdue"
    else:
        key = "week" if due <= day + _WEEK else "later"
    return key, text(language, f"todo.group.{key}")


def _row(action: FoundAction, day: date, now: datetime, language: str) -> ActionRow:
    item = action.item
    shown, other = action.text_in(language)
    starts = proven_starts(item.evidence)
    return ActionRow(
        id=item.id,
        meeting_id=action.meeting_id,
        text=shown,
        other=other,
        owner=owner_words(item.owner, language),
        due=due_words(item, now, language),
        overdue=item.due_date is not None and item.due_date < day and not item.done,
        done=item.done,
        stale=item.stale,
        meeting=action.meeting_title,
        held=times.day(action.meeting_date or times.local_day(action.meeting_created_at), now, language),
        time=times.clock(min(starts)) if starts else "",
        href=routes.action_place(action.meeting_id, item),
    )
