"""Measures accuracy, speed and memory of the embedded recogniser on a recording.

`python -m benchmarks.recogniser AUDIO [TRUTH.json]` prints the time divided by the recording's duration, that time
divided by plain decoding's, and peak memory. Each way of working has its own process. With the truth (a list of objects
with `text`, in order) it also prints these rates of the truth's characters, both texts folded (script, width, case and
marks do not count):

- CER: edits that turn what was heard into the truth;
- added: characters that were heard and nobody said, according to those edits;
- too long: characters by which a recording's or a clip's text is longer than its truth.

If the truth has `start` and `end` in seconds, the same is printed for short clips that are cut from it, each with other
silences and noise, and for minutes of talk made of such clips. `--turns` chooses the truth's lines that clips are cut
from: rules were made on 0 1 2 3 of the sample, and 4 5 6 7 were held back.

Plain decoding is faster-whisper by itself with the same options. The other ways show what the parts of ours contribute.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks import clips
from cantomeet.cantonese import fold
from cantomeet.media import decode_to_wav
from cantomeet.settings import load_settings
from worker.providers import RecognisedSegment
from worker.providers.whisper import transcriber as whisper
from worker.providers.whisper.sound import RATE, read_piece
from worker.providers.whisper.transcriber import PROMPT, WhisperTranscriber

_BYTES_IN_RSS = 1 if sys.platform == "darwin" else 1024
_NOISES = (("no noise", None), ("noise 20 dB below", 20.0), ("noise 10 dB below", 10.0))
_IN_TALK = 12
"""Clips in minutes of talk."""


@dataclass(frozen=True)
class Way:
    """A way of working; `options` replace the recogniser's decoding options, and `plain` uses unmodified
    faster-whisper.
    """

    name: str
    piece_seconds: float
    options: dict[str, Any]
    plain: bool = False


@dataclass(frozen=True)
class Recording:
    wav: Path
    seconds: float
    truth: str | None


@dataclass(frozen=True)
class Result:
    lines: tuple[tuple[RecognisedSegment, ...], ...]
    """The lines of each recording."""
    seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Edits:
    """Edits of folded characters."""

    truth: int
    changed: int
    added: int
    lost: int
    too_long: int

    @property
    def rate(self) -> float:
        return (self.changed + self.added + self.lost) / max(1, self.truth)


def ways(language: str, pieces: list[float], brief: bool) -> Iterator[Way]:
    for seconds in pieces:
        yield Way(f"as shipped, pieces of at most {seconds:g} s", seconds, {})
    yield Way("plain decoding", pieces[0], {"vad_filter": True}, plain=True)
    if brief:
        return
    yield Way("plain, without times for words", pieces[0], {"vad_filter": True, "word_timestamps": False}, plain=True)
    if language == "yue":
        yield Way("no prompt", pieces[0], {"hotwords": None})
        yield Way("prompt before the first window alone", pieces[0], {"hotwords": None, "initial_prompt": PROMPT})


def measure(recordings: Sequence[Recording], language: str, model: str | None, models_dir: Path, way: Way) -> Result:
    """Measure one way in its own process, so that the memory peak belongs to it."""
    transcriber = WhisperTranscriber(model, models_dir=models_dir, piece_seconds=way.piece_seconds)
    usual = whisper.decoding_options
    with (
        mock.patch.object(whisper, "decoding_options", lambda *asked: {**usual(*asked), **way.options}),
        mock.patch("worker.providers.whisper.listening.Listener", _listener(way.plain)),
    ):
        transcriber._loaded()
        began = time.perf_counter()
        lines = tuple(tuple(_recognised(transcriber, recording, language)) for recording in recordings)
        ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_IN_RSS / 2**20
    return Result(lines, ended - began, peak)


def _listener(plain: bool) -> Any:
    from faster_whisper import WhisperModel

    from worker.providers.whisper.listening import Listener

    return WhisperModel if plain else Listener


def _recognised(transcriber: WhisperTranscriber, recording: Recording, language: str) -> Iterator[RecognisedSegment]:
    done = 0.0
    while done < recording.seconds:
        piece = transcriber.recognise(
            recording.wav, done, duration=recording.seconds, language=language, on_progress=lambda _done: None
        )
        yield from piece.segments
        done = piece.end


def edits(truth: str, heard: str) -> Edits:
    """Return the fewest edits (Levenshtein) that turn `heard` into `truth`."""
    wanted, got = fold(truth), fold(heard)
    costs = _costs(wanted, np.array(list(got), dtype="<U1"))
    row, column, changed, added, lost = len(wanted), len(got), 0, 0, 0
    while row or column:
        if row and column and costs[row, column] == costs[row - 1, column - 1] + (wanted[row - 1] != got[column - 1]):
            changed += wanted[row - 1] != got[column - 1]
            row, column = row - 1, column - 1
        elif column and costs[row, column] == costs[row, column - 1] + 1:
            added, column = added + 1, column - 1
        else:
            lost, row = lost + 1, row - 1
    return Edits(len(wanted), changed, added, lost, max(0, len(got) - len(wanted)))


def _costs(wanted: str, got: Any) -> Any:
    steps = np.arange(len(got) + 1)
    rows = [steps]
    for count, character in enumerate(wanted, 1):
        kept = np.concatenate(([count], np.minimum(rows[-1][1:] + 1, rows[-1][:-1] + (got != character))))
        rows.append(np.minimum.accumulate(kept - steps) + steps)
    return np.array(rows)


def together(each: Sequence[Edits]) -> Edits:
    names = ("truth", "changed", "added", "lost", "too_long")
    return Edits(*(sum(getattr(one, name) for one in each) for name in names))


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "decoded.wav"
        seconds = decode_to_wav(asked.audio, wav).seconds
        truth = clips.read_truth(asked.truth) if asked.truth else None
        text = None if truth is None else "".join(line["text"] for line in truth)
        print(f"language {asked.language}, model {asked.model or 'packaged base'}")
        shown = _compare(asked.audio.name, [Recording(wav, seconds, text)], asked)
        if truth is not None and all({"start", "end"} <= line.keys() for line in truth):
            _compare_cuts(wav, seconds, truth, Path(folder), asked)
    for line in shown.lines[0] if asked.show else ():
        print(f"{line.start:8.2f} {line.end:8.2f}  {'(unclear) ' + line.original_text if line.unclear else line.text}")


def _compare_cuts(wav: Path, seconds: float, truth: Any, folder: Path, asked: argparse.Namespace) -> None:
    sound, _end = read_piece(wav, 0.0, duration=seconds, longest=seconds)
    spoken, turns = clips.clauses(sound, truth), asked.turns or range(len(truth))
    short = clips.cut(sound, spoken, asked.clips, asked.seed, turns)
    _compare(f"{len(short)} short clips", _written(short, folder, "clip"), asked)
    for name, decibels in _NOISES:
        parts = clips.cut(sound, spoken, _IN_TALK, asked.seed + 1, turns)
        _compare(f"talk, {name}", _written([clips.talk(parts, asked.seed, decibels)], folder, "talk"), asked)


def _written(cut: Sequence[clips.Clip], folder: Path, name: str) -> list[Recording]:
    made = []
    for number, clip in enumerate(cut):
        path = folder / f"{name}-{number}.wav"
        clips.write(clip, path)
        with wave.open(str(path)) as written:
            made.append(Recording(path, written.getnframes() / RATE, clip.text))
    return made


def _compare(title: str, recordings: Sequence[Recording], asked: argparse.Namespace) -> Result:
    """Print a table and return the first way's result."""
    seconds = sum(recording.seconds for recording in recordings)
    results = [(way, _alone(recordings, asked, way)) for way in ways(asked.language, asked.pieces, asked.brief)]
    plain = next(result.seconds for way, result in results if way.plain)
    print(f"\n{title}: {seconds:.1f} s")
    print(
        f"{'':42}{'CER':>7}{'added':>8}{'too long':>9}{'heard':>7}{'time/audio':>12}{'/plain':>8}{'peak MiB':>10}"
        f"{'lines':>7}{'unclear':>8}"
    )
    for way, result in results:
        print(_row(way, result, recordings, seconds, plain))
    return results[0][1]


def _alone(recordings: Sequence[Recording], asked: argparse.Namespace, way: Way) -> Result:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(measure, recordings, asked.language, asked.model, asked.models_dir, way).result()


def _row(way: Way, result: Result, recordings: Sequence[Recording], seconds: float, plain: float) -> str:
    heard = ["".join(line.text for line in lines) for lines in result.lines]
    known = [edits(one.truth, text) for one, text in zip(recordings, heard, strict=True) if one.truth is not None]
    all_of_them = together(known)
    of_truth = (
        f"{all_of_them.rate:7.3f}{all_of_them.added / all_of_them.truth:8.1%}"
        f"{all_of_them.too_long / all_of_them.truth:9.1%}"
        if all_of_them.truth
        else f"{'-':>7}{'-':>8}{'-':>9}"
    )
    lines = [line for each in result.lines for line in each]
    return (
        f"{way.name:42}{of_truth}{sum(len(fold(text)) for text in heard):7}{result.seconds / seconds:12.3f}"
        f"{result.seconds / plain:8.2f}{result.peak_mib:10.0f}{len(lines):7}{sum(line.unclear for line in lines):8}"
    )


def _arguments() -> argparse.Namespace:
    settings = load_settings()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recogniser",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", type=Path)
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("--language", default="yue")
    parser.add_argument("--pieces", type=float, nargs="+", default=[120.0, 30.0], help="longest piece, in seconds")
    parser.add_argument("--clips", type=int, default=32, help="how many short clips")
    parser.add_argument("--turns", type=int, nargs="+", help="lines of the truth that clips are cut from; all")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--model", default=settings.whisper_model)
    parser.add_argument("--models-dir", type=Path, default=settings.models_dir)
    parser.add_argument("--brief", action="store_true", help="as shipped and plain decoding alone")
    parser.add_argument("--show", action="store_true", help="print the lines of the first way")
    return parser.parse_args()


if __name__ == "__main__":
    main()
