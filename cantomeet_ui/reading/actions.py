"""What the page of action items shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cantomeet.actions import MOST, ActionFilter, list_actions, owners, parse_action_filter, today
from cantomeet.errors import InvalidRequest
from cantomeet.i18n import text
from cantomeet.store import MeetingStore
from cantomeet_ui.presenters.actions import Group, groups, owner_choices
from cantomeet_ui.presenters.choices import Choice


@dataclass(frozen=True)
class ShownActions:
    stamp: Any
    groups: list[Group]
    owners: list[Choice]
    more: bool
    notice: str


def read_actions(store: MeetingStore, query: Mapping[str, str], language: str) -> ShownActions:
    """What the address asks for; a filter that makes no sense is left aside."""
    stamp, now = store.stamp(), store.now()
    wanted, notice = _wanted(query, language)
    found = list_actions(store, wanted, today(now))
    shown = groups(found[:MOST], query.get("by", ""), now, language)
    known = owner_choices(owners(store, wanted, today(now)), wanted.owner, language)
    if len(found) > MOST and not notice:
        notice = text(language, "todo.more", count=MOST)
    return ShownActions(stamp, shown, known, len(found) > MOST, notice)


def _wanted(query: Mapping[str, str], language: str) -> tuple[ActionFilter, str]:
    try:
        return parse_action_filter(query), ""
    except InvalidRequest as error:
        return ActionFilter(), text(language, "meetings.bad_filter", field=error.field)
