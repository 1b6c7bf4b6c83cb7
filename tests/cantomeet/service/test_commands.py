"""Every command checks rights, makes one transaction, and then notifies open pages and the queue."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any

import pytest

from cantomeet import service
from cantomeet.access import LOCAL_OWNER, Actor
from cantomeet.bulk import Act, BulkPlan
from cantomeet.errors import CantoMeetError, InvalidRequest, NotAllowed, NotFound, VersionConflict
from cantomeet.glossary import Term
from cantomeet.lifecycle import Stage
from cantomeet.listing import MeetingFilter
from cantomeet.media import Probe
from cantomeet.models import Meeting
from cantomeet.service import Services, corrections, meetings, operating, templates, uploads
from cantomeet.service.edits import (
    ItemEdit,
    MeetingEdit,
    SectionDraft,
    SegmentEdit,
    TemplateDraft,
    given,
    made_against,
)
from cantomeet.service.glossary import FaultyGlossary, replace_glossary
from cantomeet.service.meetings import Naming
from cantomeet.service.uploads import Intake
from cantomeet.storage import Stored
from cantomeet.store import Database
from cantomeet.store.meetings import Meetings
from cantomeet.submission import Submission
from tests import meetings as made
from tests.counting import counted
from tests.showing import services_over

NOBODY = Actor("nobody who is known")
ACTION = {"kind": "action_item", "text": "寄信", "evidence": []}
DRAFT = TemplateDraft("例會", "", (SectionDraft("決定", "decision"),))
STORED = Stored("b" * 32, 1000, "0" * 64, Probe("wav", "pcm_s16le", 60.0))
INTAKE = Intake("a.wav", "例會", "", None, "default", "yue", "zh-Hant-HK", "general", False)
MODULES = [
    name for _, name, _ in pkgutil.iter_modules(service.__path__) if name not in ("services", "changing", "edits")
]
ABOUT_ONE: dict[str, dict[str, Any]] = {
    "meetings.retry": {},
    "meetings.run_now": {},
    "meetings.summarize": {},
    "meetings.show_summary": {"version": 1},
    "meetings.cancel": {},
    "meetings.delete": {},
    "meetings.edit": {"wanted": MeetingEdit(title="改過的標題")},
    "meetings.rename": {"seen": Naming("例會", None), "wanted": Naming("改過的標題", None)},
    "meetings.ask_for_written": {},
    "meetings.replace_transcript": {"segments": []},
    "corrections.edit_item": {"item_id": "x", "wanted": ItemEdit(done=True)},
    "corrections.delete_item": {"item_id": "x"},
    "corrections.confirm_items": {"summary_version": 1},
    "corrections.edit_segment": {"segment_id": "x", "wanted": SegmentEdit("改過")},
    "corrections.rename_speaker": {"speaker_id": "x", "name": "阿明"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "meetings.poll_job": {"provider_job_id": "j"},
    "templates.add_template": {"draft": DRAFT},
    "templates.edit_template": {"template_id": "t", "draft": DRAFT},
    "templates.delete_template": {"template_id": "t"},
    "glossary.replace_glossary": {"written": []},
    "operating.pause": {"paused": True},
    "operating.ask_check": {"name": "whisper"},
    "operating.rebuild_index": {},
    "uploads.create_meeting": {"stored": STORED, "intake": INTAKE},
    "uploads.meeting_of_upload": {"upload_id": "u"},
    "uploads.require_template": {"template_id": "general"},
    "bulk.plan_for_filter": {"act": Act.RETRY, "wanted": MeetingFilter()},
    "bulk.plan_for_ids": {"act": Act.RETRY, "ids": []},
    "bulk.carry_out": {"planned": BulkPlan(Act.RETRY, ())},
}


class Told:
    """Records notifications, and what the database contained at that moment."""

    def __init__(self, store: Database) -> None:
        self.store = store
        self.woken: list[str] = []
        self.hints: list[tuple[str, int]] = []
        self.rewritten: list[str] = []

    def wake(self, meeting: Meeting) -> None:
        # Through a connection of its own, which sees only committed data.
        held = self.store.meetings.get_some([meeting.id])
        assert [kept.version for kept in held] == ([meeting.version] if meeting.deleted_at is None else [])
        self.woken.append(meeting.id)

    def publish(self, meeting_id: str, version: int) -> None:
        assert meeting_id == "" or self.store.stamps.version(meeting_id) in (version, None)
        self.hints.append((meeting_id, version))

    def wake_written(self, meeting_id: str) -> None:
        assert self.store.written_views.find(meeting_id) is not None
        self.rewritten.append(meeting_id)


@pytest.fixture
def told(store: Database) -> Told:
    return Told(store)


@pytest.fixture
def services(store: Database, told: Told) -> Services:
    return services_over(store, wake=told.wake, publish=told.publish, wake_written=told.wake_written)


def all_commands() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in MODULES:
        module = import_module(f"cantomeet.service.{name}")
        for called, found in inspect.getmembers(module, inspect.isfunction):
            if found.__module__ == module.__name__ and not called.startswith("_"):
                yield f"{name}.{called}", found


COMMANDS = dict(all_commands())


def test_every_command_is_tried_here() -> None:
    assert set(COMMANDS) == {*ABOUT_ONE, *OTHERS}
    for name, command in COMMANDS.items():
        assert list(inspect.signature(command).parameters)[:2] == ["services", "actor"], name


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_nothing_is_done_to_another_owners_meeting(name: str, services: Services, told: Told) -> None:
    theirs = made.completed(services.store, owner_id="somebody")
    with pytest.raises(NotAllowed):
        COMMANDS[name](services, LOCAL_OWNER, theirs.id, **ABOUT_ONE[name])
    assert services.store.meetings.get(theirs.id) == theirs
    assert (told.woken, told.hints) == ([], [])


@pytest.mark.parametrize("name", ABOUT_ONE)
def test_a_meeting_that_is_not_there_is_not_found(name: str, services: Services) -> None:
    with pytest.raises(NotFound):
        COMMANDS[name](services, LOCAL_OWNER, "nowhere", **ABOUT_ONE[name])


@pytest.mark.parametrize("name", OTHERS)
def test_an_unknown_actor_changes_nothing(name: str, services: Services, told: Told) -> None:
    with pytest.raises(NotAllowed):
        COMMANDS[name](services, NOBODY, **OTHERS[name])
    assert (told.woken, told.hints, services.store.switches.paused(), services.store.templates.all()) == (
        [],
        [],
        False,
        [],
    )


def one_of_each(store: Database) -> Iterator[tuple[str, Meeting, dict[str, Any], str]]:
    """Commands that succeed, each with its meeting, its arguments, and who is notified: queue and pages, or pages."""
    done = made.completed(store, items=[ACTION])
    found = store.summaries.find(done.id)
    assert found is not None
    segment = store.transcripts.shown(done.id).segments[0]
    waiting = made.transcribed(store, name_speakers_first=True)
    yield "meetings.retry", made.failed(store), {}, "queue"
    yield "meetings.run_now", made.uploaded(store), {}, "queue"
    yield "meetings.summarize", waiting, {}, "queue"
    yield "meetings.show_summary", done, {"version": 1}, "pages"
    yield "meetings.cancel", made.uploaded(store), {}, "pages"
    yield "meetings.delete", made.uploaded(store), {}, "queue"
    yield "meetings.edit", done, {"wanted": MeetingEdit(title="改過的標題")}, "pages"
    yield "meetings.edit", done, {"wanted": MeetingEdit()}, "pages"
    yield "meetings.rename", done, {"seen": Naming("改過的標題", None), "wanted": Naming("例會", None)}, "pages"
    yield "meetings.replace_transcript", made.completed(store), {"segments": made.segments([("S1", "改過")])}, "pages"
    yield "corrections.edit_item", done, {"item_id": found.items[0].id, "wanted": ItemEdit(done=True)}, "pages"
    yield "corrections.confirm_items", done, {"summary_version": 1}, "pages"
    yield "corrections.delete_item", done, {"item_id": found.items[0].id}, "pages"
    yield "corrections.edit_segment", done, {"segment_id": segment.id, "wanted": SegmentEdit("改過")}, "pages"
    yield "corrections.rename_speaker", done, {"speaker_id": segment.speaker_id, "name": "阿明"}, "pages"


def test_each_command_is_one_transaction_and_notifies_after_the_commit(services: Services, told: Told) -> None:
    tried = set()
    for name, meeting, arguments, whom in one_of_each(services.store):
        tried.add(name)
        told.woken, told.hints = [], []
        deferred: list[Callable[[], None]] = []
        with counted(services.store.engine) as found:
            COMMANDS[name](replace(services, defer=deferred.append), LOCAL_OWNER, meeting.id, **arguments)
        assert (found.transactions, len(deferred)) == (1, 1), name
        assert (told.woken, told.hints) == ([], []), "whoever defers it says when"
        deferred[0]()
        assert told.woken == ([meeting.id] if whom == "queue" else []), name
        assert [meeting_id for meeting_id, _ in told.hints] == [meeting.id], name
    assert tried == set(ABOUT_ONE) - {"meetings.ask_for_written"}, "which needs a language model"


def test_a_written_view_is_requested_and_notified(services: Services, told: Told) -> None:
    meeting = made.completed(services.store)
    with pytest.raises(CantoMeetError, match="no language model"):
        meetings.ask_for_written(services, LOCAL_OWNER, meeting.id)
    model = services.settings.model_copy(update={"openai_api_key": "k", "openai_model": "m", "summarizer": "llm"})
    view = meetings.ask_for_written(replace(services, settings=model), LOCAL_OWNER, meeting.id)
    assert (view.state, told.rewritten, len(told.hints)) == ("working", [meeting.id], 1)


def test_a_pause_notifies_pages_that_show_several_meetings(services: Services, told: Told) -> None:
    assert operating.pause(services, LOCAL_OWNER, True) == services.store.switches.paused_since()
    assert operating.pause(services, LOCAL_OWNER, False) is None
    assert told.hints == [("", 0), ("", 0)]


def test_a_providers_call_wakes_the_meeting_of_its_job(services: Services, told: Told) -> None:
    store = services.store
    sent = made.transcribing(store)
    store.pipeline.commit_working(
        sent.id, sent.job.run, stage=Stage.SUBMITTED, provider_job_id="j1", submission=Submission("k")
    )
    made.set_job(store, sent.id, lease_until=None)
    meetings.poll_job(services, LOCAL_OWNER, "unknown")
    assert told.woken == []
    meetings.poll_job(services, LOCAL_OWNER, "j1")
    assert told.woken == [sent.id]


def test_a_refused_command_notifies_nobody(services: Services, told: Told) -> None:
    meeting = made.completed(services.store, items=[ACTION])
    found = services.store.summaries.find(meeting.id)
    assert found is not None
    item = found.items[0].id
    with pytest.raises(VersionConflict):
        corrections.edit_item(services, LOCAL_OWNER, meeting.id, item, ItemEdit(done=True), made_against(99))
    with pytest.raises(InvalidRequest):
        corrections.edit_item(services, LOCAL_OWNER, meeting.id, item, ItemEdit(text=" "))
    with pytest.raises(VersionConflict):
        meetings.rename(services, LOCAL_OWNER, meeting.id, Naming("another title", None), Naming("改過的標題", None))
    assert (told.woken, told.hints, services.store.meetings.get(meeting.id)) == ([], [], meeting)


def test_a_failing_notification_does_not_prevent_the_others(services: Services, told: Told) -> None:
    def away(meeting: Meeting) -> None:
        raise ConnectionError("no queue")

    meeting = made.failed(services.store)
    going = meetings.retry(replace(services, wake=away), LOCAL_OWNER, meeting.id)
    assert told.hints == [(meeting.id, going.version)]
    assert services.store.meetings.get(meeting.id).status == "UPLOADED"


def test_progress_between_the_read_and_the_rename_is_no_conflict(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = made.transcribing(services.store)
    edit, refusals = Meetings.edit, [VersionConflict("progress"), VersionConflict("progress")]

    def moved_on(self: Meetings, *arguments: Any, **columns: Any) -> Meeting:
        if refusals:
            raise refusals.pop()
        return edit(self, *arguments, **columns)

    monkeypatch.setattr(Meetings, "edit", moved_on)
    seen, wanted = Naming("例會", None), Naming("改過的標題", None)
    assert meetings.rename(services, LOCAL_OWNER, meeting.id, seen, wanted).title == "改過的標題"
    assert refusals == []


def test_a_rename_overwrites_neither_a_title_nor_a_date_that_was_changed_since(services: Services) -> None:
    meeting = made.uploaded(services.store)
    seen, day = Naming(meeting.title, None), date(2026, 12, 1)
    meetings.rename(services, LOCAL_OWNER, meeting.id, seen, Naming(meeting.title, day))
    with pytest.raises(VersionConflict):
        meetings.rename(services, LOCAL_OWNER, meeting.id, seen, Naming(meeting.title, date(2026, 12, 2)))
    # The same again is no conflict.
    meetings.rename(services, LOCAL_OWNER, meeting.id, seen, Naming("改過的標題", day))
    with pytest.raises(VersionConflict):
        meetings.rename(services, LOCAL_OWNER, meeting.id, seen, Naming("我的題目", day))
    after = services.store.meetings.get(meeting.id)
    assert (after.title, after.meeting_date) == ("改過的標題", day)


def test_a_faulty_glossary_is_refused_whole(services: Services) -> None:
    with pytest.raises(FaultyGlossary) as refused:
        replace_glossary(services, LOCAL_OWNER, [Term("葵涌"), Term("葵涌")])
    assert [(fault.kind, fault.number) for fault in refused.value.faults] == [("twice", 2)]
    assert (
        replace_glossary(services, LOCAL_OWNER, [Term(" 葵涌 ")]) == services.store.glossary.terms() == [Term("葵涌")]
    )


def test_templates_are_kept_changed_and_deleted(services: Services) -> None:
    kept = templates.add_template(services, LOCAL_OWNER, DRAFT)
    other = replace(DRAFT, name="週會")
    with pytest.raises(VersionConflict):
        templates.edit_template(services, LOCAL_OWNER, kept.id, other, 7)
    assert templates.edit_template(services, LOCAL_OWNER, kept.id, other, kept.version).name == "週會"
    templates.delete_template(services, LOCAL_OWNER, kept.id)
    assert services.store.templates.all() == []


def test_an_inserted_upload_is_enqueued_again_and_makes_no_second_meeting(services: Services, told: Told) -> None:
    first = uploads.create_meeting(services, LOCAL_OWNER, STORED, INTAKE, upload_id="u")
    found = uploads.meeting_of_upload(services, LOCAL_OWNER, "u")
    again = uploads.create_meeting(services, LOCAL_OWNER, STORED, INTAKE, upload_id="u")
    assert found is not None
    assert {first.id, found.id, again.id} == {first.id}
    assert told.woken == [first.id] * 3
    assert uploads.meeting_of_upload(services, LOCAL_OWNER, "unknown") is None


def test_only_what_was_given_is_an_edit() -> None:
    assert given(ItemEdit()) == {}
    assert given(ItemEdit(owner=None, done=False)) == {"owner": None, "done": False}
