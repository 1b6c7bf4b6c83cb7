"""Every query reads one snapshot of the database, with a number of statements that does not grow with the data."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from cantomeet import queries
from cantomeet.access import LOCAL_OWNER, Actor
from cantomeet.actions import ActionFilter
from cantomeet.errors import ErrorCode, NotAllowed
from cantomeet.listing import MeetingFilter, count_by_cause, newest_by_cause
from cantomeet.listing.search import SearchFilter
from cantomeet.queries import actions, admin, answers, lists, meeting_page, meetings, search, templates, uploads
from cantomeet.queries.meeting_page import Have
from cantomeet.service import Services
from cantomeet.store import Database
from tests import meetings as made
from tests.counting import Counted, counted
from tests.showing import services_over

ACTION = {"kind": "action_item", "text": "寄信", "evidence": []}
CODES = (ErrorCode.PROVIDER_BUSY, ErrorCode.DISK_FULL, ErrorCode.RECORDING_UNREADABLE, ErrorCode.STUCK)
ABOUT_ONE: dict[str, dict[str, Any]] = {
    "one_meeting": {},
    "meeting_detail": {"segments": True, "summary": True, "written": False},
    "segment_page": {"after": "", "limit": 10},
    "summary_versions": {},
    "timeline": {},
    "for_export": {"words": True, "written": False},
    "summary_choices": {},
    "meeting_page": {"have": Have(), "language": "en"},
    "is_corrected": {},
    "transcript_texts": {"written": False},
    "kept_answer": {},
}
OF_A_ROW = {"item_to_edit", "segment_to_edit"}
OF_MANY: dict[str, dict[str, Any]] = {
    "meeting_list": {"wanted": MeetingFilter(limit=5), "pages": 3},
    "listed_meetings": {"wanted": MeetingFilter()},
    "upload_page": {"ids": []},
    "found_actions": {"wanted": ActionFilter()},
    "search": {"wanted": SearchFilter("寄信")},
    "search_page": {"wanted": SearchFilter("寄信"), "each": 1},
    "known_people": {"most": 5},
    "action_page": {"wanted": ActionFilter()},
    "admin_page": {"wanted": MeetingFilter(limit=5), "pages": 3},
    "still_fitting": {"wanted": MeetingFilter(), "ids": ["x"]},
    "opened_timeline": {"meeting_id": "x"},
    "engine_overview": {},
    "admin_overview": {},
    "is_paused": {},
    "own_templates": {},
    "parseable": {},
    "glossary": {},
    "earlier_by_key": {"key": "k"},
    "earlier_by_upload": {"upload_id": "u"},
}
MODULES = (actions, admin, answers, lists, meeting_page, meetings, search, templates, uploads)
NOBODY = Actor("nobody who is known")


def all_queries() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in MODULES:
        for name, found in inspect.getmembers(module, inspect.isfunction):
            if found.__module__ == module.__name__ and "services" in inspect.signature(found).parameters:
                yield name, found


QUERIES = {name: found for name, found in all_queries() if not name.startswith("_")}


@pytest.fixture
def services(store: Database) -> Services:
    return services_over(store)


def filled(store: Database, times: int) -> list[str]:
    """Completed meetings with an action item each, failures of several causes, and stuck meetings."""
    done = [made.completed(store, items=[ACTION]).id for _ in range(times)]
    for code in CODES[:times]:
        made.failed(store, code)
    long_ago = store.now() - timedelta(hours=1)
    for _ in range(times):
        stuck = made.uploaded(store)
        made.set_job(store, stuck.id, due_at=long_ago)
        made.set_columns(store, stuck.id, updated_at=long_ago)
    made.index(store)
    return done


def test_every_query_is_tried_here() -> None:
    modules = {module.name for module in pkgutil.iter_modules(queries.__path__)} - {"snapshots", "stamps"}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == modules
    assert set(QUERIES) == {*ABOUT_ONE, *OF_MANY, *OF_A_ROW}


@pytest.mark.parametrize("name", OF_MANY)
def test_lists_need_as_many_statements_for_many_meetings_as_for_one(name: str, services: Services) -> None:
    def asked(ids: list[str]) -> Counted:
        changed = {"ids": ids} if name == "upload_page" else {}
        changed = {"picked": ids, "opened": ids[0]} if name == "admin_page" else changed
        with counted(services.store.engine) as found:
            QUERIES[name](services, LOCAL_OWNER, **{**OF_MANY[name], **changed})
        return found

    few = asked(filled(services.store, 1))
    many = asked(filled(services.store, 4))
    assert (few.transactions, many.transactions) == (1, 1)
    assert many.statements == few.statements > 0


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_each_query_of_one_meeting_is_one_transaction(name: str, services: Services) -> None:
    meeting = made.completed(services.store, items=[ACTION])
    with counted(services.store.engine) as found:
        QUERIES[name](services, LOCAL_OWNER, meeting.id, **ABOUT_ONE[name])
    assert found.transactions == 1


def test_a_page_with_all_its_parts_is_one_transaction(services: Services) -> None:
    store = services.store
    meeting = made.completed(store, items=[ACTION])
    made.summarized(store, store.meetings.retry(meeting.id, "summarize").id, [ACTION])
    store.written_views.ask(meeting.id)
    with counted(store.engine) as found:
        page = meeting_page.meeting_page(services, LOCAL_OWNER, meeting.id, Have(), "en", naming=True, written=True)
    assert (len(page.versions), page.naming is not None, page.written is not None) == (2, True, True)
    assert found.transactions == 1


@pytest.mark.parametrize("name", sorted({*ABOUT_ONE, *OF_A_ROW}))
def test_nothing_is_read_of_another_owners_meeting(name: str, services: Services) -> None:
    theirs = made.completed(services.store, owner_id="somebody")
    row = ["any row"] if name in OF_A_ROW else []
    with pytest.raises(NotAllowed):
        QUERIES[name](services, LOCAL_OWNER, theirs.id, *row, **ABOUT_ONE.get(name, {}))


@pytest.mark.parametrize("name", sorted(OF_MANY))
def test_an_unknown_actor_reads_nothing(name: str, services: Services) -> None:
    with pytest.raises(NotAllowed):
        QUERIES[name](services, NOBODY, **OF_MANY[name])


def test_lists_hold_nothing_of_another_owner(services: Services) -> None:
    store = services.store
    theirs = made.failed(store, owner_id="somebody")
    assert lists.listed_meetings(services, LOCAL_OWNER, MeetingFilter()).items == []
    assert lists.upload_page(services, LOCAL_OWNER, [theirs.id]).meetings == []
    page = admin.admin_page(services, LOCAL_OWNER, MeetingFilter(), picked=[theirs.id], opened=theirs.id)
    assert (page.failures, page.found.fitting, page.picked, page.timeline) == ([], 0, [], None)


def test_each_cause_has_its_newest_meetings_and_the_count_of_all(store: Database) -> None:
    busy = [made.failed(store).id for _ in range(4)]
    full = [made.failed(store, ErrorCode.DISK_FULL).id]
    made.failed(store, owner_id="somebody")
    found = {cause.code: [meeting.id for meeting in some] for cause, some in newest_by_cause(store, 3).items()}
    assert found == {"provider_busy": busy[:0:-1], "disk_full": full}
    assert {cause.code: count for cause, count in count_by_cause(store).items()} == {"provider_busy": 4, "disk_full": 1}


def test_lines_beyond_the_first_page_are_read_after_the_snapshot(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cantomeet.store.paging.PAGE", 3)
    meeting = made.completed(store, [("S1", f"第 {n} 句") for n in range(7)])
    with counted(store.engine) as found:
        detail = meetings.meeting_detail(
            services_over(store), LOCAL_OWNER, meeting.id, segments=True, summary=True, written=False
        )
        assert found.transactions == 1
        assert detail.lines is not None
        assert [segment.text for segment in detail.lines.segments] == [f"第 {n} 句" for n in range(7)]
    assert found.transactions == 3
