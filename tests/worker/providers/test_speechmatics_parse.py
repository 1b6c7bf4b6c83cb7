"""json-v2 transcripts become readable segments, and unknown values stay unknown."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.errors import ErrorCode, PermanentError
from standins.speechmatics.rules import ReceivedConfig
from standins.speechmatics.transcript import transcript
from worker.providers import RecognisedSegment
from worker.providers.speechmatics.parse import MAX_SECONDS, MAX_WIDTH, parse_json_v2


def word(text: str, start: float, end: float | None = None, speaker: str | None = "S1", **more: Any) -> dict[str, Any]:
    alternative: dict[str, Any] = {"content": text, "language": "yue", "confidence": 0.9}
    if speaker is not None:
        alternative["speaker"] = speaker
    return {
        "type": "word",
        "start_time": start,
        "end_time": start + 0.3 if end is None else end,
        "alternatives": [alternative],
        **more,
    }


def mark(text: str, at: float, speaker: str | None = "S1", **more: Any) -> dict[str, Any]:
    return word(text, at, at, speaker) | {
        "type": "punctuation",
        "attaches_to": "previous",
        "is_eos": text in "。？！",
        **more,
    }


def parsed(*results: Any, **more: Any) -> list[RecognisedSegment]:
    info = {"language_pack_info": {"word_delimiter": more.pop("word_delimiter", "")}}
    answer = {"format": "2.9", "metadata": info, "results": list(results), **more}
    return list(parse_json_v2(json.dumps(answer).encode()).segments)


def texts(*results: Any, **more: Any) -> list[str]:
    return [segment.original_text for segment in parsed(*results, **more)]


# ---- spacing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", ["", " ", "|"])
def test_words_are_joined_by_their_script_and_not_by_the_delimiter(delimiter: str) -> None:
    said = [word(w, i * 0.3) for i, w in enumerate(["我哋", "今日", "deploy", "server", "喇"])]
    assert texts(*said, mark("。", 1.5), word_delimiter=delimiter) == ["我哋今日 deploy server 喇。"]


def test_a_mark_is_placed_where_it_attaches() -> None:
    said = [
        word("佢", 0),
        word("話", 0.3),
        mark("「", 0.6, attaches_to="next"),
        word("OK", 0.6),
        mark("」", 0.9, attaches_to="previous"),
        mark("。", 0.9),
    ]
    assert texts(*said) == ["佢話「OK」。"]


def test_simplified_output_is_shown_in_hong_kong_s_characters_beside_the_original() -> None:
    (segment,) = parsed(word("预算", 0), word("会", 0.3))
    assert (segment.original_text, segment.text) == ("预算会", "預算會")


# ---- segments ------------------------------------------------------------------------------------------------


def test_a_segment_ends_with_its_sentence() -> None:
    said = [word("好", 0), mark("。", 0.3), word("開始", 0.4), mark("！", 0.7), word("冇", 0.8), mark("，", 1.1)]
    assert texts(*said, word("有", 1.2)) == ["好。", "開始！", "冇，有"]


def test_a_closing_quote_stays_with_the_sentence_that_it_closes() -> None:
    said = [word("好", 0), mark("。", 0.3), mark("」", 0.3), word("跟住", 0.4)]
    assert texts(*said) == ["好。」", "跟住"]


def test_an_opening_quote_begins_the_next_sentence() -> None:
    said = [word("好", 0), mark("。", 0.3), mark("「", 0.4, attaches_to="next"), word("跟住", 0.4)]
    assert texts(*said) == ["好。", "「跟住"]


def test_an_opening_quote_belongs_to_the_next_speaker() -> None:
    said = [word("好", 0), mark("「", 0.4, "S2", attaches_to="next"), word("係", 0.4, speaker="S2")]
    assert [(s.speaker, s.original_text) for s in parsed(*said)] == [("S1", "好"), ("S2", "「係")]


def test_a_segment_ends_at_another_speaker_and_at_a_pause() -> None:
    said = [word("好", 0), word("係", 0.3, speaker="S2"), word("咁", 0.6, speaker="S2"), word("即", 5, speaker="S2")]
    assert [(s.speaker, s.original_text) for s in parsed(*said)] == [("S1", "好"), ("S2", "係咁"), ("S2", "即")]


def test_an_unknown_speaker_is_nobody() -> None:
    said = [word("好", 0, speaker="UU"), word("係", 0.3, speaker=None), word("咁", 0.6)]
    assert [(s.speaker, s.original_text) for s in parsed(*said)] == [(None, "好係"), ("S1", "咁")]


def speakers_and_texts(*results: Any) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.original_text) for segment in parsed(*results)]


def spoken(pattern: str, *, gap: float = 0.3) -> list[dict[str, Any]]:
    """Build results from a pattern.

    `1` and `2` are words of S1 and S2, `?` is a word of UU, `_` a word without a speaker. `,` and `.` are marks of S1,
    `;` and `:` are a comma and a full stop of UU, and `|` is a pause.
    """
    speakers = {"1": "S1", "2": "S2", "?": "UU", "_": None, ",": "S1", ".": "S1", ";": "UU", ":": "UU"}
    said, now = [], 0.0
    for place, sign in enumerate(pattern):
        if sign == "|":
            now += 1.5
        elif sign in ",;":
            said.append(mark("，", now, speakers[sign]))
        elif sign in ".:":
            said.append(mark("。", now, speakers[sign]))
        else:
            said.append(word(chr(0x4E00 + place), now, now + gap, speakers[sign]))
            now += gap
    return said


@pytest.mark.parametrize(
    ("pattern", "speakers"),
    [
        ("11?11.", ["S1"]),
        ("1?1_1??1.", ["S1"]),
        ("11?,?1.", ["S1"]),
        ("11?;?1.", ["S1"]),
        ("11,?1.", ["S1"]),
        ("111?.", ["S1"]),
        ("1??????????1.", ["S1"]),
        ("?11.", [None, "S1"]),
        ("11?:", ["S1", None]),
        ("11?:11.", ["S1", None, "S1"]),
        ("11.?11.", ["S1", None, "S1"]),
        ("11.??:11.", ["S1", None, "S1"]),
        ("11?22.", ["S1", None, "S2"]),
        ("1?2?1.", ["S1", None, "S2", None, "S1"]),
        ("1?12?2.", ["S1", "S2"]),
        ("11|?|11.", ["S1", None, "S1"]),
        ("11?|11.", ["S1", None, "S1"]),
        ("11|?11.", ["S1", None, "S1"]),
        ("???:", [None]),
        ("__?_:", [None]),
    ],
)
def test_an_unknown_speaker_within_somebodys_sentence_does_not_split_it(
    pattern: str, speakers: list[str | None]
) -> None:
    results = spoken(pattern)
    segments = parsed(*results)
    assert [segment.speaker for segment in segments] == speakers
    assert "".join(segment.original_text for segment in segments) == "".join(
        result["alternatives"][0]["content"] for result in results
    )


@given(st.text(alphabet="12?_,.;:|", max_size=40))
def test_no_word_is_lost_and_no_time_decreases_whoever_speaks(pattern: str) -> None:
    results = spoken(pattern)
    words = [word for segment in parsed(*results) for word in segment.words]
    assert [word.text for word in words] == [r["alternatives"][0]["content"] for r in results if r["type"] == "word"]
    assert [word.start for word in words] == sorted(word.start for word in words)


def test_an_opening_quote_without_a_speaker_does_not_split_a_sentence() -> None:
    said = [word("佢", 0), mark("「", 0.3, "UU", attaches_to="next"), word("好", 0.3, speaker="UU"), word("啦", 0.6)]
    assert speakers_and_texts(*said) == [("S1", "佢「好啦")]


def test_endless_speech_is_split_at_a_comma_and_never_gets_too_long() -> None:
    said = []
    for i in range(200):
        said.append(word("講", i * 0.3))
        if i % 20 == 19:
            said.append(mark("，", i * 0.3 + 0.3))
    segments = parsed(*said)
    assert all(s.end - s.start <= MAX_SECONDS and len(s.original_text) <= MAX_WIDTH for s in segments)
    assert all(s.original_text.endswith("，") for s in segments)
    assert "".join(s.original_text for s in segments).count("講") == 200


def test_slow_speech_is_split_by_time() -> None:
    segments = parsed(*[word("嗯", i * 2.0, i * 2.0 + 1.5) for i in range(30)])
    assert len(segments) > 2
    assert all(s.end - s.start <= MAX_SECONDS for s in segments)


def test_one_word_that_is_too_long_is_still_a_segment() -> None:
    assert texts(word("a" * 500, 0), word("b", 0.3)) == ["a" * 500, "b"]


def test_a_segment_spans_its_words() -> None:
    (segment,) = parsed(word("今日", 1.0, 1.4), word("開會", 1.5, 2.1), mark("。", 2.1))
    assert (segment.start, segment.end) == (1.0, 2.1)
    assert [(w.text, w.start, w.end, w.confidence) for w in segment.words] == [
        ("今日", 1.0, 1.4, 0.9),
        ("開會", 1.5, 2.1, 0.9),
    ]


# ---- entities ------------------------------------------------------------------------------------------------


def entity(content: str | None, **more: Any) -> dict[str, Any]:
    alternatives = [] if content is None else [{"content": content, "speaker": "S1"}]
    forms = {
        "spoken_form": [word("一", 0.3, 0.6), word("百", 0.6, 0.9)],
        "written_form": [word("100", 0.3, 0.9)],
        "entity_class": "cardinal",
    }
    return {"type": "entity", "start_time": 0.3, "end_time": 0.9, "alternatives": alternatives, **forms, **more}


def test_an_entity_is_written_once() -> None:
    (segment,) = parsed(word("有", 0), entity("100"), word("個", 0.9))
    assert segment.original_text == "有 100 個"
    assert [(w.text, w.start, w.end) for w in segment.words] == [("有", 0, 0.3), ("100", 0.3, 0.9), ("個", 0.9, 1.2)]


def test_words_that_repeat_an_entity_are_left_out() -> None:
    assert texts(word("有", 0), entity("100"), word("一", 0.3, 0.6), word("百", 0.6, 0.9)) == ["有 100"]
    assert texts(word("有", 0), word("一", 0.3, 0.6), word("百", 0.6, 0.9), entity("100")) == ["有 100"]


def test_the_same_word_at_another_time_is_not_left_out() -> None:
    assert texts(entity("100"), word("一", 0.9, 1.2)) == ["100 一"]


def test_an_entity_without_content_is_written_by_one_of_its_forms() -> None:
    assert texts(entity(None)) == ["100"]
    assert texts(entity(None, written_form=None)) == ["一百"]
    assert texts(word("有", 0), entity(None, written_form=[], spoken_form="?")) == ["有"]


def test_special_spaces_inside_an_entity_become_plain_ones() -> None:
    assert texts(entity("19th\u00a0of\u202fJanuary")) == ["19th of January"]


# ---- missing and broken values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "done", "took"),
    [
        ("2026-11-25T09:00:00.250Z", "2026-11-25T09:01:30Z", 89.75),
        ("2026-11-25T09:00:00+08:00", "2026-11-25T01:00:10", 10.0),
        ("2026-11-25T09:01:00Z", "2026-11-25T09:00:00Z", 0.0),
        ("0001-01-01T00:00:00+14:00", "2026-11-25T09:00:00Z", None),
        ("yesterday", "2026-11-25T09:00:00Z", None),
        (None, 7, None),
    ],
)
def test_an_answer_has_its_processing_time(accepted: Any, done: Any, took: float | None) -> None:
    answer = {"job": {"created_at": accepted}, "metadata": {"created_at": done}, "results": []}
    assert parse_json_v2(json.dumps(answer).encode()).took == took


def test_a_word_without_confidence_has_none() -> None:
    result = word("好", 0)
    del result["alternatives"][0]["confidence"]
    (segment,) = parsed(result, word("係", 0.3) | {"alternatives": [{"content": "係", "confidence": "high"}]})[:1]
    assert segment.words[0].confidence is None


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        "word",
        {},
        {"type": "word"},
        {"type": "word", "alternatives": []},
        {"type": "word", "alternatives": [None]},
        {"type": "word", "alternatives": {}},
        {"type": "word", "alternatives": [{"content": ""}]},
        {"type": "word", "alternatives": [{"content": 5}]},
        {"type": "word", "alternatives": [{"content": "\x00\x07"}]},
        {"type": "music", "start_time": 0, "end_time": 9, "alternatives": [{"content": "♪"}]},
        {"type": ["word"], "alternatives": [{"content": "x"}]},
    ],
)
def test_a_result_without_content_is_left_out(broken: Any) -> None:
    assert texts(word("好", 0), broken, word("係", 0.3)) == ["好係"]


def test_marks_alone_are_no_segment() -> None:
    assert texts(mark("。", 0), mark("，", 1)) == []
    assert texts(mark("。", 0), word("好", 0.5), word("係", 0.8)) == ["好係"]


def test_no_results_are_an_empty_transcript() -> None:
    assert texts() == []


def test_times_never_decrease_and_never_leave_the_recording() -> None:
    said = [
        word("一", 1.0, 1.5),
        word("二", 0.2, 0.1),
        word("三", -5, 2.0),
        word("四", 2.0, 9e9),
        word("五", 3.0) | {"start_time": None, "end_time": "x"},
        word("六", 3.0) | {"start_time": True, "end_time": math.inf},
        word("七", 10**400, 10**400),
    ]
    words = [w for s in parsed(*said, job={"duration": 30}) for w in s.words]
    assert [w.text for w in words] == list("一二三四五六七")
    starts = [w.start for w in words]
    assert starts == sorted(starts)
    assert all(0 <= w.start <= w.end <= 31 for w in words)


@pytest.mark.parametrize(
    "job", [None, [], {"duration": None}, {"duration": -1}, {"duration": True}, {"duration": 10**400}]
)
def test_a_recording_of_unknown_length_limits_no_times(job: Any) -> None:
    (segment,) = parsed(word("好", 5000.0), job=job)
    assert (segment.start, segment.end) == (5000.0, 5000.3)


def test_characters_that_a_database_cannot_hold_are_removed() -> None:
    (segment,) = parsed(word("a\x00b\ud800c", 0), speakers=[])
    assert segment.original_text == "abc"
    segment.original_text.encode()


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[]", b"null", b"{}", b'{"results": {}}', b'{"results": [', b"\xff", b"[" * 100_000]
)
def test_an_answer_that_is_no_transcript_is_a_permanent_error(raw: bytes) -> None:
    with pytest.raises(PermanentError) as bad:
        parse_json_v2(raw)
    assert bad.value.code is ErrorCode.PROVIDER_BAD_ANSWER


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "start_time", "end_time", "alternatives", "content", "attaches_to", "spoken_form"]
            ),
            inner | st.sampled_from(["word", "entity", "punctuation", "next", "UU"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.lists(ANYTHING, max_size=6))
def test_no_json_answer_breaks_the_parser(results: list[Any]) -> None:
    for segment in parsed(*results):
        assert all((segment.words, segment.text, segment.original_text))
        assert 0 <= segment.start <= segment.end


@pytest.mark.parametrize("salt", range(5))
def test_a_long_transcript_of_the_stand_in_keeps_every_word_in_order(salt: int) -> None:
    config = ReceivedConfig.model_validate(
        {
            "type": "transcription",
            "transcription_config": {"language": "yue", "diarization": "speaker", "enable_entities": True},
        }
    )
    answer = transcript(config, sha256=f"{salt:064}", seconds=900.0, job={"duration": 900}, now="")
    segments = parse_json_v2(json.dumps(answer).encode()).segments
    said = [r["alternatives"][0]["content"] for r in answer["results"] if r.get("alternatives")]
    kept = [r for r in answer["results"] if r["type"] in ("word", "entity") and r["alternatives"]]
    assert [w.text for s in segments for w in s.words] == [r["alternatives"][0]["content"] for r in kept]
    assert "".join(s.original_text for s in segments).replace(" ", "") == "".join(said).replace(" ", "")
    assert all(s.end - s.start <= MAX_SECONDS for s in segments)
    assert [s.start for s in segments] == sorted(s.start for s in segments)
