"""The embedded recogniser: real speech through the packaged model, and its cleaning up tested alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from cantomeet.errors import ErrorCode, LeaseLost, PermanentError
from tests import sound
from worker.providers import RecognisedSegment, Word
from worker.providers import whisper_weights as weights
from worker.providers.whisper import WhisperTranscriber
from worker.providers.whisper_lines import in_order, lines_of

TEXT = "Good morning everybody. The new product will start in December. We need a larger budget for advertising."


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def whisper(models: Path) -> WhisperTranscriber:
    return WhisperTranscriber(models_dir=models)


def recognised(
    whisper: WhisperTranscriber, path: Path, seconds: float, progress: Callable[[float], None] = lambda _s: None
) -> tuple[list[RecognisedSegment], list[float]]:
    lines, ends, start = [], [], 0.0
    while start < seconds - 0.05:
        piece = whisper.recognise(path, start, duration=seconds, language="en", on_progress=progress)
        assert piece.end > start
        start = piece.end
        ends.append(piece.end)
        lines += piece.segments
    return lines, ends


def test_speech_becomes_lines_whose_times_lie_in_the_recording(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    seconds = sound.speech(tmp_path / "a.wav", TEXT)
    _to_16k(tmp_path / "a.wav")
    told: list[float] = []
    lines, ends = recognised(whisper, tmp_path / "a.wav", seconds, told.append)
    text = " ".join(line.text for line in lines).lower()
    assert "december" in text
    assert "budget" in text
    assert ends == [pytest.approx(seconds, abs=0.1)]
    assert told
    assert told == sorted(told)
    for line in lines:
        assert 0 <= line.start < line.end <= seconds + 0.01
        assert all(line.start - 0.01 <= word.start <= word.end <= seconds + 0.01 for word in line.words)


def test_pieces_together_cover_what_one_does(models: Path, whisper: WhisperTranscriber, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    seconds = sound.speech(path, " ".join([TEXT] * 3))
    _to_16k(path)
    short = WhisperTranscriber(models_dir=models, piece_seconds=10)
    short._model = whisper._loaded()
    lines, ends = recognised(short, path, seconds)
    assert len(ends) >= 2
    assert ends[-1] == pytest.approx(seconds, abs=0.1)
    assert all(a.end <= b.start for a, b in pairwise(lines))
    assert " ".join(line.text for line in lines).lower().count("december") == 3


def test_silence_gives_no_lines(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    seconds = sound.silence(tmp_path / "s.wav", 4.0)
    assert recognised(whisper, tmp_path / "s.wav", seconds)[0] == []


def test_a_lost_lease_ends_the_work_at_once(whisper: WhisperTranscriber, tmp_path: Path) -> None:
    seconds = sound.silence(tmp_path / "s.wav", 4.0)

    def lose(_seconds: float) -> None:
        raise LeaseLost("m")

    with pytest.raises(LeaseLost):
        recognised(whisper, tmp_path / "s.wav", seconds, lose)


def test_a_model_that_is_not_there_is_named_by_its_setting(models: Path, tmp_path: Path) -> None:
    sound.tone(tmp_path / "t.wav")
    absent = WhisperTranscriber(str(tmp_path / "no-such-model"), models_dir=models)
    with pytest.raises(PermanentError) as refused:
        absent.recognise(tmp_path / "t.wav", 0.0, duration=3.0, language="yue", on_progress=lambda _s: None)
    assert refused.value.code is ErrorCode.RECOGNISER_UNAVAILABLE
    assert refused.value.params["setting"] == "CANTOMEET_WHISPER_MODEL"


def test_weights_with_another_hash_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(PermanentError):
        weights.ensure(tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_two_that_join_the_weights_at_once_both_have_them(tmp_path: Path) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(weights.ensure(tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / weights.FOLDER] * 2
    assert [path.name for path in tmp_path.iterdir()] == [weights.FOLDER]


def words(text: str, each: float = 0.3, start: float = 0.0) -> list[Word]:
    return [Word(one, start + n * each, start + (n + 1) * each, 0.9) for n, one in enumerate(text)]


def test_junk_and_echoes_and_loops_give_no_lines() -> None:
    prompt = "我哋而家喺度，佢唔係。"
    for junk in ("", "：", "６", "我哋而家喺度", "哈" * 40):
        assert lines_of(words(junk), 0, 100, prompt=prompt) == []


def test_a_junk_tail_is_cut_and_what_was_said_is_kept_as_it_was() -> None:
    (line,) = lines_of(words("今日开会６"), 10, 100)
    assert line.text == "今日開會"
    assert line.original_text == "今日开会６"
    assert line.start == 10


def test_a_long_segment_is_split_where_its_sentences_end() -> None:
    said = "".join(f"今日我哋傾第{number}項預算。" for number in "一二三四五六七八九十")
    lines = lines_of(words(said), 0, 100)
    assert len(lines) > 1
    assert all(line.text.endswith("。") for line in lines)
    assert "".join(line.original_text for line in lines) == said


def test_lines_never_overlap_and_a_line_said_over_and_over_stays_twice() -> None:
    said = [RecognisedSegment(n * 1.0, n * 1.0 + 1.5, "多謝", "多謝") for n in range(6)]
    kept = in_order(said, 0.0)
    assert len(kept) == 2
    assert kept[0].end <= kept[1].start


def _to_16k(path: Path) -> None:
    from cantomeet.media import decode_to_wav

    spoken = path.with_suffix(".src")
    path.rename(spoken)
    decode_to_wav(spoken, path)
