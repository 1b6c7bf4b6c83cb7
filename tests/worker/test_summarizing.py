"""The pipeline summarizes a transcript, with a language model's stand-in over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cantomeet.errors import ErrorCode, LeaseLost
from cantomeet.lifecycle import MeetingStatus
from cantomeet.settings import Settings
from cantomeet.store import Database
from launcher import minutes_text
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.providers.llm_meetings import long_meeting
from tests.worker.transcribed import Desk, llm
from worker.providers.llm.formats import Dialect, Format
from worker.runtime import summarizer
from worker.steps import paid_answers

SAID = long_meeting(60)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as endpoint:
        yield endpoint


@pytest.fixture
def one_request_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paid_answers, "STEP_SECONDS", 0.0)


def texts(store: Database, meeting_id: str) -> list[str]:
    found = store.summaries.find(meeting_id)
    assert found is not None
    return [item.text for item in found.items]


# ---- short steps -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_request_a_step")
def test_a_long_summary_is_many_short_steps_and_the_same_as_in_one(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(sqlite_store, tmp_path, llm(fake))
    meeting = desk.meeting(SAID)
    assert desk.run(meeting.id).status == MeetingStatus.COMPLETED
    asked = len(fake.log)
    assert asked > 5
    assert set(fake.paid.values()) == {1}
    assert desk.outcomes(meeting.id) == ["done"] * asked, "a step for each request"
    usage = desk.usage(meeting.id)
    assert (usage["requests"], usage["reused"], usage["repeats"]) == (asked, 0, 0), "going on reuses nothing"
    monkeypatch.setattr(paid_answers, "STEP_SECONDS", 3600.0)
    other = desk.meeting(SAID, recording_key="b" * 32)
    desk.run(other.id)
    assert desk.outcomes(other.id) == ["done"]
    assert texts(sqlite_store, other.id) == texts(sqlite_store, meeting.id)


@pytest.mark.usefixtures("one_request_a_step")
def test_progress_never_goes_back_from_step_to_step(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.lease._SHOW_SECONDS", 0.0)
    desk = Desk(sqlite_store, tmp_path, llm(fake))
    desk.run(desk.meeting(SAID).id)
    shown = [percent for percent in desk.progress if percent is not None]
    assert len(set(shown)) > 5
    assert shown == sorted(shown)


def test_busy_answers_do_not_use_up_the_tries_while_each_try_saves_something(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI
) -> None:
    # One 429 after each answer; two in a row would exhaust the tries.
    fake.use(
        ModelPlan(faults=[ModelFault(do="status", status=429, retry_after="0", skip=n + 1, times=1) for n in range(9)])
    )
    desk = Desk(sqlite_store, tmp_path, llm(fake), tries=2)
    meeting = desk.meeting(SAID)
    assert desk.run(meeting.id).status == MeetingStatus.COMPLETED
    refused = len(fake.log) - sum(fake.paid.values())
    assert refused > 5
    assert desk.outcomes(meeting.id).count("retry") == refused
    assert set(fake.paid.values()) == {1}
    assert desk.usage(meeting.id)["reused"] > 0


def test_busy_answers_without_any_other_use_up_the_tries(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI
) -> None:
    fake.use(ModelPlan(faults=[ModelFault(do="status", status=429, retry_after="0", skip=3)]))
    desk = Desk(sqlite_store, tmp_path, llm(fake), tries=3)
    meeting = desk.run(desk.meeting(SAID).id)
    assert (meeting.status, meeting.error_code) == (MeetingStatus.FAILED, "provider_busy")
    assert desk.outcomes(meeting.id) == ["retry", "retry", "failed"], "three in a row after the last answer"
    fake.use(ModelPlan())
    sqlite_store.meetings.retry(meeting.id)
    assert desk.run(meeting.id).status == MeetingStatus.COMPLETED
    assert set(fake.paid.values()) == {1}
    assert desk.usage(meeting.id)["reused"] == 3


# ---- cancel ------------------------------------------------------------------------------------------------


class _CancelsAt(httpx.BaseTransport):
    """Cancels the meeting during request number `at`."""

    def __init__(self, store: Database, at: int) -> None:
        self._store, self._at, self._inner = store, at, httpx.HTTPTransport()
        self.meeting_id = ""
        self.sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if self.sent == self._at:
            self._store.meetings.cancel(self.meeting_id)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Stay open: the summarizer closes its client after each step."""


def test_a_cancel_stops_within_one_request_and_its_answer_is_not_lost(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI
) -> None:
    transport = _CancelsAt(sqlite_store, at=3)
    desk = Desk(sqlite_store, tmp_path, llm(fake, transport=transport))
    meeting = desk.meeting(SAID)
    transport.meeting_id = meeting.id
    after = desk.step(meeting.id)
    assert (after.status, after.error_code, transport.sent) == (MeetingStatus.FAILED, "cancelled", 3)
    sqlite_store.meetings.retry(meeting.id)
    assert desk.run(meeting.id).status == MeetingStatus.COMPLETED
    assert set(fake.paid.values()) == {1}
    usage = desk.usage(meeting.id)
    assert (usage["reused"], usage["repeats"]) == (3, 0)
    transport._inner.close()


def test_an_answer_for_a_meeting_deleted_meanwhile_is_dropped(store: Database) -> None:
    desk = Desk(store, Path("unused"), None)
    meeting = desk.meeting(SAID[:1])
    for keep in (True, False):
        store.provider_answers.save_paid(meeting.id, meeting.job.run, "k", "v", keep=keep)
    gone = store.meetings.mark_deleted(meeting.id)
    store.pipeline.purge(gone.id, gone.job.run)
    for keep in (True, False):
        with pytest.raises(LeaseLost):
            store.provider_answers.save_paid(meeting.id, meeting.job.run, "k", "v", keep=keep)


# ---- another round -----------------------------------------------------------------------------------------


def test_a_person_who_asks_again_gets_new_answers_and_a_crash_in_that_round_none_that_were_paid(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI
) -> None:
    desk = Desk(sqlite_store, tmp_path, llm(fake))
    meeting = desk.run(desk.meeting(SAID).id)
    once = len(fake.log)
    sqlite_store.meetings.retry(meeting.id, "summarize")
    fake.use(ModelPlan(faults=[ModelFault(do="status", status=503, skip=4, times=1)]))
    desk.run(meeting.id)
    assert set(fake.paid.values()) == {2}
    assert len(fake.log) == 2 * once + 1
    assert [summary.version for summary in sqlite_store.summaries.versions(meeting.id)] == [2, 1]


# ---- budget ------------------------------------------------------------------------------------------------


def test_a_budget_stops_before_it_is_spent_and_the_summary_goes_on_once_it_is_raised(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI
) -> None:
    priced = {"price_in": 1.0, "price_out": 1.0}
    meeting = Desk(sqlite_store, tmp_path, None).meeting(SAID)
    failed = Desk(sqlite_store, tmp_path, llm(fake, **priced, budget=0.001)).run(meeting.id)
    assert (failed.status, failed.error_code) == (MeetingStatus.FAILED, "budget_exceeded")
    assert "CANTOMEET_LLM_BUDGET" in (failed.status_reason or "")
    assert fake.log == []
    assert len(sqlite_store.transcripts.shown(meeting.id).segments) == len(SAID)
    sqlite_store.meetings.retry(meeting.id)
    mended = Desk(sqlite_store, tmp_path, llm(fake, **priced, budget=10.0))
    assert mended.run(meeting.id).status == MeetingStatus.COMPLETED
    usage = mended.usage(meeting.id)
    assert usage["cost"] == pytest.approx((usage["tokens_in"] + usage["tokens_out"]) / 1e6)


# ---- what the endpoint can do ------------------------------------------------------------------------------


def settings_for(fake: FakeOpenAI) -> Settings:
    return Settings(_env_file=None, OPENAI_BASE_URL=fake.base_url, OPENAI_MODEL="stand-in")


def test_what_an_endpoint_can_do_is_remembered_by_the_next_process(
    sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI
) -> None:
    fake.use(ModelPlan(refuses=["json_schema"], length_field="max_completion_tokens", temperature=False))
    for _ in range(2):
        # A new instance, as in another process.
        desk = Desk(sqlite_store, tmp_path, summarizer(settings_for(fake), sqlite_store))
        assert desk.run(desk.meeting(SAID[:20]).id).status == MeetingStatus.COMPLETED
    refusals = [n for n, line in enumerate(fake.log) if line["outcome"] == 400]
    assert refusals == [0, 1, 2], "each way of asking is found once"
    other = Settings(_env_file=None, OPENAI_BASE_URL=fake.base_url, OPENAI_MODEL="another")
    desk = Desk(sqlite_store, tmp_path, summarizer(other, sqlite_store))
    desk.run(desk.meeting(SAID[:20]).id)
    assert sum(line["outcome"] == 400 for line in fake.log) == 6, "another model may take other requests"


def test_an_outdated_dialect_is_dropped(sqlite_store: Database, tmp_path: Path) -> None:
    def only_schema(request: httpx.Request) -> httpx.Response | None:
        if b'"json_schema"' in request.content:
            return None
        return httpx.Response(400, json={"error": {"message": "response_format must be json_schema"}})

    with FakeOpenAI() as fake:
        learned: list[str] = []
        one = llm(
            fake,
            dialect=Dialect(format=Format.TEXT, length_field="", temperature=False, too_long=50).dumps(),
            on_dialect=learned.append,
            transport=_Before(only_schema),
        )
        desk = Desk(sqlite_store, tmp_path, one)
        first = desk.run(desk.meeting(SAID[:20]).id)
        found = sqlite_store.summaries.find(first.id)
        assert found is not None
        assert found.summary.method == "extractive", "everything was thought to be too long"
        assert desk.run(desk.meeting(SAID[:20], recording_key="b" * 32).id).warnings == []
    assert Dialect.loads(learned[-1]) == Dialect()


class _Before(httpx.BaseTransport):
    """Calls `answer` first, then the endpoint."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._answer(request)  # type: ignore[operator]
        if answer is not None:
            return answer  # type: ignore[no-any-return]
        with httpx.Client() as client:
            got = client.request(request.method, str(request.url), content=request.content, headers=request.headers)
            return httpx.Response(got.status_code, content=got.content)


# ---- told --------------------------------------------------------------------------------------------------


def test_usage_and_coverage_of_a_summary_are_reported(sqlite_store: Database, tmp_path: Path, fake: FakeOpenAI) -> None:
    fake.use(ModelPlan(faults=[ModelFault(do="drop", after=True, skip=2, times=1)]))
    desk = Desk(sqlite_store, tmp_path, llm(fake, price_in=1.0, price_out=1.0))
    meeting = desk.run(desk.meeting(SAID).id)
    found = sqlite_store.summaries.find(meeting.id)
    assert found is not None
    assert found.summary.coverage == {"covered": 60, "total": 60}
    usage = desk.usage(meeting.id)
    assert (usage["repeats"], usage["reused"]) == (1, 2)
    told = list(minutes_text.took({"coverage": found.summary.coverage, "usage": usage}))
    assert told[0] == "covers 60 of 60 lines"
    assert told[1].startswith(f"took {usage['requests']} requests, about {usage['tokens_in']} tokens in")
    assert f"cost {usage['cost']:.4f}" in told[1]
    assert told[2].startswith("1 requests were repeated")
    assert told[3].startswith("2 answers of an earlier try")


def test_an_unreachable_model_leaves_the_transcript(sqlite_store: Database, tmp_path: Path) -> None:
    with FakeOpenAI() as gone:
        pass
    desk = Desk(sqlite_store, tmp_path, llm(gone), tries=2)
    meeting = desk.run(desk.meeting(SAID[:5]).id)
    assert meeting.error_code == ErrorCode.PROVIDER_UNREACHABLE
    assert "OPENAI_BASE_URL" in (meeting.status_reason or "")
    assert len(sqlite_store.transcripts.shown(meeting.id).segments) == 5
