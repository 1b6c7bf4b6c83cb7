"""Services over a store alone, and what the pages show from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cantomeet.access import LOCAL_OWNER
from cantomeet.models import Meeting
from cantomeet.queries.admin import admin_page
from cantomeet.queries.lists import meeting_list
from cantomeet.queries.meeting_page import Have, meeting_page
from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.presenters.admin_page import ShownAdmin, shown_admin
from cantomeet_ui.presenters.list_page import ShownList, shown_list
from cantomeet_ui.presenters.meeting_page import ShownMeeting, shown_meeting
from cantomeet_ui.presenters.wanted import wanted_in_admin, wanted_in_list


def services_over(store: Database, folder: Path = Path("nowhere"), **parts: Any) -> Services:
    """With nobody to tell, unless `parts` name somebody; `folder`: of the recordings, where the test has any."""
    given: dict[str, Any] = {
        "settings": Settings(_env_file=None, CANTOMEET_DATA_DIR=str(folder)),
        "recordings": FolderStorage(folder / "recordings", max_bytes=1000, min_free_bytes=0),
        "wake": _nobody,
    }
    return Services(store=store, **{**given, **parts})


def _nobody(meeting: Meeting) -> None:
    """There is no queue."""


def meeting_shown(store: Database, meeting_id: str, have: Have, language: str) -> ShownMeeting:
    return shown_meeting(meeting_page(services_over(store), LOCAL_OWNER, meeting_id, have, language), language)


def list_shown(store: Database, query: Mapping[str, str], language: str) -> ShownList:
    wanted, notice = wanted_in_list(query, language)
    found = meeting_list(services_over(store), LOCAL_OWNER, wanted, 1)
    return shown_list(found, query, notice, language)


def admin_shown(store: Database, query: Mapping[str, str], language: str) -> ShownAdmin:
    wanted, _ = wanted_in_admin(query, "whisper", language)
    return shown_admin(admin_page(services_over(store), LOCAL_OWNER, wanted), query, language)
