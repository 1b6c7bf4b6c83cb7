"""The texts of the admin page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rq.worker import WorkerStatus

from cantomeet.bulk import Act, BulkPlan, PlannedMeeting, Refusal
from cantomeet.checking import PATIENCE_SECONDS, Check
from cantomeet.errors import ErrorCode
from cantomeet.i18n import EN, ZH, has_text, text
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.listing import FailureCause
from cantomeet.models import Attempt, Meeting
from cantomeet.queries.admin import EngineOverview, Failures
from cantomeet.queue import QUEUES, QueueOverview, WorkerSeen
from cantomeet_ui.presenters import admin, admin_filters
from cantomeet_ui.presenters.address import filters_of
from cantomeet_ui.presenters.engine import Engine, engine
from cantomeet_ui.presenters.plans import preview, result
from tests import meetings

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""12:00 in Hong Kong."""
FAILED = MeetingStatus.FAILED


def meeting(job: dict[str, Any] | None = None, **columns: Any) -> Meeting:
    given = {"title": "例會", "recording_key": "k", "created_at": NOW, "updated_at": NOW, "stage_since": NOW}
    return meetings.at_rest(Meeting(**{**given, **columns}), **(job or {}))


# ---- previews ----------------------------------------------------------------------------------------------


def line(refusal: Refusal | None = None, **given: Any) -> PlannedMeeting:
    return PlannedMeeting("id", given.pop("status", FAILED), refusal, **given)


def test_a_preview_shows_counts_costs_and_refusals() -> None:
    lines = (
        *(line(pays=True, seconds=600.0) for _ in range(3)),
        line(pays=True),
        line(Refusal.COST, pays=True, seconds=1200.0),
        line(Refusal.NOT_FAILED),
    )
    shown = preview(BulkPlan(Act.RETRY, lines, left_out=7), llm=True, language=EN)
    assert (shown.title, shown.confirm) == ("Retry 4 meetings?", "Retry 4")
    assert shown.pay_again == "Pay again, retry 5 (about 50 min)"
    assert shown.lines == [
        "At most 4 recordings are transcribed at a cost, about 30 minutes in all. The length of 1 is unknown.",
        "4 summaries by a language model, which may cost.",
        "Not 1: its transcription was paid for before; confirm that apart.",
        "Not 1: it has not failed.",
        "7 more fit, beyond what is done at once.",
    ]


def test_a_preview_without_cost_does_not_mention_cost() -> None:
    assert preview(BulkPlan(Act.RETRY, (line(),)), llm=False, language=EN).lines == []


def test_a_preview_names_only_the_meetings_that_it_affects() -> None:
    lines = (
        *(PlannedMeeting(str(n), FAILED, title=f"會 {n}") for n in range(7)),
        PlannedMeeting("p", FAILED, Refusal.COST, title="付過"),
        PlannedMeeting("r", MeetingStatus.TRANSCRIBING, Refusal.NOT_FAILED, title="轉錄中"),
    )
    shown = preview(BulkPlan(Act.RETRY, lines), llm=False, language=EN)
    assert [named.title for named in shown.named] == [f"會 {n}" for n in range(5)]
    assert shown.more == "and 3 more"
    assert [(named.title, named.status) for named in shown.rest] == [
        ("會 5", "Failed"),
        ("會 6", "Failed"),
        ("付過", "Failed, paid for before"),
    ]
    assert preview(BulkPlan(Act.RETRY, lines[:5]), llm=False, language=EN).more == ""


def test_a_preview_that_affects_nothing_has_no_button() -> None:
    shown = preview(BulkPlan(Act.CANCEL, (line(Refusal.NOT_RUNNING),)), llm=False, language=ZH)
    assert (shown.title, shown.confirm, shown.pay_again) == ("沒有會議可以這樣做。", "", "")


def test_a_cancel_warns_about_paid_work_and_a_deletion_that_it_is_permanent() -> None:
    running = line(status=MeetingStatus.TRANSCRIBING, wastes=True)
    for act in (Act.CANCEL, Act.DELETE):
        shown = preview(BulkPlan(act, (running,)), llm=False, language=EN)
        assert "pays again" in shown.lines[0]
        assert shown.named[0].status == "Transcribing, paid for"
    deletion = preview(BulkPlan(Act.DELETE, (line(),)), llm=False, language=EN)
    assert ("cannot be brought back" in deletion.lines[0], deletion.tone) == (True, "red")


@pytest.mark.parametrize("language", [ZH, EN])
def test_every_action_and_refusal_has_a_text(language: str) -> None:
    for act in Act:
        for count in (1, 2):
            assert preview(BulkPlan(act, (line(),) * count), llm=True, language=language).title
            assert result(act, count, dict.fromkeys(Refusal, count), language)


# ---- the engine panel --------------------------------------------------------------------------------------


def room(**given: Any) -> EngineOverview:
    worker = WorkerSeen("0123456789abcdef", "busy", QUEUES, NOW - timedelta(minutes=1))
    overview = QueueOverview(tuple((name, 3) for name in QUEUES), (worker,), 2)
    usual = {
        "now": NOW,
        "overview": overview,
        "paused_since": None,
        "oldest_due": 0.0,
        "checks": {},
        "set_up": ("whisper",),
    }
    return EngineOverview(**{**usual, **given})


def shown(**given: Any) -> Engine:
    return engine(room(**given), EN)


def test_queues_workers_and_their_heartbeats_are_shown() -> None:
    told = shown()
    assert [queue.waiting for queue in told.queues] == ["3"] * len(QUEUES)
    assert (told.workers[0].state, told.workers[0].seen) == ("busy", "seen at 11:59")
    assert told.failed == "RQ keeps 2 failed jobs"
    assert (told.paused, told.note, told.oldest) == ("", "", "nothing is overdue")


@pytest.mark.parametrize("language", [ZH, EN])
def test_every_state_of_a_worker_has_a_text(language: str) -> None:
    for state in WorkerStatus:
        overview = QueueOverview((), (WorkerSeen("w", state.value, (), None),), 0)
        told = engine(room(overview=overview), language).workers[0].state
        assert told == text(language, f"admin.worker.{state.value}")


def test_a_pause_a_lagging_queue_and_an_unreachable_redis_are_shown() -> None:
    assert shown(paused_since=NOW - timedelta(hours=1)).paused == "The queue has been paused since 11:00."
    assert shown(oldest_due=190.0).oldest == "the oldest has been due for 3:10"
    assert "Redis" in shown(overview=None).note
    assert "start_worker" in shown(overview=QueueOverview((), (), 0)).note


@pytest.mark.parametrize(
    ("check", "tone", "told"),
    [
        (None, "", "not tested yet"),
        (Check("asked", NOW), "asked", "testing…"),
        (Check("asked", NOW - timedelta(seconds=PATIENCE_SECONDS + 1)), "failed", "no worker has answered"),
        (Check("ok", NOW), "ok", "worked at 12:00"),
        (Check("failed", NOW, "provider_key_refused", {"setting": "THE_KEY"}), "failed", "check THE_KEY"),
        (Check("failed", NOW, "provider_unreachable"), "failed", "check the network and ?"),
        (Check("failed", NOW, "not_set_up", {"setting": "THE_KEY"}), "failed", "THE_KEY is not set where the worker"),
        (
            Check("failed", NOW, "wrong_setting", {"setting": "OPENAI_MODEL"}),
            "failed",
            "OPENAI_MODEL is wrong: it must",
        ),
        (Check("failed", NOW, "code_of_a_newer_version"), "failed", "code_of_a_newer_version"),
    ],
)
def test_the_result_of_a_check_is_shown(check: Check | None, tone: str, told: str) -> None:
    found = shown(checks={"whisper": check}).checks[2]
    assert found.tone == tone
    assert told in found.text


def test_an_invalid_setting_is_described_in_the_language_of_the_page() -> None:
    checks = {"speechmatics": Check("failed", NOW, "wrong_setting", {"setting": "SPEECHMATICS_API_KEY"})}
    found = engine(room(checks=checks, set_up=("speechmatics",)), ZH).checks[0]
    assert "SPEECHMATICS_API_KEY 設定有誤：要是一行可見的 ASCII 字元" in found.text


def test_a_check_that_is_not_set_up_names_its_setting() -> None:
    found = shown(checks={"llm": Check("ok", NOW)}).checks[1]
    assert (found.set_up, found.text) == (False, "OPENAI_MODEL is not set")


def test_the_page_refreshes_more_often_while_a_check_has_no_answer() -> None:
    assert shown(checks={"whisper": Check("asked", NOW)}).asking
    assert not shown().asking


# ---- filters, causes, timeline -----------------------------------------------------------------------------


def test_only_filters_are_read_from_the_address() -> None:
    query = {"status": "FAILED", "q": "", "cursor": "x", "age": "7d"}
    assert filters_of(query, admin_filters.NAMES) == {"status": "FAILED", "age": "7d"}
    assert admin_filters.admin_href(query, age="", transcriber="whisper") == "/admin?status=FAILED&transcriber=whisper"


def test_a_chosen_error_code_links_to_all_and_is_shown_without_matches() -> None:
    chips = admin_filters.code_chips({"error_code": "disk_full"}, {"provider_busy": 2}, EN)
    assert [(chip.key, chip.count, chip.chosen) for chip in chips] == [
        ("provider_busy", 2, False),
        ("disk_full", 0, True),
    ]
    assert chips[1].href == "/admin"
    assert admin.cause_name("of_a_newer_version", EN) == "of_a_newer_version"


def test_every_code_that_a_meeting_can_fail_with_has_a_short_name() -> None:
    codes = list(ErrorCode)
    of_meetings = codes[codes.index(ErrorCode.CANCELLED) :]
    assert len(of_meetings) >= 18
    assert [code for code in of_meetings if not has_text(f"cause.{code.value}")] == []


def test_a_cause_is_restored_from_its_key() -> None:
    for cause in (FailureCause("disk_full"), FailureCause("provider_key_refused", "a|b", "THE_KEY", sent=True)):
        assert admin.cause_of(admin.cause_key(cause)) == cause


def test_cancelled_meetings_come_after_all_other_causes() -> None:
    failures = [Failures(FailureCause(code), 9, [meeting(status=FAILED)]) for code in ("cancelled", "disk_full")]
    found = admin.causes(failures, NOW, EN)
    assert [(cause.key, cause.more) for cause in found] == [
        ("disk_full|||", "and 8 more"),
        ("cancelled|||", "and 8 more"),
    ]


def test_an_attempt_shows_its_time_step_duration_reason_job_and_retry() -> None:
    tried = Attempt(
        meeting_id="m",
        run=1,
        step="check",
        outcome="retry",
        error_code="provider_busy",
        detail="503",
        provider_job_id="j1",
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=3),
        next_run_at=NOW + timedelta(seconds=40),
    )
    told = admin.steps(meeting(status=FAILED), [tried], NOW, EN)[0]
    assert (told.when, told.name, told.lasted) == ("12:00:00", "Ask for the result", "3.0 s")
    assert (told.detail, told.job, told.next) == ("Too busy · 503", "job j1", "next at 12:00:40")


def test_a_finished_step_shows_no_next_time() -> None:
    later = NOW + timedelta(seconds=5)
    done = Attempt(
        meeting_id="m", run=1, step="submit", outcome="done", started_at=NOW, finished_at=NOW, next_run_at=later
    )
    assert [step.next for step in admin.steps(meeting(status=FAILED), [done], NOW, EN)] == [""]


SOON, AGO = NOW + timedelta(seconds=40), NOW - timedelta(minutes=1)
AT_PROVIDER = {"status": MeetingStatus.TRANSCRIBING, "stage": Stage.SUBMITTED, "transcriber": "speechmatics"}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"job": {"due_at": NOW}}, ("Check the recording", "waits its turn", "")),
        ({**AT_PROVIDER, "job": {"due_at": SOON}}, ("Ask for the result", "waiting", "next at 12:00:40")),
        ({**AT_PROVIDER, "job": {"due_at": AGO, "lease_until": SOON}}, ("Ask for the result", "a worker has it", "")),
        ({**AT_PROVIDER, "job": {"due_at": AGO, "lease_until": AGO}}, ("Ask for the result", "waits its turn", "")),
        ({"status": MeetingStatus.SUMMARIZING, "stage": Stage.TRANSCRIBED}, ("Summarize", "waits for names", "")),
    ],
)
def test_the_timeline_begins_with_the_current_step(columns: dict[str, Any], told: tuple[str, str, str]) -> None:
    first = admin.steps(meeting(**columns), [], NOW, EN)[0]
    assert (first.name, first.outcome, first.next) == told
    assert first.when == "now"


def test_no_next_step_is_shown_while_the_queue_is_paused() -> None:
    first = admin.steps(meeting(**AT_PROVIDER, job={"due_at": SOON}), [], NOW, EN, paused=True)[0]
    assert (first.outcome, first.next) == ("queue paused", "")


@pytest.mark.parametrize("status", [MeetingStatus.FAILED, MeetingStatus.COMPLETED])
def test_an_ended_meeting_has_no_current_step(status: MeetingStatus) -> None:
    assert admin.steps(meeting(status=status), [], NOW, EN) == []
