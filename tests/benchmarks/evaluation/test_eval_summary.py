"""The evaluation with a stand-in endpoint that answers well, wrongly, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from benchmarks.evaluation.__main__ import app
from benchmarks.evaluation.labelled import read_meetings
from benchmarks.evaluation.running import Forecast, run
from cantomeet.errors import PermanentError
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.benchmarks.evaluation.sets import written
from worker.providers import Usage
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.llm import LlmSummarizer


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "CANTOMEET_SUMMARIZER"):
        monkeypatch.delenv(name, raising=False)


def command(*arguments: str, input: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(app, list(arguments), input=input, env=environment)


def figures(fake: FakeOpenAI, folder: Path, *arguments: str) -> dict[str, Any]:
    result = command("--set", str(folder), "--json", *arguments, OPENAI_BASE_URL=fake.base_url, OPENAI_MODEL="m")
    assert result.exit_code == 0, result.output
    part: dict[str, Any] = json.loads(result.stdout)["parts"][0]
    return part


def test_an_endpoint_that_answers_well_is_scored_against_the_labels(tmp_path: Path) -> None:
    with FakeOpenAI() as fake:
        part = figures(fake, written(tmp_path / "set"))
    assert part["evidence"]["rate"] == 1.0
    assert part["evidence"]["shown_but_absent"] == 0
    assert part["kinds"]["decision"]["recall"] == 1.0
    assert part["kinds"]["risk"]["recall"] == 1.0
    assert part["owners"] == {"of": 2, "right": 1, "wrong": 0}
    assert part["due_dates"] == {"of": 2, "right": 2, "wrong": 0}
    assert part["coverage"] == {"covered": 10, "total": 10}
    assert part["usage"]["tokens_in"] > 0
    assert (part["fell_back"], part["failed"]) == ([], {})


def test_invented_quotes_lower_the_support_rate(tmp_path: Path) -> None:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="invented_quotes")])) as fake:
        part = figures(fake, written(tmp_path / "set"))
    assert part["evidence"]["rate"] < 0.5
    assert part["evidence"]["shown_but_absent"] == 0
    assert part["kinds"]["decision"]["recall"] < 1.0


def test_invented_owners_and_dates_are_not_taken_over(tmp_path: Path) -> None:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="invented_owners", times=1)])) as fake:
        part = figures(fake, written(tmp_path / "set"))
    assert part["owners"]["wrong"] == 0
    assert part["owners"]["right"] == 0


def test_a_model_without_a_usable_answer_gets_no_credit_for_the_extracts(tmp_path: Path) -> None:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="bad_json")])) as fake:
        part = figures(fake, written(tmp_path / "set"))
    assert part["fell_back"] == ["board"]
    assert part["kinds"]["decision"] == {"given": 0, "labelled": 2, "found": 0, "precision": None, "recall": 0.0}
    assert part["usage"]["requests"] > 0


def test_a_meeting_is_tried_again_and_paid_for_once(tmp_path: Path) -> None:
    waited: list[float] = []
    fault = ModelFault(do="status", status=429, retry_after="7", on="minutes", times=1)
    with FakeOpenAI(ModelPlan(faults=[fault])) as fake:
        summarizer = LlmSummarizer(model="m", fallback=ExtractiveSummarizer(), base_url=fake.base_url)
        done = run("set", read_meetings(written(tmp_path / "set")), summarizer, wait=waited.append)
        paid = fake.paid
    assert waited == [7.0]
    assert done.failed == {}
    assert done.usage is not None
    assert set(paid.values()) == {1}


def test_a_meeting_without_any_answer_is_named_and_scores_nothing(tmp_path: Path) -> None:
    meetings = read_meetings(written(tmp_path / "set", "first", "second"))
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="status", status=503, skip=2)])) as fake:
        summarizer = LlmSummarizer(model="m", fallback=ExtractiveSummarizer(), base_url=fake.base_url)
        done = run("set", meetings, summarizer, wait=lambda _seconds: None)
    assert list(done.failed) == ["second"]
    assert done.score.kinds["decision"].labelled == 4
    assert done.score.kinds["decision"].found <= 2
    assert (done.score.covered, done.score.segments) == (10, 20)


def test_a_wrong_key_ends_the_evaluation_at_once(tmp_path: Path) -> None:
    with FakeOpenAI(key="right") as fake:
        summarizer = LlmSummarizer(model="m", fallback=ExtractiveSummarizer(), base_url=fake.base_url, api_key="wrong")
        with pytest.raises(PermanentError):
            run("set", read_meetings(written(tmp_path / "set", "a", "b")), summarizer)


def test_the_evaluation_announces_what_it_will_send(tmp_path: Path) -> None:
    with FakeOpenAI() as fake:
        result = command("--set", str(written(tmp_path / "set")), OPENAI_BASE_URL=fake.base_url, OPENAI_MODEL="m")
        host = fake.base_url.split("/")[2]
    assert result.exit_code == 0, result.output
    assert f"1 invented meetings (153 characters) go to {host}: at most " in result.stderr
    assert "tokens in and" in result.stderr
    assert "quotes proven 1.00" in result.stdout


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_nothing_is_sent_to_another_machine_without_consent(tmp_path: Path, answer: str) -> None:
    result = command(
        "--set",
        str(written(tmp_path / "set")),
        input=answer,
        OPENAI_BASE_URL="http://minutes.invalid/v1",
        OPENAI_MODEL="m",
    )
    assert result.exit_code == 2
    assert "go to minutes.invalid" in result.stderr
    assert "nothing was sent" in result.stderr


@pytest.mark.parametrize(
    ("provider", "cost", "free"),
    [
        ("127.0.0.1:8000", None, True),
        ("localhost:8000", 0.0, True),
        ("[::1]:8000", None, True),
        ("127.0.0.1:8000", 0.2, False),
        ("api.example.com", None, False),
        ("127.0.0.1.example.com", None, False),
    ],
)
def test_only_an_unpriced_endpoint_on_this_machine_is_free(provider: str, cost: float | None, free: bool) -> None:
    assert Forecast(provider, 1, 1, Usage(cost=cost)).free is free


def test_a_forecast_is_at_least_the_actual_use(tmp_path: Path) -> None:
    meeting = read_meetings(written(tmp_path / "set"))[0]
    with FakeOpenAI() as fake:
        summarizer = LlmSummarizer(
            model="m", fallback=ExtractiveSummarizer(), base_url=fake.base_url, price_in=1.0, price_out=2.0
        )
        expected = summarizer.forecast(meeting.request)
        assert fake.paid.total() == 0
        used = summarizer.summarize(meeting.request, lambda _done: None).usage
    assert used is not None
    assert expected.tokens_out >= used.tokens_out
    assert expected.cost is not None
    assert expected.cost > (used.cost or 0.0) > 0.0


def test_the_rules_need_no_endpoint_for_any_part(tmp_path: Path) -> None:
    one, other = (str(written(tmp_path / name)) for name in ("one", "other"))
    result = command(
        "--extractive", "--set", one, "--set", other, OPENAI_BASE_URL="http://minutes.invalid/v1", OPENAI_MODEL="m"
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("summarizer: extractive")
    assert result.stdout.count("1 meetings, 10 segments") == 2
    assert result.stdout.count("shown but absent 0") == 2
    assert "tokens" not in result.stdout


def test_an_unknown_set_is_refused_by_name() -> None:
    result = command("--extractive", "--set", "nowhere")
    assert result.exit_code == 2
    assert "nowhere: no labelled meeting there" in result.stderr
