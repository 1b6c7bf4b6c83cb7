"""The packaged model on real speech, and the adapter around a stand-in model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cantomeet.errors import ErrorCode, LeaseLost, PermanentError
from cantomeet.media import decode_to_wav
from tests import sound
from tests.logging_proxy import logging_proxy
from worker.providers import RecognisedSegment
from worker.providers.whisper import transcriber as whisper
from worker.providers.whisper import weights
from worker.providers.whisper.transcriber import PROMPT, WhisperTranscriber, decoding_options

SPOKEN = (
    "Good morning everybody. The new product will start in December. "
    "We need a larger budget for advertising. The next meeting is on Thursday afternoon."
)
KEY_WORDS = ("december", "budget", "advertising", "meeting", "thursday")


def ignored(_seconds: float) -> None:
    """Ignore the progress."""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the packaged weights; with one folder the process loads one model."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """`SPOKEN` in the recogniser's format, and its length in seconds."""
    folder = tmp_path_factory.mktemp("speech")
    sound.speech(folder / "spoken.wav", SPOKEN)
    return folder / "16k.wav", decode_to_wav(folder / "spoken.wav", folder / "16k.wav").seconds


def recognise_all(
    transcriber: WhisperTranscriber, path: Path, seconds: float, on_progress: Callable[[float], None] = ignored
) -> tuple[list[RecognisedSegment], list[float]]:
    """Return all lines, piece by piece, and the ends of the pieces."""
    lines: list[RecognisedSegment] = []
    ends = [0.0]
    while ends[-1] < seconds:
        piece = transcriber.recognise(path, ends[-1], duration=seconds, language="en", on_progress=on_progress)
        assert all(ends[-1] <= line.start < line.end <= piece.end for line in piece.segments)
        lines += piece.segments
        ends.append(piece.end)
    return lines, ends


def test_speech_becomes_lines_and_words_whose_times_lie_in_the_recording(
    models: Path, speech: tuple[Path, float]
) -> None:
    told: list[float] = []
    lines, ends = recognise_all(WhisperTranscriber(models_dir=models), *speech, told.append)
    text = " ".join(line.text for line in lines).lower()
    assert [word for word in KEY_WORDS if word not in text] == []
    assert ends == [0.0, speech[1]]
    assert told == sorted(told)
    assert 0.0 < told[-1] <= speech[1]
    assert all(line.start <= word.start <= word.end <= line.end for line in lines for word in line.words)
    assert [word.text for line in lines for word in line.words] == text_words(lines)
    assert all(0 < (word.confidence or 0) <= 1 for line in lines for word in line.words)


def text_words(lines: list[RecognisedSegment]) -> list[str]:
    return [word for line in lines for word in line.text.split()]


def test_pieces_lose_no_word_at_their_cuts(models: Path, speech: tuple[Path, float]) -> None:
    lines, ends = recognise_all(WhisperTranscriber(models_dir=models, piece_seconds=8), *speech)
    text = " ".join(line.text for line in lines).lower()
    assert len(ends) > 2
    assert [word for word in KEY_WORDS if text.count(word) != 1] == []
    assert all(one.end <= other.start for one, other in pairwise(lines))


@pytest.mark.parametrize("language", ["yue", "en"])
def test_silence_gives_no_lines(models: Path, tmp_path: Path, language: str) -> None:
    seconds = sound.silence(tmp_path / "silence.wav", 4.0)
    piece = WhisperTranscriber(models_dir=models).recognise(
        tmp_path / "silence.wav", 0.0, duration=seconds, language=language, on_progress=ignored
    )
    assert (piece.end, piece.segments) == (seconds, ())


@pytest.mark.parametrize(
    ("language", "told", "prompted"),
    [("yue", "zh", True), ("zh", "zh", False), ("cmn", "zh", False), ("en", "en", False), ("xx", None, False)],
)
def test_base_is_never_told_a_language_without_a_token(
    models: Path, language: str, told: str | None, prompted: bool
) -> None:
    options = decoding_options(WhisperTranscriber(models_dir=models)._loaded(), language)
    assert options["language"] == told
    assert options["hotwords"] == (PROMPT if prompted else None)


def test_a_model_that_knows_cantonese_is_told_so() -> None:
    large = SimpleNamespace(hf_tokenizer=SimpleNamespace(token_to_id={"<|yue|>": 50358, "<|zh|>": 50260}.get))
    assert decoding_options(large, "yue")["language"] == "yue"


class Model:
    """Stands in for faster-whisper's model: yields one sentence after another until nobody reads any more."""

    hf_tokenizer = SimpleNamespace(token_to_id=lambda _token: 1)

    def __init__(self) -> None:
        self.heard = 0
        self.left_early = False

    def transcribe(self, _samples: Any, **_options: Any) -> tuple[Iterator[Any], None]:
        return self._segments(), None

    def _segments(self) -> Iterator[Any]:
        try:
            for n, text in enumerate(["大家早晨。", "今日傾預算。", "下次再傾。"]):
                self.heard += 1
                yield SimpleNamespace(text=text, start=float(n), end=n + 0.9, words=None, no_speech_prob=0.1)
        except GeneratorExit:
            self.left_early = True
            raise


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model()
    monkeypatch.setattr(whisper, "_load", lambda *_: model)
    return model


def test_an_exception_of_the_progress_callback_ends_the_work_at_once(model: Model, tmp_path: Path) -> None:
    seconds = sound.tone(tmp_path / "tone.wav")

    def lose(done: float) -> None:
        if done > 0:
            raise LeaseLost("taken")

    with pytest.raises(LeaseLost):
        WhisperTranscriber("any", models_dir=tmp_path).recognise(
            tmp_path / "tone.wav", 0.0, duration=seconds, language="yue", on_progress=lose
        )
    assert (model.heard, model.left_early) == (1, True)


@pytest.mark.usefixtures("model")
def test_times_count_from_the_start_of_the_recording(tmp_path: Path) -> None:
    seconds = sound.tone(tmp_path / "tone.wav", 60.0)
    told: list[float] = []
    piece = WhisperTranscriber("any", models_dir=tmp_path).recognise(
        tmp_path / "tone.wav", 50.0, duration=seconds, language="yue", on_progress=told.append
    )
    assert [(line.start, line.text) for line in piece.segments] == [
        (50.0, "大家早晨。"),
        (51.0, "今日傾預算。"),
        (52.0, "下次再傾。"),
    ]
    assert told == [50.0, 50.0, 50.9, 51.9, 52.9]


@pytest.mark.parametrize("model_name", ["no-such-model", "folder"])
def test_a_model_that_cannot_be_loaded_is_named_by_its_setting(tmp_path: Path, model_name: str) -> None:
    (tmp_path / "folder").mkdir()
    seconds = sound.tone(tmp_path / "tone.wav")
    source = str(tmp_path / "folder") if model_name == "folder" else model_name
    with pytest.raises(PermanentError) as refused:
        WhisperTranscriber(source, models_dir=tmp_path).recognise(
            tmp_path / "tone.wav", 0.0, duration=seconds, language="yue", on_progress=ignored
        )
    assert refused.value.code is ErrorCode.RECOGNISER_UNAVAILABLE
    assert refused.value.params["setting"] == "CANTOMEET_WHISPER_MODEL"


def test_a_transcriber_warns_of_its_limits() -> None:
    base = WhisperTranscriber(models_dir=Path("models"))
    assert (base.name, base.warnings) == ("Whisper base", ("no_speakers", "rough_recogniser"))
    large = WhisperTranscriber("large-v3", models_dir=Path("models"))
    assert (large.name, large.warnings) == ("Whisper large-v3", ("no_speakers",))


def test_a_folder_without_its_tokenizer_is_refused_and_nothing_is_downloaded(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"tokenizer\.json") as refused:
        WhisperTranscriber(str(tmp_path), models_dir=tmp_path)._loaded()
    assert refused.value.code == ErrorCode.RECOGNISER_UNAVAILABLE


def test_a_downloaded_model_needs_no_further_request(tmp_path: Path) -> None:
    fetched = tmp_path / "models--Systran--faster-whisper-tiny"
    snapshot = fetched / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (snapshot / "model.bin").touch()
    (fetched / "refs").mkdir()
    (fetched / "refs" / "main").write_text("0123")
    with logging_proxy() as proxy, pytest.MonkeyPatch.context() as patched:
        for name, value in proxy.environment.items():
            patched.setenv(name, value)
        assert weights.folder_of("tiny", tmp_path) == snapshot
    assert proxy.requests == []
