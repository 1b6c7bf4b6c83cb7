"""Cuts short clips of known text from a recording whose speech and pauses are known."""

from __future__ import annotations

import json
import random
import re
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worker.providers.whisper.sound import RATE, Sound

LONGEST, SHORTEST = 15.0, 1.5
"""Most and fewest seconds of speech in a clip."""
_HEADS, _TAILS = (0.0, 0.1, 0.3), (0.05, 0.2, 0.3, 0.5, 1.0)
"""Seconds of silence before and after the speech."""
_NOISES = (None, 20.0, 10.0)
"""Decibels by which the speech exceeds the noise; None means hardly any noise."""
_MARKS = re.compile(r"[^\w\s]+")
_PAUSE, _QUIET = 0.12, 0.005
"""Shortest pause in seconds, and the loudness below which there is silence."""
_BREATH = 160
"""Samples over which loudness is measured."""


@dataclass(frozen=True)
class Clause:
    """The speech between two pauses, in seconds of the recording."""

    turn: int
    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Clip:
    sound: Sound
    text: str

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE


def clauses(sound: Sound, truth: Sequence[dict[str, Any]]) -> list[Clause]:
    """Split turns (`{text, start, end}`) at pauses if these match the text's marks; other turns are one clause each."""
    return [clause for turn, said in enumerate(truth) for clause in _clauses(sound, turn, said)]


def cut(sound: Sound, spoken: Sequence[Clause], count: int, seed: int, turns: Sequence[int]) -> list[Clip]:
    """Return `count` reproducible clips of neighbouring clauses in these turns, with silence and noise around them."""
    chosen, noise = random.Random(seed), np.random.default_rng(seed)
    wanted = [clause for clause in spoken if clause.turn in turns]
    runs = [run for run in _runs(wanted) if SHORTEST <= run[-1].end - run[0].start <= LONGEST]
    return [_clip(sound, chosen.choice(runs), chosen, noise) for _ in range(count)]


def talk(clips: Sequence[Clip], seed: int, decibels: float | None) -> Clip:
    """Join the clips into minutes of talk, with pauses between them and noise over everything."""
    noise = np.random.default_rng(seed)
    pauses = [np.zeros(int(noise.uniform(0.2, 3.0) * RATE), np.float32) for _ in clips]
    parts = [part for clip, pause in zip(clips, pauses, strict=True) for part in (clip.sound, pause)]
    return Clip(_noisy(np.concatenate(parts), decibels, noise), "".join(clip.text for clip in clips))


def write(clip: Clip, path: Path) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes((np.clip(clip.sound, -1.0, 1.0) * 32767).astype("<i2").tobytes())


def read_truth(path: Path) -> list[dict[str, Any]]:
    """Read a list of objects with `text`, and for clips `start` and `end` in seconds, in order."""
    truth: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return truth


def _clauses(sound: Sound, turn: int, said: dict[str, Any]) -> Iterator[Clause]:
    begin, end = float(said["start"]), float(said["end"])
    texts = [text.strip() for text in _MARKS.split(said["text"]) if text.strip()]
    quiet = _pauses(sound[round(begin * RATE) : round(end * RATE)])
    if len(quiet) not in (len(texts), len(texts) - 1):
        yield Clause(turn, said["text"], begin, end)
        return
    stops = [*quiet, (end - begin, end - begin)][: len(texts)]
    starts = [0.0, *(until for _since, until in stops)]
    for text, start, (stop, _until) in zip(texts, starts, stops, strict=False):
        yield Clause(turn, text, begin + start, begin + stop)


def _pauses(sound: Sound) -> list[tuple[float, float]]:
    count = len(sound) // _BREATH
    loud = np.sqrt(np.square(sound[: count * _BREATH].reshape(count, _BREATH)).mean(axis=1)) >= _QUIET
    edges = np.flatnonzero(np.diff(np.concatenate(([True], loud, [True])).astype(np.int8)))
    each = _BREATH / RATE
    runs = [(float(since) * each, float(until) * each) for since, until in edges.reshape(-1, 2)]
    return [(since, until) for since, until in runs if until - since >= _PAUSE - 1e-9]


def _runs(spoken: Sequence[Clause]) -> Iterator[Sequence[Clause]]:
    """Yield all sequences of neighbouring clauses, also across two successive turns."""
    for first in range(len(spoken)):
        for last in range(first, len(spoken)):
            if spoken[last].turn - spoken[first].turn <= 1:
                yield spoken[first : last + 1]


def _clip(sound: Sound, run: Sequence[Clause], chosen: random.Random, noise: np.random.Generator) -> Clip:
    said = sound[round(run[0].start * RATE) : round(run[-1].end * RATE)]
    head, tail = (np.zeros(round(chosen.choice(silences) * RATE), np.float32) for silences in (_HEADS, _TAILS))
    padded = np.concatenate((head, said, tail))
    return Clip(_noisy(padded, chosen.choice(_NOISES), noise), "".join(clause.text for clause in run))


def _noisy(sound: Sound, decibels: float | None, noise: np.random.Generator) -> Sound:
    loudness = 1e-4 if decibels is None else float(np.sqrt(np.square(sound).mean())) * 10 ** (-decibels / 20)
    return (sound + noise.normal(0.0, loudness, len(sound))).astype(np.float32)
