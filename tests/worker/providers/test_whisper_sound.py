"""Pieces are cut at pauses, and together are the whole recording."""

from __future__ import annotations

import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cantomeet.errors import ErrorCode, PermanentError
from worker.providers.whisper.sound import RATE, Sound, read_piece


def recording(path: Path, seconds: float, *silences: tuple[float, float], rate: int = RATE) -> Path:
    """Write noise that is silent in `silences`."""
    samples = np.random.default_rng(1).normal(0, 3000, round(seconds * rate))
    for start, end in silences:
        samples[round(start * rate) : round(end * rate)] = 0
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(samples.astype("<i2").tobytes())
    return path


def pieces(path: Path, duration: float, longest: float) -> tuple[list[Sound], list[float]]:
    sounds, ends = [], [0.0]
    while ends[-1] < duration:
        sound, end = read_piece(path, ends[-1], duration=duration, longest=longest)
        assert ends[-1] < end <= duration
        sounds.append(sound)
        ends.append(end)
    return sounds, ends


def test_a_short_recording_is_one_piece(tmp_path: Path) -> None:
    sounds, ends = pieces(recording(tmp_path / "a.wav", 5.0), 5.0, 10.0)
    assert ends == [0.0, 5.0]
    assert len(sounds[0]) == 5 * RATE


def test_a_piece_is_cut_in_the_pause_near_its_end(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", 60.0, (3.0, 4.0), (21.0, 22.0))
    _sound, end = read_piece(path, 0.0, duration=60.0, longest=30.0)
    assert 21.2 <= end <= 21.8


def test_pieces_together_are_the_whole_recording_and_none_is_too_long(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", 47.3, (8.0, 8.5), (30.0, 31.0))
    sounds, ends = pieces(path, 47.3, 10.0)
    with wave.open(str(path)) as wav:
        whole = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.float32) / 32768.0
    assert np.array_equal(np.concatenate(sounds), whole)
    assert all(end - start <= 10.0 for start, end in pairwise(ends))


@pytest.mark.parametrize("seconds", [10.1, 12.4, 19.9])
def test_no_tiny_tail_is_left(tmp_path: Path, seconds: float) -> None:
    _sounds, ends = pieces(recording(tmp_path / "a.wav", seconds), seconds, 10.0)
    assert ends[-1] - ends[-2] >= 2.5


def test_only_the_piece_is_read(tmp_path: Path) -> None:
    sound, end = read_piece(recording(tmp_path / "a.wav", 40.0), 35.0, duration=40.0, longest=10.0)
    assert (len(sound), end) == (5 * RATE, 40.0)


def test_a_file_that_ends_before_its_duration_is_read_to_its_end(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", 5.0)
    assert read_piece(path, 0.0, duration=9.0, longest=10.0)[1] == 9.0
    sound, end = read_piece(path, 7.0, duration=9.0, longest=10.0)
    assert (len(sound), end) == (0, 9.0)


def test_a_missing_file_and_an_invalid_wav_have_different_errors(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as missing:
        read_piece(tmp_path / "none.wav", 0.0, duration=5.0, longest=10.0)
    assert missing.value.code is ErrorCode.RECORDING_MISSING
    (tmp_path / "text.wav").write_text("not sound")
    for path in (tmp_path / "text.wav", recording(tmp_path / "8k.wav", 5.0, rate=8000)):
        with pytest.raises(PermanentError) as unreadable:
            read_piece(path, 0.0, duration=5.0, longest=10.0)
        assert unreadable.value.code is ErrorCode.RECORDING_UNREADABLE
