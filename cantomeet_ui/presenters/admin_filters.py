"""The admin page's filters, and the chips and choices that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cantomeet.i18n import text
from cantomeet.lifecycle import MeetingStatus
from cantomeet.listing import TRANSCRIBERS
from cantomeet_ui import routes
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.admin import cause_name
from cantomeet_ui.presenters.choices import Choice
from cantomeet_ui.presenters.statuses import status_label

NAMES = ("status", "error_code", "transcriber", "age", "q")
AGES = ("1h", "1d", "7d", "30d")


@dataclass(frozen=True)
class AdminChip:
    key: str
    label: str
    count: int
    href: str
    chosen: bool


def admin_href(query: Mapping[str, str], **values: str) -> str:
    """The page's address with some filters changed; an empty value removes one."""
    return routes.admin(filters_of({**query, **values}, NAMES))


def status_chips(query: Mapping[str, str], counts: Mapping[MeetingStatus, int], language: str) -> list[AdminChip]:
    """One chip for all meetings and one for each status. A status without meetings is shown as 0."""
    chosen = query.get("status", "")
    whole = AdminChip("", text(language, "status.all"), sum(counts.values()), admin_href(query, status=""), not chosen)
    return [
        whole,
        *(
            AdminChip(
                status.value,
                status_label(status, language),
                counts.get(status, 0),
                admin_href(query, status=status.value),
                chosen == status.value,
            )
            for status in MeetingStatus
        ),
    ]


def code_chips(query: Mapping[str, str], counts: Mapping[str, int], language: str) -> list[AdminChip]:
    """One chip for each error code of a failed meeting. The chosen chip links back to all codes."""
    chosen = query.get("error_code", "")
    there = {**counts, **({chosen: 0} if chosen and chosen not in counts else {})}
    return [
        AdminChip(
            code,
            cause_name(code, language),
            count,
            admin_href(query, status="", error_code="" if code == chosen else code),
            code == chosen,
        )
        for code, count in there.items()
    ]


def transcriber_choices(language: str) -> list[Choice]:
    return [
        Choice("", text(language, "admin.any_transcriber")),
        *(Choice(name, text(language, f"admin.transcriber.{name}")) for name in TRANSCRIBERS),
    ]


def age_choices(language: str) -> list[Choice]:
    return [
        Choice("", text(language, "admin.any_age")),
        *(Choice(age, text(language, f"admin.age.{age}")) for age in AGES),
    ]
