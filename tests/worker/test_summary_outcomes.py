"""What a person sees for each failure of an endpoint. The transcript is always kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cantomeet.errors import StepError
from cantomeet.lifecycle import MeetingStatus
from cantomeet.models import Meeting, SummaryItem
from cantomeet.reasons import warning_text
from cantomeet.store import Database
from standins.openai.model import INVENTED_QUOTE
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.test_pipeline import House
from worker.providers import RecognisedPiece, RecognisedSegment
from worker.providers.extractive import ExtractiveSummarizer
from worker.providers.llm import LlmLimits, LlmSummarizer
from worker.toolbox import Backoff

SAID = (
    "大家同意批准裝修費五十二萬。",
    "由陳秘書負責喺下星期五之前搵三個報價。",
    "裝修費總共要五十二萬，我擔心超出預算。",
)


class Recogniser:
    """Recognises one line in each two seconds."""

    name = "test recogniser"
    warnings = ("no_speakers",)

    def recognise(
        self, audio: Path, start: float, *, duration: float, language: str, on_progress: Callable[[float], None]
    ) -> RecognisedPiece:
        end = min(start + 2, duration)
        text = SAID[int(start) // 2]
        return RecognisedPiece(end, (RecognisedSegment(start, end, text, text),))


def carried_through(store: Database, folder: Path, plan: ModelPlan, key: str | None = None) -> Meeting:
    """A meeting from its upload to COMPLETED or FAILED."""
    house = House(store, folder)
    with FakeOpenAI(plan, key=key) as fake:
        house.tools = replace(
            house.tools,
            locals={"whisper": Recogniser()},
            summarizer=LlmSummarizer(
                model="m",
                fallback=ExtractiveSummarizer(),
                base_url=fake.base_url,
                api_key="sk-mine",
                limits=LlmLimits(timeouts=httpx.Timeout(0.5)),
            ),
            backoff=Backoff(first=0.0, cap=0.0, tries=2),
        )
        meeting = house.upload()
        # A permanent failure is raised again for the queue, after it was committed.
        with suppress(StepError):
            house.run(meeting.id)
    return store.meetings.get(meeting.id)


def texts(store: Database, meeting: Meeting) -> list[str]:
    return [segment.text for segment in store.transcripts.shown(meeting.id).segments]


@pytest.mark.parametrize(
    "fault",
    [
        ModelFault(do="bad_json", times=1),
        ModelFault(do="prose"),
        ModelFault(do="fenced"),
        ModelFault(do="truncated", times=1),
        ModelFault(do="empty", times=1),
        ModelFault(do="status", status=429, retry_after="0", times=1),
        ModelFault(do="drop", times=1),
        ModelFault(do="hang", times=1),
        ModelFault(do="slow", seconds=0.1),
    ],
    ids=lambda fault: fault.do,
)
def test_an_error_that_was_recovered_is_not_shown(sqlite_store: Database, tmp_path: Path, fault: ModelFault) -> None:
    meeting = carried_through(sqlite_store, tmp_path, ModelPlan(faults=[fault]))
    assert (meeting.status, meeting.status_reason, meeting.warnings) == (MeetingStatus.COMPLETED, None, ["no_speakers"])
    summary = sqlite_store.summaries.find(meeting.id)
    assert summary is not None
    assert summary.summary.method == "llm"
    assert {item.kind for item in summary.items} >= {"decision", "action_item", "risk"}
    assert all(shown_as_proven(item) for item in summary.items)


def test_an_endpoint_that_refuses_json_schema_is_asked_in_another_way(sqlite_store: Database, tmp_path: Path) -> None:
    meeting = carried_through(sqlite_store, tmp_path, ModelPlan(refuses=["json_schema"]))
    assert (meeting.status, meeting.warnings) == (MeetingStatus.COMPLETED, ["no_speakers"])


@pytest.mark.parametrize("do", ["bad_json", "wrong_shape", "truncated", "empty", "refusal", "nothing", "huge"])
def test_an_unusable_model_gives_extracts_and_the_page_says_so(sqlite_store: Database, tmp_path: Path, do: Any) -> None:
    meeting = carried_through(sqlite_store, tmp_path, ModelPlan(faults=[ModelFault(do=do)]))
    assert (meeting.status, meeting.status_reason) == (MeetingStatus.COMPLETED, None)
    assert meeting.warnings == ["no_speakers", "summary_fell_back"]
    assert "extracted word for word" in warning_text("summary_fell_back", "en")
    summary = sqlite_store.summaries.find(meeting.id)
    assert summary is not None
    assert summary.summary.method == "extractive"
    assert all(shown_as_proven(item) for item in summary.items)


def test_invented_quotes_are_unverified_and_nothing_of_them_is_shown_as_proven(
    sqlite_store: Database, tmp_path: Path
) -> None:
    meeting = carried_through(sqlite_store, tmp_path, ModelPlan(faults=[ModelFault(do="invented_quotes")]))
    assert meeting.status == MeetingStatus.COMPLETED
    summary = sqlite_store.summaries.find(meeting.id)
    assert summary is not None
    invented = [item for item in summary.items if INVENTED_QUOTE in json.dumps(item.evidence, ensure_ascii=False)]
    assert invented
    assert not any(shown_as_proven(item) for item in invented)
    said = "".join(SAID)
    proofs = [proof for item in summary.items for proof in item.evidence if proof["check"] != "unverified"]
    assert all(proof["quote"] in said for proof in proofs)


def test_invented_owners_and_days_are_not_shown(sqlite_store: Database, tmp_path: Path) -> None:
    plan = ModelPlan(faults=[ModelFault(do="invented_owners", on="facts")])
    meeting = carried_through(sqlite_store, tmp_path, plan)
    summary = sqlite_store.summaries.find(meeting.id)
    assert summary is not None
    tasks = [item for item in summary.items if item.kind == "action_item"]
    assert tasks
    assert all(item.owner in (None, "陳秘書") for item in tasks)


@pytest.mark.parametrize(
    ("plan", "key", "told"),
    [
        (
            ModelPlan(faults=[ModelFault(do="status", status=429)]),
            None,
            "is too busy and gave no answer after several tries",
        ),
        (
            ModelPlan(faults=[ModelFault(do="status", status=503)]),
            None,
            "is too busy and gave no answer after several tries",
        ),
        (ModelPlan(faults=[ModelFault(do="hang")]), None, "could not be reached after several tries"),
        (ModelPlan(faults=[ModelFault(do="drop")]), None, "could not be reached after several tries"),
        (ModelPlan(faults=[ModelFault(do="garbage")]), None, "answer could not be understood"),
        (ModelPlan(models=["another"]), None, "does not know the model: check OPENAI_MODEL"),
        (ModelPlan(), "sk-right", "OPENAI_API_KEY"),
    ],
    ids=["429", "503", "time-out", "dropped", "garbage", "unknown model", "wrong key"],
)
def test_a_lasting_failure_fails_the_summary_with_what_to_do_and_keeps_the_transcript(
    sqlite_store: Database, tmp_path: Path, plan: ModelPlan, key: str | None, told: str
) -> None:
    meeting = carried_through(sqlite_store, tmp_path, plan, key)
    assert meeting.status == MeetingStatus.FAILED
    assert told in (meeting.status_reason or "")
    assert "Retry" in (meeting.status_reason or "")
    assert "sk-mine" not in (meeting.status_reason or "")
    assert texts(sqlite_store, meeting) == list(SAID)


def shown_as_proven(item: SummaryItem) -> bool:
    return any(proof["check"] != "unverified" for proof in item.evidence)
