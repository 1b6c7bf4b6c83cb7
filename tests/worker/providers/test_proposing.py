"""An item without evidence gets a similar line proposed, which never verifies it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.quotes import is_proven, proposed_start, rechecked, requoted
from standins.openai.server import FakeOpenAI, ModelFault, ModelPlan
from tests.worker.providers.llm_meetings import MEETING, ignore, kinds, lines, request, scripted, summarizer
from worker.providers import SummaryLine
from worker.providers.proposing import LineFinder, features_of
from worker.steps.summarizing import _new_item

FINDER = LineFinder(lines(*MEETING))


def proposed_text(*texts: str, **members: Any) -> str | None:
    offered = FINDER.find(texts, **members)
    return offered.segment_id if offered else None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("會議批准裝修費五十二萬元。", "s5"),
        ("会议批准装修费五十二万元。", "s5"),
        ("會議通過上次會議紀錄。", "s3"),
        ("由陳秘書在下星期五之前索取三個報價。", "s6"),
        ("The auditors are to send their report on Friday.", "s8"),
        ("散會。", None),
        ("會議決定擴建停車場。", None),
        ("Nothing of this was said.", None),
        ("好", None),
        ("", None),
    ],
)
def test_a_similar_line_is_proposed(text: str, line: str | None) -> None:
    assert proposed_text(text) == line


def test_either_language_of_an_item_can_find_its_line() -> None:
    assert proposed_text("核數師會在星期五前交報告。", "The auditors will send the report by Friday.") == "s8"


def test_only_lines_that_the_item_can_come_from_are_proposed() -> None:
    assert proposed_text("會議批准裝修費五十二萬元。", among={0, 1, 4}) != "s5"
    assert proposed_text("會議批准裝修費五十二萬元。", among=set()) is None


def test_the_line_that_the_model_named_decides_only_between_similar_ones() -> None:
    twice = LineFinder(lines((None, "裝修費要五十萬"), *[(None, "其他事情")] * 6, (None, "裝修費要五十萬")))
    offered = [twice.find(["裝修費五十萬"], named=named) for named in (None, 0, 7)]
    assert [proof and proof.segment_id for proof in offered] == ["s0", "s0", "s7"]
    assert proposed_text("會議決定擴建停車場。", named=3) is None
    assert proposed_text("The minutes were approved.", named=3) == "s3", "likeness cannot be told between two scripts"
    assert proposed_text("The minutes were approved.", named=99) is None


@given(text=st.text(max_size=60), named=st.one_of(st.none(), st.integers(-5, 20)))
def test_every_proposed_line_is_from_the_transcript_and_no_proof(text: str, named: int | None) -> None:
    offered = FINDER.find([text], named=named)
    line = SummaryLine("decision", text, proposed=offered)
    stored = _new_item(line)["evidence"]
    assert not line.verified
    assert not is_proven(stored)
    assert len(stored) == (offered is not None)
    if offered is not None:
        spoken = {line.id: line for line in request().lines}[offered.segment_id]
        assert (offered.start, offered.end, offered.check) == (spoken.start, spoken.end, "unverified")
        assert offered.quote == spoken.text
        assert proposed_start(stored) == spoken.start
        # Neither an edit of the line nor a person's confirmation makes it a proof, since nobody cited it.
        for text_now in (spoken.text, "", text):
            again = rechecked(stored, spoken.id, text_now)
            assert not is_proven(again)
            assert not is_proven(requoted(again, {spoken.id: text_now}))


def test_a_proven_item_gets_no_proposed_line() -> None:
    with FakeOpenAI() as fake:
        draft = summarizer(fake).summarize(request(), ignore)
    assert all(item.verified and item.proposed is None for item in draft.items)
    proof = asdict(draft.items[0].evidence[0])
    assert proposed_start([proof, {**proof, "check": "unverified", "proposed": True}]) is None


def test_a_model_that_puts_all_its_quotes_elsewhere_still_leads_to_the_lines() -> None:
    with FakeOpenAI(ModelPlan(faults=[ModelFault(do="no_evidence")])) as fake:
        draft = summarizer(fake).summarize(request(), ignore)
    decisions = kinds(draft, "decision")
    assert decisions
    assert not any(item.verified for item in decisions)
    assert {item.proposed.segment_id for item in decisions if item.proposed} == {"s3", "s5"}
    assert draft.citations is not None


def test_a_line_without_a_quote_is_no_evidence_but_is_proposed() -> None:
    facts = {
        "decisions": [{"text": "會議批准裝修費五十二萬。", "line": 6, "evidence": [{"line": 6, "quote": ""}]}],
        "risks": [{"text": "火星殖民計劃。", "line": 2, "evidence": []}],
    }
    draft = scripted([facts]).summarize(request(), ignore)
    told = {item.kind: (item.evidence, item.proposed and item.proposed.segment_id) for item in draft.items}
    assert told == {"decision": ((), "s5"), "risk": ((), None)}


def test_features_do_not_depend_on_script_width_or_case() -> None:
    assert features_of("装修费 ABC 52") == features_of("裝修費ａｂｃ５２")
