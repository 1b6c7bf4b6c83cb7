"""A submission whose response was lost is found in the provider's lagging list, and paid for once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cantomeet.clock_watch import ClockWatch
from cantomeet.errors import ErrorCode, PermanentError, TransientError
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting
from cantomeet.pacing import Limit
from cantomeet.store import Database
from cantomeet.store.turns import ProviderTurns
from standins.speechmatics.server import FakeSpeechmatics, JobFault, JobPlan
from tests.faults import dying
from tests.faults.test_killed_at_each_step import uploaded
from tests.meetings import key_of
from tests.worker.jobs import delete_leftovers
from tests.worker.providers.speechmatics_recordings import client, ignore, options, wav
from tests.worker.test_pipeline import House, Provider
from worker.kinds.meeting import advance as advance_meeting
from worker.providers import SubmitOptions
from worker.turns import read_limit, submit_limit

ENDED = (MeetingStatus.COMPLETED, MeetingStatus.FAILED)


class Clock:
    """The database's clock, which a test advances instead of waiting."""

    def __init__(self, store: Database) -> None:
        self._real, self.ahead = store._connections.now, timedelta()
        self.store = Database(store.engine, clock=lambda connection: self._real(connection) + self.ahead)

    def freeze(self) -> None:
        """Stop the clock. From now on only the test advances it."""
        now = self.store.now()
        self._real, self.ahead = lambda _: now, timedelta()

    def until_due(self, meeting_id: str) -> Meeting:
        meeting = self.store.meetings.get(meeting_id)
        if meeting.job.due_at is not None:
            self.ahead += max(timedelta(), meeting.job.due_at - self.store.now())
        return meeting


class LateHouse(House):
    """A house whose store has a clock that the test advances."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        super().__init__(clock.store, folder, "speechmatics")
        self.clock = clock


class Behind(Provider):
    """A provider whose list shows a job only `lag` seconds after it was accepted."""

    def __init__(self, lag: float, clock: Clock) -> None:
        super().__init__()
        self.lag, self.clock = lag, clock
        self.accepted: dict[str, float] = {}
        self.loses, self.finds = 1, 0
        self.ages: list[timedelta] = []
        self.looks_everywhere = False

    def submit(self, recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        job = super().submit(recording, options, on_progress)
        self.accepted[options.submit_key] = self.now()
        if len(self.submitted) <= self.loses:
            raise TransientError("the answer was lost", code=ErrorCode.PROVIDER_UNREACHABLE)
        return job

    def find(
        self,
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        self.finds += 1
        assert age is not None or self.looks_everywhere
        if age is not None:
            self.ages.append(age())
        accepted = self.accepted.get(submit_key)
        return "job-1" if accepted is not None and self.now() - accepted >= self.lag else None

    def now(self) -> float:
        return self.clock.store.now().timestamp()


@pytest.fixture
def house(sqlite_store: Database, tmp_path: Path) -> LateHouse:
    return LateHouse(Clock(sqlite_store), tmp_path / "recordings")


def behind(house: LateHouse, lag: float) -> Behind:
    provider = Behind(lag, house.clock)
    house.tools = replace(house.tools, remotes={"speechmatics": provider})
    return provider


def to_its_end(house: LateHouse, meeting_id: str) -> Meeting:
    for _ in range(60):
        meeting = house.clock.until_due(meeting_id)
        if meeting.status in ENDED:
            return meeting
        try:
            advance_meeting(house.tools, meeting_id)
        except (PermanentError, TransientError):
            continue
    raise AssertionError(f"still {meeting.status} {meeting.stage}")


@pytest.mark.parametrize("lag", [0.0, 1.0, 20.0, 80.0])
def test_a_lost_job_is_found_as_soon_as_the_list_has_caught_up(house: LateHouse, lag: float) -> None:
    provider = behind(house, lag)
    meeting = to_its_end(house, house.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert provider.submitted == [key_of(meeting)]


def test_a_recording_that_never_arrived_is_sent_again_after_the_last_search(house: LateHouse) -> None:
    provider = behind(house, 10_000.0)
    meeting = to_its_end(house, house.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert provider.submitted == [key_of(meeting)] * 2
    assert provider.finds == 7
    assert house.clock.ahead > timedelta(seconds=house.tools.provider_lag)


def test_a_retry_by_a_person_searches_as_far_back_as_the_first_sending(house: LateHouse) -> None:
    """A bound that starts at the retry would end the search before the job, and the recording would be paid twice."""
    provider = behind(house, 0.0)
    find, outages = provider.find, [PermanentError("forbidden", code=ErrorCode.PROVIDER_FORBIDDEN)]

    def refused_once(submit_key: str, age: Callable[[], timedelta] | None = None, **walk: Any) -> str | None:
        if outages:
            raise outages.pop()
        return find(submit_key, age, **walk)

    provider.find = refused_once  # type: ignore[method-assign]
    meeting = to_its_end(house, house.upload().id)
    assert (meeting.error_code, meeting.stage) == ("provider_forbidden", Stage.PREPARED)
    house.clock.ahead += timedelta(hours=5)
    house.store.meetings.retry(meeting.id)
    assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
    assert provider.ages[0] > timedelta(hours=5)
    assert provider.submitted == [key_of(meeting)]


def test_a_refusal_of_the_second_sending_does_not_forget_the_first(house: LateHouse) -> None:
    """The list lags more than expected: the accepted job shows up during the pause after the refusal."""
    provider = behind(house, 100.0)
    send, refusals = provider.submit, [TransientError("429", code=ErrorCode.PROVIDER_BUSY, retry_after=30.0)]
    refusals[0].refused = True

    def refused_once(recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        if provider.submitted and refusals:
            raise refusals.pop()
        return send(recording, options, on_progress)

    provider.submit = refused_once  # type: ignore[method-assign]
    meeting = to_its_end(house, house.upload().id)
    assert refusals == []
    assert meeting.status == MeetingStatus.COMPLETED
    assert provider.submitted == [key_of(meeting)]


def test_a_retry_after_a_refused_second_sending_searches_for_the_first(house: LateHouse) -> None:
    provider = behind(house, 100.0)
    send, refusals = provider.submit, [PermanentError("400", code=ErrorCode.PROVIDER_REJECTED, provider="test")]
    refusals[0].refused = True

    def refused_once(recording: Path, options: SubmitOptions, on_progress: Callable[[float], None]) -> str:
        if provider.submitted and refusals:
            raise refusals.pop()
        return send(recording, options, on_progress)

    provider.submit = refused_once  # type: ignore[method-assign]
    meeting = to_its_end(house, house.upload().id)
    assert meeting.error_code == "provider_rejected"
    house.clock.ahead += timedelta(minutes=5)
    house.store.meetings.retry(meeting.id)
    assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
    assert provider.submitted == [key_of(meeting)]


def test_a_queue_that_was_paused_before_the_sending_does_not_make_the_search_longer(house: LateHouse) -> None:
    provider = behind(house, 0.0)
    meeting = house.upload()
    house.step(meeting.id)
    assert house.store.meetings.get(meeting.id).stage == Stage.PREPARED
    house.clock.ahead += timedelta(days=5)
    assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
    assert provider.ages[0] < timedelta(days=1)
    assert len(provider.submitted) == 1


def test_a_clock_put_back_does_not_make_the_search_too_short(house: LateHouse) -> None:
    """Otherwise a recording sent two hours ago would be searched for among the jobs of the last half hour."""
    provider = behind(house, 0.0)
    passed = [0.0]
    watch = ClockWatch(house.store, lambda: passed[0])
    watch.look()
    meeting = house.upload()
    house.step(meeting.id)
    house.step(meeting.id)
    assert house.store.meetings.get(meeting.id).submission.losses == 1
    passed[0] += 2 * 3600.0
    house.clock.ahead += timedelta(hours=2) - timedelta(hours=1.5)
    watch.look()
    assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
    assert provider.ages[0] >= timedelta(hours=1.99)
    assert len(provider.submitted) == 1


def test_a_provider_that_always_drops_submissions_is_not_retried_for_ever(house: LateHouse) -> None:
    provider = behind(house, 10_000.0)
    provider.loses = 1000
    meeting = to_its_end(house, house.upload().id)
    assert (meeting.status, meeting.error_code) == (MeetingStatus.FAILED, "provider_unreachable")
    assert len(provider.submitted) == house.tools.backoff.tries


def test_a_complete_search_resets_the_failures_of_earlier_ones(house: LateHouse) -> None:
    """Otherwise occasional failures of a provider would make each search wait longer, up to the last try."""
    provider = behind(house, 80.0)
    find, failures = provider.find, iter([True, False] * 7)

    def fails_often(submit_key: str, age: Callable[[], timedelta] | None = None, **walk: Any) -> str | None:
        if next(failures):
            raise TransientError("503", code=ErrorCode.PROVIDER_BUSY)
        return find(submit_key, age, **walk)

    provider.find = fails_often  # type: ignore[method-assign]
    meeting = to_its_end(house, house.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert provider.submitted == [key_of(meeting)]
    retries = [attempt for attempt in house.store.meetings.attempts(meeting.id) if attempt.outcome == "retry"]
    assert len(retries) > house.tools.backoff.tries


def test_repeated_run_now_does_not_end_the_search_early(house: LateHouse) -> None:
    house.clock.freeze()
    provider = behind(house, 80.0)
    meeting = house.upload()
    for _ in range(20):
        house.step(meeting.id)
    assert provider.finds > 10
    assert len(provider.submitted) == 1
    assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
    assert provider.submitted == [key_of(house.store.meetings.get(meeting.id))]


def test_a_search_over_many_pages_continues_where_it_failed(house: LateHouse, tmp_path: Path) -> None:
    """A page that fails twice in a row ends the step. If each try started anew, a long search would hardly end."""
    house.tools = replace(house.tools, provider_lag=0.0)
    recording = wav(tmp_path / "short", seconds=0.1)
    lost = JobPlan(job_seconds=0.0, faults=[JobFault(on="submit", do="drop", after=True, times=1)])
    with FakeSpeechmatics(lost) as fake, client(fake.url) as provider:
        house.tools = replace(house.tools, remotes={"speechmatics": provider})
        meeting = house.upload()
        house.step(meeting.id)
        house.step(meeting.id)
        assert house.store.meetings.get(meeting.id).submission.losses == 1
        fake.use(JobPlan())
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda n: provider.submit(recording, options(f"later-{n}"), ignore), range(320)))
        fake.use(JobPlan(faults=[JobFault(on="list", do="drop", skip=2, times=2)]))
        assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
        assert set(fake.paid.values()) == {1}
        assert [line["outcome"] for line in fake.requests("list")] == [200, 200, "dropped", "dropped", 200, 200]


class Walked(Behind):
    """A list of several pages, searched from the top or from where an earlier search stopped."""

    def __init__(self, lag: float, clock: Clock, pages: int) -> None:
        super().__init__(lag, clock)
        self.pages, self.begun_at, self.trouble = pages, [], []

    def find(
        self,
        submit_key: str,
        age: Callable[[], timedelta] | None = None,
        *,
        before: datetime | None = None,
        on_page: Callable[[datetime], None] = lambda before: None,
    ) -> str | None:
        first = 1 if before is None else before.year
        self.begun_at.append(first)
        for page in range(first, self.pages + 1):
            if page > first:
                on_page(datetime(page, 1, 1, tzinfo=UTC))
            if page in self.trouble:
                self.trouble.remove(page)
                raise TransientError("503", code=ErrorCode.PROVIDER_BUSY)
        # By now the lagging jobs have appeared at the top of the list.
        return super().find(submit_key, age) if first == 1 else None


def walked(house: LateHouse, lag: float, pages: int) -> Walked:
    provider = Walked(lag, house.clock, pages)
    house.tools = replace(house.tools, remotes={"speechmatics": provider})
    return provider


def test_each_search_starts_at_the_top_even_after_waiting_for_a_turn(
    house: LateHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = walked(house, 120.0, pages=3)  # further behind than the looks last
    busy = submit_limit("speechmatics").name
    waits = iter([30.0])
    take = house.store.turns.take

    def no_turn_once(self: ProviderTurns, limit: Limit, *, reserved: bool = False) -> float:
        return next(waits, 0.0) if provider.submitted and limit.name == busy else take(limit, reserved=reserved)

    monkeypatch.setattr(ProviderTurns, "take", no_turn_once)
    meeting = to_its_end(house, house.upload().id)
    assert meeting.status == MeetingStatus.COMPLETED
    assert set(provider.begun_at) == {1}
    assert provider.submitted == [key_of(meeting)], "the look after the wait has found it"


def test_a_search_that_advances_a_page_each_time_is_not_given_up(house: LateHouse) -> None:
    provider = walked(house, 0.0, pages=9)
    provider.trouble = [2, 4, 6, 8]
    meeting = to_its_end(house, house.upload().id)
    assert len(provider.trouble) == 0
    assert house.tools.backoff.tries < 4
    assert meeting.status == MeetingStatus.COMPLETED
    assert provider.begun_at[:5] == [1, 2, 4, 6, 8]


def test_a_search_pauses_at_the_rate_limit_and_continues_later(
    house: LateHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = walked(house, 0.0, pages=3)
    used_up = iter([0.0, 5.0])
    take = house.store.turns.take

    def no_turn_at_first(self: ProviderTurns, limit: Limit, *, reserved: bool = False) -> float:
        walking = bool(provider.begun_at) and limit.name == read_limit("speechmatics").name
        return next(used_up, 0.0) if walking else take(limit, reserved=reserved)

    monkeypatch.setattr(ProviderTurns, "take", no_turn_at_first)
    meeting = house.upload()
    for _ in range(3):
        house.step(meeting.id)
    waiting = house.store.meetings.get(meeting.id)
    assert waiting.submission.searched == datetime(3, 1, 1, tzinfo=UTC)
    assert waiting.job.turn == read_limit("speechmatics").name
    assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
    assert provider.begun_at[:2] == [1, 3]


def test_a_refused_submission_is_not_searched_for_and_costs_nothing_to_repeat(house: LateHouse, tmp_path: Path) -> None:
    plan = JobPlan(job_seconds=0.0, faults=[JobFault(on="submit", do="status", status=403, times=1)])
    with FakeSpeechmatics(plan) as fake, client(fake.url) as provider:
        house.tools = replace(house.tools, remotes={"speechmatics": provider})
        meeting = to_its_end(house, house.upload().id)
        assert meeting.error_code == "provider_forbidden"
        assert meeting.submission is None
        house.store.meetings.retry(meeting.id, "transcribe")
        assert to_its_end(house, meeting.id).status == MeetingStatus.COMPLETED
        assert fake.requests("list") == []
        assert list(fake.paid.values()) == [1]


@pytest.mark.parametrize("status", [429, 400, 401])
def test_a_refusal_means_that_no_job_was_made(status: int, tmp_path: Path) -> None:
    plan = JobPlan(faults=[JobFault(on="submit", do="status", status=status)])
    with FakeSpeechmatics(plan) as fake, client(fake.url) as provider:
        with pytest.raises((TransientError, PermanentError)) as refused:
            provider.submit(wav(tmp_path / "x"), options(), ignore)
        assert refused.value.refused


@pytest.mark.parametrize("fault", [JobFault(on="submit", do="status", status=503), JobFault(on="submit", do="drop")])
def test_a_failure_that_may_have_made_a_job_is_no_refusal(fault: JobFault, tmp_path: Path) -> None:
    with FakeSpeechmatics(JobPlan(faults=[fault])) as fake, client(fake.url) as provider:
        with pytest.raises(TransientError) as lost:
            provider.submit(wav(tmp_path / "x"), options(), ignore)
        assert not lost.value.refused


@pytest.fixture
def lagging() -> Iterator[FakeSpeechmatics]:
    with FakeSpeechmatics(JobPlan(job_seconds=0.0, list_lag=3.0)) as fake:
        yield fake


def test_a_worker_killed_around_the_submission_pays_once_though_the_list_lags(
    sqlite_store: Database, tmp_path: Path, lagging: FakeSpeechmatics
) -> None:
    """The worker is killed before and after the sending, and before the id is saved. Then the list catches up."""
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    clock = Clock(sqlite_store)
    names: list[str] = []
    first = uploaded(sqlite_store, tmp_path)
    with dying.tools(url, tmp_path, lagging.url, names.append) as worker:
        dying.run_to_the_end(worker, first.id)
    around = range(names.index("before submit"), names.index("after submit") + 3)
    for number in around:
        meeting = uploaded(sqlite_store, tmp_path)
        assert dying.in_a_process_of_its_own(url, tmp_path, lagging.url, meeting.id, number) == -9
        clock.ahead += timedelta(seconds=21)  # the lease runs out
        with dying.tools(url, tmp_path, lagging.url, provider_lag=90.0) as worker:
            tools = replace(worker, store=clock.store)
            for _ in range(40):
                if clock.until_due(meeting.id).status in ENDED:
                    break
                advance_meeting(tools, meeting.id)
                lagging.use(JobPlan(job_seconds=0.0, list_lag=0.0 if clock.ahead.total_seconds() > 60 else 3600.0))
        after = sqlite_store.meetings.get(meeting.id)
        assert after.status == MeetingStatus.COMPLETED, f"killed {names[number - 1]}: {after.status_reason}"
        assert lagging.paid[key_of(after)] == 1, f"killed {names[number - 1]}"
        clock.ahead = timedelta()
    assert set(lagging.paid.values()) == {1}


def test_a_copy_to_be_deleted_is_found_though_the_list_lags(house: LateHouse) -> None:
    provider = behind(house, 200.0)
    provider.looks_everywhere = True
    deleted: list[str] = []
    provider.delete = deleted.append  # type: ignore[method-assign]
    meeting = house.upload()
    house.step(meeting.id)
    house.step(meeting.id)
    assert house.store.meetings.get(meeting.id).stage == Stage.PREPARED
    house.store.meetings.cancel(meeting.id)
    for _ in range(10):
        delete_leftovers(house.tools)
        house.clock.ahead += timedelta(seconds=60)
    assert deleted == ["job-1"]


def test_a_thousand_submissions_at_once_take_turns_and_a_high_one_goes_before_them(house: LateHouse) -> None:
    house.clock.freeze()
    provider = behind(house, 0.0)
    provider.loses = 0
    meetings = [house.upload().id for _ in range(30)]
    for one in meetings:
        house.step(one)
    urgent = house.upload(priority="high").id
    house.step(urgent)
    for one in meetings:
        advance_meeting(house.tools, one)
    sent = sum(house.store.meetings.get(one).stage == Stage.SUBMITTED for one in meetings)
    assert 0 < sent <= submit_limit("speechmatics").most + 1
    waiting = [
        house.store.meetings.get(one) for one in meetings if house.store.meetings.get(one).stage == Stage.PREPARED
    ]
    assert {m.job.turn for m in waiting} == {submit_limit("speechmatics").name}
    house.clock.until_due(urgent)
    for _ in range(3):
        house.clock.until_due(urgent)
        advance_meeting(house.tools, urgent)
        if house.store.meetings.get(urgent).stage == Stage.SUBMITTED:
            break
    assert house.store.meetings.get(urgent).stage == Stage.SUBMITTED
    assert house.clock.ahead < timedelta(seconds=1.5), "it did not wait behind the others"
