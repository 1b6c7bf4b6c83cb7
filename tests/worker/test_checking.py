"""A worker's check of a provider's key, address and model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from cantomeet.checking import Check, loads, remembered_as
from cantomeet.errors import ErrorCode, PermanentError, SettingsError
from cantomeet.jobs import JobKind, JobState
from cantomeet.queue import HIGH, RECOGNITION, JobQueue
from cantomeet.settings import Settings
from cantomeet.store import Database
from standins.speechmatics.server import FakeSpeechmatics, JobFault, JobPlan
from tests.cantomeet.test_queue import server  # noqa: F401  # a fixture
from tests.worker.providers.speechmatics_recordings import KEY, client
from tests.worker.test_pipeline import House
from worker.kinds import checks
from worker.providers.speechmatics.errors import BOTH_SETTINGS
from worker.runtime import build


@pytest.fixture
def house(sqlite_store: Database, tmp_path: Path) -> House:
    return House(sqlite_store, tmp_path)


def answer(house: House, ask: Callable[[], None] | None, name: str = "speechmatics") -> Check:
    house.tools = replace(house.tools, checks={} if ask is None else {name: ask})
    house.store.jobs.schedule(JobKind.CHECK, name)
    checks.advance(house.tools, name)
    job = house.store.jobs.find(JobKind.CHECK, name)
    assert job is not None
    assert job.state == JobState.ENDED
    found = loads(house.store.key_values.find(remembered_as(name)))
    assert found is not None
    return found


def test_an_accepted_key_is_ok_and_pages_are_notified(house: House) -> None:
    with FakeSpeechmatics(key=KEY) as provider, client(provider.url) as speechmatics:
        found = answer(house, speechmatics.verify)
        assert [asked["query"] for asked in provider.requests("list")] == [{"limit": "1"}]
    assert (found.state, found.code) == ("ok", None)
    assert abs((house.store.now() - found.at).total_seconds()) < 60
    assert house.published == [0]


@pytest.mark.parametrize(
    ("plan", "key", "code", "setting"),
    [
        (JobPlan(), "another", "provider_key_refused", "SPEECHMATICS_API_KEY"),
        (JobPlan(faults=[JobFault(on="list", do="html", status=401)]), None, "provider_key_refused", BOTH_SETTINGS),
        (
            JobPlan(faults=[JobFault(on="list", do="status", status=403)]),
            None,
            "provider_forbidden",
            "SPEECHMATICS_API_KEY",
        ),
        (JobPlan(faults=[JobFault(on="list", do="status", status=503)]), None, "provider_busy", None),
        (JobPlan(faults=[JobFault(on="list", do="garbage")]), None, "provider_bad_answer", "SPEECHMATICS_BASE_URL"),
    ],
)
def test_a_refusal_names_its_cause_and_the_setting_and_no_key(
    house: House, plan: JobPlan, key: str | None, code: str, setting: str | None
) -> None:
    with FakeSpeechmatics(plan, key=key) as provider, client(provider.url) as speechmatics:
        found = answer(house, speechmatics.verify)
    assert (found.state, found.code, found.params.get("setting")) == ("failed", code, setting)
    assert KEY not in (house.store.key_values.find(remembered_as("speechmatics")) or "")


def test_a_region_where_nobody_listens_names_its_setting(house: House) -> None:
    with FakeSpeechmatics() as gone:
        url = gone.url
    with client(url) as speechmatics:
        found = answer(house, speechmatics.verify)
    assert (found.code, found.params.get("setting")) == ("provider_unreachable", "SPEECHMATICS_BASE_URL")


class TooLong(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermanentError("?", code=ErrorCode.MODEL_UNKNOWN, setting="OPENAI_MODEL"), "model_unknown"),
        (SettingsError("OPENAI_BASE_URL: must be http"), "wrong_setting"),
        (TooLong(), "step_timed_out"),
        (ZeroDivisionError(), "internal"),
    ],
)
def test_any_exception_gives_a_result(house: House, error: Exception, code: str) -> None:
    def ask() -> None:
        raise error

    house.tools = replace(house.tools, timeouts=(TooLong,))
    assert answer(house, ask, "llm").code == code


def test_a_wrong_setting_is_named_and_its_english_stays_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def ask() -> None:
        raise SettingsError("SPEECHMATICS_API_KEY: must be one line of visible ASCII characters")

    assert answer(house, ask, "speechmatics").params == {"setting": "SPEECHMATICS_API_KEY"}
    assert "must be one line" in caplog.text


def test_a_provider_that_the_worker_does_not_have_is_reported(house: House) -> None:
    for name, setting in (("speechmatics", "SPEECHMATICS_API_KEY"), ("llm", "OPENAI_MODEL")):
        found = answer(house, None, name)
        assert (found.code, found.params) == ("not_set_up", {"setting": setting})


def test_the_local_transcriber_is_checked_in_its_own_worker_and_others_first(server: Any) -> None:  # noqa: F811
    queue = JobQueue("unused")
    assert queue.ask_check("llm")
    assert queue.ask_check("whisper")
    for name, asked in ((HIGH, "llm"), (RECOGNITION, "whisper")):
        job = Queue(name, connection=server, serializer=JSONSerializer).jobs[0]
        assert (job.func_name, list(job.args)) == ("worker.tasks.check_provider_task", [asked])
        assert job.timeout <= 120
        assert job.ttl <= 150, "nobody waits for an answer for ever"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"whisper"}),
        ({"SPEECHMATICS_API_KEY": "k"}, {"speechmatics", "whisper"}),
        ({"OPENAI_API_KEY": "k"}, {"whisper"}),
        ({"OPENAI_MODEL": "m", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, {"llm", "whisper"}),
    ],
)
def test_what_is_set_up_can_be_checked(tmp_path: Path, given: dict[str, str], names: set[str]) -> None:
    tools = build(
        Settings(_env_file=None, CANTOMEET_DATA_DIR=str(tmp_path), REDIS_URL="redis://127.0.0.1:1/0", **given)
    )
    assert tools.checks.keys() == names
    tools.store.engine.dispose()
    for transcriber in tools.remotes.values():
        transcriber.close()  # type: ignore[attr-defined]  # the real one keeps connections open
