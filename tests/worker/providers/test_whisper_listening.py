"""Windows are decoded or skipped, with the packaged model and with invented windows."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cantomeet.media import decode_to_wav
from tests import sound
from tests.sound import RATE
from worker.providers.whisper.listening import FRAMES, LEAST_SPEECH, Listener
from worker.providers.whisper.sound import Sound, read_piece
from worker.providers.whisper.transcriber import WhisperTranscriber, hear

ENGLISH = "Good morning everybody. The new product will start in December. We need a larger budget for advertising."


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return WhisperTranscriber(models_dir=tmp_path_factory.mktemp("models"))._loaded()


def spoken(folder: Path, text: str, voice: str = "en") -> Sound:
    """Speak the text at the recogniser's rate."""
    seconds = sound.speech(folder / "spoken.wav", text)
    if voice != "en":
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(folder / "spoken.wav"), text], check=True)
        seconds = 60.0
    decoded = decode_to_wav(folder / "spoken.wav", folder / "decoded.wav")
    return read_piece(folder / "decoded.wav", 0.0, duration=min(seconds, decoded.seconds), longest=60.0)[0]


def by_telephone(clear: Sound) -> Sound:
    spectrum, pitches = np.fft.rfft(clear), np.fft.rfftfreq(len(clear), 1 / RATE)
    spectrum[(pitches < 300) | (pitches > 3400)] = 0
    return np.fft.irfft(spectrum, len(clear)).astype(np.float32)


def in_noise(clear: Sound) -> Sound:
    loudness = 0.56 * float(np.sqrt(np.square(clear).mean()))
    noise = np.random.default_rng(0).normal(0.0, loudness, len(clear))
    return np.clip(clear + noise, -1.0, 1.0).astype(np.float32)


@pytest.mark.parametrize("harm", [by_telephone, in_noise])
def test_english_is_heard_in_a_meeting_that_is_said_to_be_in_cantonese(
    listener: Any, tmp_path: Path, harm: Any
) -> None:
    heard = " ".join(segment.text for segment in hear(listener, harm(spoken(tmp_path, ENGLISH)), 0.0, "yue")).lower()
    assert {"december", "advertising"} <= set(heard.replace(".", " ").replace(",", " ").split())


@pytest.mark.parametrize("tail", [0.3, 0.5])
def test_the_rest_after_the_last_word_is_not_decoded(
    listener: Any, tmp_path: Path, tail: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = spoken(tmp_path, "今日我哋開會傾預算。", voice="yue")
    until = int(np.flatnonzero(np.abs(said) > 0.01)[-1])
    ended = np.concatenate([said[:until], np.zeros(round(tail * RATE), np.float32)])
    windows: Counter[bool] = Counter()
    decoded = Listener.generate_with_fallback

    def counted(self: Any, encoded: Any, *rest: Any) -> Any:
        windows[encoded is not None] += 1
        return decoded(self, encoded, *rest)

    monkeypatch.setattr(Listener, "generate_with_fallback", counted)
    list(hear(listener, ended, 0.0, "yue"))
    assert windows[True] == 1


def at_window(listener: Any, seconds: float, speech: float) -> Any:
    """Put the listener at a last window of `seconds`, after 10 s of speech, that begins with `speech` seconds of
    speech.
    """
    made = Listener.__new__(Listener)
    made.__dict__.update(listener.__dict__)
    probabilities = np.zeros(round((10.0 + seconds) * RATE / 512) + 1)
    probabilities[: round((10.0 + speech) * RATE / 512)] = 1.0
    made._speech, made._total, made._own = probabilities, round((10.0 + seconds) * FRAMES), (50260, "zh")
    return made


def features(seconds: float) -> Any:
    made = np.zeros((80, 3000), np.float32)
    made[:, : round(seconds * FRAMES)] = -0.5
    return made


@pytest.mark.parametrize(
    ("seconds", "speech", "is_decoded"),
    [(0.3, 0.0, False), (0.3, LEAST_SPEECH / 2, False), (5.0, 0.1, False), (0.6, 0.5, True), (5.0, 3.0, True)],
)
def test_a_last_window_is_decoded_if_somebody_speaks_in_it(
    listener: Any, seconds: float, speech: float, is_decoded: bool
) -> None:
    assert (at_window(listener, seconds, speech).encode(features(seconds)) is not None) == is_decoded


def test_the_only_window_is_decoded_however_little_is_said(listener: Any) -> None:
    made = at_window(listener, 0.0, 0.0)
    made._total, made._speech = 100, np.zeros(32)
    assert made.encode(features(1.0)) is not None


@pytest.mark.parametrize(
    ("no_speech", "chinese", "invented"), [(0.97, 0.02, True), (0.97, 0.6, False), (0.3, 0.02, False)]
)
def test_a_short_rest_with_signs_of_silence_is_dropped(
    listener: Any, no_speech: float, chinese: float, invented: bool
) -> None:
    made = at_window(listener, 0.6, 0.5)
    made.encode(features(0.6))
    result = SimpleNamespace(no_speech_prob=no_speech, sequences_ids=[[]])
    tokenizer = SimpleNamespace(decode=lambda _tokens: "佢話好")
    assert made._is_invented((result, -0.5, 0.0, 0.0), {"en": 0.55, "zh": chinese}, tokenizer) is invented
