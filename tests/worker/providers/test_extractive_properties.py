"""Every quote occurs in its segment, and every claim in the transcript, whatever the transcript."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.providers import SummaryRequest, TranscriptLine
from worker.providers.extractive import ExtractiveSummarizer

EXAMPLES = 10_000 if os.environ.get("CANTOMEET_SOAK") else 300

OPENINGS = ["", "好，", "咁", "OK, ", "大家早晨，", "另外", "今日主要傾", "So ", "上次", "如果", "收到，", "嗱"]
NAMES = ["阿明", "嘉儀", "陳主任", "市場部", "Mary", "Dr. Lau", "the audit committee", "我", "你", "I", "我哋", "S1"]
DOINGS = [
    *("你負責聯絡場地", "會跟進", "負責", "請嘉儀同技術團隊修正", "交畀", "由", "我會", "邊個負責", "擔心趕唔切"),
    *("決定用方案B", "同意咗", "一致通過預算", " agreed to move the date", "should we wait"),
    *(
        " will send the report",
        " to call the bank",
        "不如轉場",
        "轉啦",
        "統一買定自己買",
        "你搵人睇咗佢先",
        "咁我打畀佢",
    ),
    *(" get me two quotes", "唔簽就收返", "go back to the old one then", "得，", "再唔到就退訂"),
]
TIMES = [
    "",
    "下星期五之前",
    "月底前",
    " by Friday",
    " before 15/12",
    "聽日",
    "每個星期五",
    "二月三十號",
    " next week",
    "即日起",
]
ENDS = ["", "。", "？", ".", "?", "！", "，", "、", "\n", " ", "…」", "，大家有冇問題？"]

SPOKEN = st.builds(
    "".join, st.tuples(*(st.sampled_from(part) for part in (OPENINGS, NAMES, DOINGS, TIMES, DOINGS, ENDS)))
)
NOISE = st.text(max_size=12)
PIECES = st.sampled_from(OPENINGS + NAMES + DOINGS + TIMES + ENDS)
TEXTS = st.lists(SPOKEN | PIECES | NOISE, max_size=5).map("".join)
SPEAKERS = st.none() | st.sampled_from(["陳校長", "S1", "S2", "Nurse Ada", "阿明", " "]) | st.text(max_size=4)


@st.composite
def transcripts(draw: st.DrawFn) -> list[TranscriptLine]:
    lines: list[TranscriptLine] = []
    now = 0.0
    for index in range(draw(st.integers(0, 9))):
        start = now + draw(st.floats(0, 5))
        now = start + draw(st.floats(0, 30))
        lines.append(TranscriptLine(f"id-{index}", start, now, draw(TEXTS), draw(SPEAKERS)))
    return lines


@pytest.mark.timeout(3600)  # 10,000 examples on a busy machine
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(transcripts(), st.none() | st.dates(), st.text(max_size=8))
def test_every_item_is_proven_by_the_transcript(
    lines: list[TranscriptLine], meeting_date: date | None, title: str
) -> None:
    progress: list[float] = []
    request = SummaryRequest(lines, "zh-Hant-HK", meeting_date, title)
    draft = ExtractiveSummarizer().summarize(request, progress.append)

    by_id = {line.id: line for line in lines}
    speakers = {line.speaker for line in lines}
    words = any(character.isalnum() for line in lines for character in line.text)
    assert draft.method == ("extractive" if words else "none")
    assert words or not draft.items
    for item in draft.items:
        assert item.text.strip() == item.text != ""
        assert item.evidence
        for proof in item.evidence:
            line = by_id[proof.segment_id]
            assert proof.quote
            assert proof.quote in line.text
            assert (proof.start, proof.end, proof.check) == (line.start, line.end, "exact")
        assert _stands_in(item.text, [proof.quote for proof in item.evidence])
        assert item.owner is None or item.owner in speakers or any(item.owner in line.text for line in lines)
        assert item.due_date is None or meeting_date is None or item.due_date >= meeting_date
        assert item.due_date is None or item.due_text
        assert item.kind == "action_item" or (item.owner, item.due_text) == (None, None)
    kinds_and_texts = Counter((item.kind, item.text, item.owner) for item in draft.items)
    assert all(count == 1 for count in kinds_and_texts.values())
    assert progress == sorted(progress)
    assert all(0 <= done <= 1 for done in progress)


def _stands_in(text: str, quotes: list[str]) -> bool:
    """Tell whether the text is the first quotes joined, with any space between them."""
    joined = "".join("".join(quote.split()) for quote in quotes)
    return joined.startswith("".join(text.split()))
