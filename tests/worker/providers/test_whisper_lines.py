"""Invented output of Whisper becomes clean transcript lines that lose no speech."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantomeet.cantonese import fold
from worker.providers import RecognisedSegment, Word
from worker.providers.whisper.lines import MAX_SECONDS, MAX_WIDTH, Heard, lines_of
from worker.providers.whisper.transcriber import PROMPT


def heard(text: str, start: float = 0.0, each: float = 0.2) -> Heard:
    """Build a segment in which every character is a word, without pauses."""
    words = tuple(Word(c, start + n * each, start + (n + 1) * each, 0.9) for n, c in enumerate(text))
    return Heard(text, start, start + len(text) * each, words)


def timed_words(*timed: tuple[str, float, float]) -> Heard:
    words = tuple(Word(text, start, end, 0.5) for text, start, end in timed)
    return Heard("".join(word.text for word in words), words[0].start, words[-1].end, words)


def lines(*segments: Heard, start: float = 0.0, end: float = 1000.0) -> tuple[RecognisedSegment, ...]:
    return lines_of(segments, start, end, prompt=PROMPT)


def test_a_line_is_shown_in_hong_kong_s_script_with_its_spaces_and_marks_and_kept_as_recognised() -> None:
    (line,) = lines(heard("我们,今日deploy 3个server。", start=5.0))
    assert line.text == "我們，今日 deploy 3 個 server。"
    assert line.original_text == "我们,今日deploy 3个server。"
    assert line.start == 5.0
    assert line.speaker is None


def test_english_keeps_its_marks_and_spaces() -> None:
    (line,) = lines_of([timed_words((" Well,", 0, 1), (" we", 1, 2), (" agree.", 2, 3))], 0, 10, chinese=False)
    assert line.text == line.original_text == "Well, we agree."
    assert [word.text for word in line.words] == ["Well,", "we", "agree."]


def test_words_that_whisper_splits_are_joined() -> None:
    (line,) = lines(timed_words(("用", 0, 1), (" dep", 1, 2), ("loy", 2, 3), ("增", 3, 4), ("3.", 4, 5), ("5%", 5, 6)))
    assert [(word.text, word.start, word.end) for word in line.words] == [
        ("用", 0, 1),
        ("deploy", 1, 3),
        ("增", 3, 4),
        ("3.5%", 4, 6),
    ]
    assert line.text == "用 deploy 增 3.5%"


@pytest.mark.parametrize(
    "junk",
    [
        "",
        " ",
        "：",
        "６",
        "。。。",
        "\ufffd",
        "字幕由 Amara.org 社群提供",
        "請不吝點贊 訂閱 轉發",
    ],
)
def test_junk_gives_no_line(junk: str) -> None:
    assert lines(heard(junk)) == ()
    assert lines(Heard(junk, 0.0, 5.0)) == ()


@pytest.mark.parametrize("echo", [PROMPT, "佢唔係，冇啲嘢畀咗邊個。", "我哋而家喺度佢唔係"])
def test_a_repeated_prompt_gives_no_line(echo: str) -> None:
    assert lines(heard(echo)) == ()


@pytest.mark.parametrize(
    "said", ["我哋而家喺度。", "佢唔係。", "冇。", "邊個？", "係係係係係", "三十萬預算，佢唔係冇啲嘢"]
)
def test_short_answers_stay_even_if_the_prompt_has_the_same_words(said: str) -> None:
    assert [line.text for line in lines(heard(said))] == [said]


@pytest.mark.parametrize(
    "nonsense",
    [
        "唔" * 200,
        "多謝大家。" * 9,
        "諗諗諗諐諗諗諗諐諗諗諗諐諗諗諗",
        "唔係唔係唔係嬌嬌。我哋唔係唔係嬴嬌嬌嬌唔嬌嬌嵌嬌嬌",
        "掌握掌握掌揽掌揽掌握掌揵掌揽掌揵掌揵掌揹掌揽",
        "シーンシーンを見る",
        "시청해 주셔서 감사합니다",
        "the " * 12,
    ],
)
def test_nonsense_keeps_its_place_and_is_marked_as_unclear(nonsense: str) -> None:
    before, line, after = lines(heard("今日傾預算。"), heard(nonsense, start=10.0), heard("下次再傾。", start=90.0))
    assert (line.unclear, line.text, line.words) == (True, "", ())
    assert (line.start, line.original_text) == (10.0, nonsense.strip())
    assert line.end == pytest.approx(10.0 + 0.2 * len(nonsense))
    assert [(other.unclear, other.text) for other in (before, after)] == [
        (False, "今日傾預算。"),
        (False, "下次再傾。"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "係係係係係係",
        "同意同意同意同意",
        "一二三四五六七八九十一二三四五六七八九十",
        "係嘞係嘞係嘞係嘞噉就等下噉囖又係",
        "嗰啲成藥啊製成嗰啲中醫製成嗰啲成藥",
    ],
)
def test_repeated_words_and_characters_of_cantonese_are_no_nonsense(said: str) -> None:
    (line,) = lines(heard(said))
    assert (line.unclear, line.original_text) == (False, said)


def test_a_loop_inside_a_line_is_unclear_and_the_words_before_it_stay() -> None:
    line, loop = lines(heard("今日主要傾三件事新產品推出日期預算" + "掃掄" * 12))
    assert (line.text, line.unclear) == ("今日主要傾三件事新產品推出日期預算", False)
    assert (loop.text, loop.unclear, loop.original_text) == ("", True, "掃掄" * 12)
    assert loop.start == pytest.approx(line.end)


def test_text_too_fast_for_speech_is_dropped_if_the_model_doubts_that_anybody_spoke() -> None:
    made_up = heard("佢而家去咗買嘢食呀", start=5.0, each=0.03)
    assert lines(heard("好。"), replace(made_up, no_speech=0.96)) == lines(heard("好。"))
    assert len(lines(heard("好。"), made_up)) == 2


def test_a_repeated_sentence_stays_once_and_all_votes_stay() -> None:
    loop = [heard("多謝大家收睇節目。", start=2.0 * n) for n in range(6)]
    assert [line.start for line in lines(*loop)] == [0.0]
    votes = [heard("同意。", start=2.0 * n) for n in range(5)]
    assert len(lines(*votes)) == 5


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("今日開會６", "今日開會"),
        ("三件事：", "三件事"),
        ("，好。", "好。"),
        ("十一月１６", "十一月１６"),
        ("\ufffd好\ufffd", "好"),
    ],
)
def test_marks_that_whisper_leaves_at_the_ends_are_removed(raw: str, shown: str) -> None:
    assert [line.text for line in lines(heard(raw))] == [shown]


def test_a_long_segment_is_split_at_sentence_ends() -> None:
    opening = "大家早晨，多謝大家嚟開會，今日主要傾三件事，新產品推出日期。"
    answer = "早晨主席，我想講下進度，手機應用程式已經完成咗八成。"
    assert [line.text for line in lines(heard(opening + answer, each=0.5))] == [opening, answer]


def test_a_long_pause_ends_a_line() -> None:
    split = lines(timed_words(("收", 0, 0.3), ("到", 0.3, 0.6), ("下", 9.0, 9.3), ("次", 9.3, 9.6)))
    assert [(line.text, line.start, line.end) for line in split] == [("收到", 0.0, 0.6), ("下次", 9.0, 9.6)]


def test_a_segment_without_word_times_is_split_too_and_shows_none() -> None:
    said = "今日傾預算，下次傾人手。" * 8
    split = lines(Heard(said, 10.0, 50.0))
    assert len(split) > 1
    assert "".join(line.original_text for line in split) == said
    assert all(10.0 <= line.start < line.end <= 50.0 for line in split)
    assert all(line.words == () for line in split)


def test_a_line_without_time_of_its_own_joins_its_neighbour() -> None:
    (line,) = lines(heard("收到。", start=0.0), timed_words(("下次", 0.5, 0.5)))
    assert line.text == "收到。下次"
    assert [word.end for word in line.words][-1] <= line.end


def test_words_past_the_end_of_a_piece_are_kept_inside_it() -> None:
    (line,) = lines(heard("收到。", start=9.9), start=5.0, end=10.0)
    assert 5.0 <= line.start < line.end == 10.0
    (late,) = lines(timed_words(("收到", 11.0, 12.0)), start=5.0, end=10.0)
    assert late.start < late.end == 10.0


SYLLABLES = "我哋而家喺度傾緊啲嘢，佢唔係話冇畀咗邊個。預算同日期 deploy server 3.5% OK, "
SEGMENTS = st.lists(
    st.builds(
        lambda text, start, each, timed: heard(text, start, each) if timed else Heard(text, start, start + 5 * each),
        st.text(alphabet=SYLLABLES, max_size=120),
        st.floats(-2, 130),
        st.floats(0, 0.6),
        st.booleans(),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(SEGMENTS)
def test_lines_are_in_order_inside_their_piece_with_their_words(segments: list[Heard]) -> None:
    made = lines_of(segments, 10.0, 100.0006, prompt=PROMPT)
    assert all(10.0 <= line.start < line.end <= 100.0006 for line in made)
    assert all(one.end <= other.start for one, other in pairwise(made))
    for line in made:
        assert fold(line.text) == ("" if line.unclear else fold(line.original_text))
        assert fold(line.original_text) != ""
        times = [time for word in line.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(line.start <= time <= line.end for time in times)


DISTINCT = [bytes([0xA4 + n // 20, 0xA1 + n % 20]).decode("big5") for n in range(150)] + [
    "，",
    "。",
    " deploy",
    " 3.5%",
] * 5


@settings(deadline=None)
@given(st.permutations(DISTINCT), st.integers(1, len(DISTINCT)), st.floats(0.05, 1.0))
def test_no_line_is_too_long_and_no_word_is_lost_by_splitting(units: list[str], count: int, each: float) -> None:
    said = timed_words(*((unit, n * each, (n + 1) * each) for n, unit in enumerate(units[:count])))
    made = lines(said)
    assert "".join(fold(line.original_text) for line in made) == fold(said.text)
    assert [word.text for line in made for word in line.words if fold(word.text)] != [] or not fold(said.text)
    for line in made:
        assert line.end - line.start <= MAX_SECONDS + 0.001
        assert sum(0.5 if c < "\u2e80" else 1 for word in line.words for c in word.text) <= MAX_WIDTH


def test_a_plural_heard_as_land_is_corrected_in_line_and_words_and_kept_as_heard() -> None:
    texts = ["我", "地", "要", "去", "佢", "地盤"]
    words = tuple(Word(text, at * 0.3, at * 0.3 + 0.3, 0.9) for at, text in enumerate(texts))
    (line,) = lines_of([Heard("".join(texts), 0.0, 1.8, words)], 0.0, 2.0)
    assert line.text == "我哋要去佢地盤"
    assert [word.text for word in line.words] == ["我", "哋", "要", "去", "佢", "地盤"]
    assert line.original_text == "我地要去佢地盤"
