"""Every verified quote occurs in the transcript, whatever a model answers."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from cantomeet.cantonese import fold
from tests.worker.providers.llm_meetings import Extracts, assert_proven, ignore, request, scripted

ANSWERS = 10_000 if os.environ.get("CANTOMEET_SOAK") == "1" else 120

# fmt: off
WORDS = [
    "決定", "通過", "預算", "五十二萬", "陳秘書", "跟進", "報價", "下星期五", "之前", "嘅", "咗", "唔係",
    "里面", "裏面", "後日", "余先生", "群組", "，", "。", "？", "！", "…", "「", "」", "the ", "board ", "agreed to ",
    "3.5%", " by Friday", "Ｂｕｄｇｅｔ", "２０２６", "café", "\ufb01le", "👍", "👨\u200d👩\u200d👧", "𠮷野", "①", "㎡",
    "İstanbul", "ß",
]
# fmt: on
SPEAKERS = (None, "主席", "陳太", "Ms Wong", "S1")
TO_SIMPLIFIED = OpenCC("t2s")

sentences = st.lists(st.sampled_from(WORDS), min_size=2, max_size=12).map("".join) | st.text(max_size=30)
transcripts = st.lists(st.tuples(st.sampled_from(SPEAKERS), sentences), min_size=1, max_size=12)


@st.composite
def quotes(draw: st.DrawFn, said: list[tuple[str | None, str]]) -> dict[str, Any]:
    """Draw words of a line that may be respelled, cut from two lines, claimed for another line, or never said."""
    index = draw(st.integers(0, len(said) - 1))
    text = said[index][1] + draw(st.sampled_from(["", said[(index + 1) % len(said)][1]]))
    start = draw(st.sampled_from([0, 0, len(text) // 3]))
    cut = text[start : draw(st.sampled_from([len(text), len(text), len(text) * 2 // 3]))]
    written = draw(
        st.sampled_from(
            [
                cut,
                cut,
                TO_SIMPLIFIED.convert(cut.replace("\x00", "")),
                cut.upper(),
                f"「{'，'.join(cut)}」",
                cut.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
                f"[{index + 1}] {said[index][0]}: {cut}",
                cut + "五百萬",
                draw(st.text(max_size=20)),
            ]
        )
    )
    return {"line": index + 1 + draw(st.sampled_from([0, 0, 0, 0, 1, -1, 2, 3, 900])), "quote": written}


@st.composite
def meetings(draw: st.DrawFn) -> tuple[list[tuple[str | None, str]], dict[str, Any], dict[str, Any]]:
    said = draw(transcripts)
    evidence = st.lists(quotes(said), min_size=1, max_size=3)
    text = st.sampled_from(["會議通過預算。", "須跟進報價事宜。", "會議討論了人手安排。", "預算或會超支。"])
    item = st.fixed_dictionaries({"text": text, "evidence": evidence})
    names = st.sampled_from(["陳秘書", "主席", "我", "Al", "Zebedee", "余先生", None, "board"])
    due = st.sampled_from(["下星期五", "Friday", "後日", None, "二零九九年一月一日"])
    action = st.fixed_dictionaries({"text": text, "evidence": evidence, "owner": names, "due_text": due})
    some = st.lists(item, max_size=3)
    facts = st.fixed_dictionaries(
        {
            "topics": some,
            "decisions": some,
            "action_items": st.lists(action, max_size=3),
            "questions": some,
            "risks": some,
            "quotes": evidence,
        }
    )
    sentence = st.fixed_dictionaries({"text": text, "facts": st.lists(st.integers(-1, 12), max_size=4)})
    frame = st.fixed_dictionaries(
        {
            "title": st.just("會議記錄"),
            "overview": st.lists(sentence, max_size=3),
            "chapters": st.lists(sentence, max_size=3),
            "duplicates": st.lists(st.lists(st.integers(-1, 12), max_size=4), max_size=2),
        }
    )
    return said, draw(facts), draw(frame)


@pytest.mark.timeout(3600)
@given(meetings())
@settings(max_examples=ANSWERS, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_shown_as_verified_stands_in_the_transcript(
    meeting: tuple[list[tuple[str | None, str]], dict[str, Any], dict[str, Any]],
) -> None:
    said, facts, frame = meeting
    asked = request(said)
    draft = scripted([facts, frame], fallback=Extracts()).summarize(asked, ignore)
    assert_proven(draft, asked.lines)
    spoken = fold("".join(text for _, text in said))
    speakers = {speaker for speaker, _ in said}
    for item in draft.items:
        assert item.verified == any(proof.check != "unverified" for proof in item.evidence)
        assert item.owner is None or item.owner in speakers or fold(item.owner) in spoken
        assert item.due_text is None or fold(item.due_text) in spoken
        assert item.due_date is None or item.due_text
        if item.kind == "quote" and item.verified:
            assert fold(item.text) in spoken
        if item.kind == "chapter" and item.verified:
            assert item.start is not None
            assert item.end is not None
            assert 0.0 <= item.start <= item.end <= asked.lines[-1].end
    if draft.method == "llm":
        assert draft.coverage is not None
        assert draft.coverage.covered == draft.coverage.total == len(said)
