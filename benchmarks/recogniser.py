"""How well, how fast and in how much memory does the embedded recogniser hear a recording?

`python -m benchmarks.recogniser AUDIO [TRUTH.json]` prints time over the recording's duration and peak memory, each
way of working in a process of its own; with the truth (a list of objects with `text`, in order) also the character
error rate: edits over the truth's characters, both folded (script, width, case and marks do not count). The ways
beside the shipped one show what its parts are worth: no prompt at all, the prompt before the first window alone,
shorter pieces.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from cantomeet.cantonese import fold
from cantomeet.media import decode_to_wav
from cantomeet.settings import load_settings
from worker.providers import RecognisedSegment, whisper
from worker.providers.whisper import PROMPT, WhisperTranscriber

_BYTES_IN_RSS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Way:
    """`options` replace those that the recogniser decodes with."""

    name: str
    piece_seconds: float
    options: dict[str, Any]


@dataclass(frozen=True)
class Result:
    lines: tuple[RecognisedSegment, ...]
    load_seconds: float
    seconds: float
    peak_mib: float


def ways(language: str, pieces: list[float]) -> Iterator[Way]:
    for seconds in pieces:
        yield Way(f"as shipped, pieces of at most {seconds:g} s", seconds, {})
    if language == "yue":
        yield Way("no prompt", pieces[0], {"hotwords": None})
        yield Way("prompt before the first window alone", pieces[0], {"hotwords": None, "initial_prompt": PROMPT})


def measure(wav: Path, duration: float, language: str, model: str | None, models_dir: Path, way: Way) -> Result:
    """Runs in a process of its own, so that the peak of memory is this way's."""
    transcriber = WhisperTranscriber(model, models_dir=models_dir, piece_seconds=way.piece_seconds)
    began = time.perf_counter()
    transcriber._loaded()
    loaded = time.perf_counter()
    usual = whisper.decoding_options
    with mock.patch.object(whisper, "decoding_options", lambda *asked: {**usual(*asked), **way.options}):
        lines = tuple(_recognised(transcriber, wav, duration, language))
    ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_IN_RSS / 2**20
    return Result(lines, loaded - began, ended - loaded, peak)


def _recognised(
    transcriber: WhisperTranscriber, wav: Path, duration: float, language: str
) -> Iterator[RecognisedSegment]:
    done = 0.0
    while done < duration:
        piece = transcriber.recognise(wav, done, duration=duration, language=language, on_progress=lambda _done: None)
        yield from piece.segments
        done = piece.end


def error_rate(truth: str, heard: str) -> float:
    """Edits (Levenshtein) that turn `heard` into `truth`, over the characters of `truth`; both folded."""
    wanted, got = fold(truth), np.array(list(fold(heard)), dtype="<U1")
    steps = np.arange(len(got) + 1)
    row = steps
    for count, character in enumerate(wanted, 1):
        kept = np.concatenate(([count], np.minimum(row[1:] + 1, row[:-1] + (got != character))))
        row = np.minimum.accumulate(kept - steps) + steps
    return float(row[-1] / len(wanted))


def main() -> None:
    asked = _arguments()
    truth = "".join(line["text"] for line in json.loads(asked.truth.read_text("utf-8"))) if asked.truth else None
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "decoded.wav"
        duration = decode_to_wav(asked.audio, wav).seconds
        print(
            f"{asked.audio.name}: {duration:.1f} s, language {asked.language}, model {asked.model or 'packaged base'}"
        )
        print(f"{'':42}{'CER':>7}{'time/audio':>12}{'load s':>8}{'peak MiB':>10}{'lines':>7}")
        shown: Result | None = None
        for way in ways(asked.language, asked.pieces):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
                result = alone.submit(
                    measure, wav, duration, asked.language, asked.model, asked.models_dir, way
                ).result()
            shown = shown or result
            print(_row(way, result, duration, truth))
    for line in shown.lines if shown and asked.show else ():
        print(f"{line.start:8.2f} {line.end:8.2f}  {line.text}")


def _row(way: Way, result: Result, duration: float, truth: str | None) -> str:
    cer = "-" if truth is None else f"{error_rate(truth, ''.join(line.text for line in result.lines)):.3f}"
    ratio = result.seconds / duration
    return f"{way.name:42}{cer:>7}{ratio:12.3f}{result.load_seconds:8.1f}{result.peak_mib:10.0f}{len(result.lines):7}"


def _arguments() -> argparse.Namespace:
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recogniser", description=__doc__)
    parser.add_argument("audio", type=Path)
    parser.add_argument("truth", type=Path, nargs="?")
    parser.add_argument("--language", default="yue")
    parser.add_argument("--pieces", type=float, nargs="+", default=[120.0, 30.0], help="longest piece, in seconds")
    parser.add_argument("--model", default=settings.whisper_model)
    parser.add_argument("--models-dir", type=Path, default=settings.models_dir)
    parser.add_argument("--show", action="store_true", help="print the lines of the first way")
    return parser.parse_args()


if __name__ == "__main__":
    main()
