"""Whisper on this machine, through faster-whisper: one piece of a recording at a time."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cantomeet.errors import ErrorCode, PermanentError
from worker.providers import Piece, RecognisedSegment, Word
from worker.providers import whisper_weights as weights
from worker.providers.whisper_lines import in_order, lines_of

RATE = 16_000
PROMPT = "我哋而家喺度，佢唔係，冇啲嘢畀咗邊個。"
"""Function words of spoken Cantonese: without them the small models translate into written Mandarin."""
_TEMPERATURES = (0.0, 0.4)
"""Capped: on noise the whole ladder takes nearly as long as the recording."""
_SEARCH_SECONDS = 20.0
"""A piece is cut at the quietest moment of its last so many seconds."""
_TAIL_SECONDS = 10.0
"""A rest shorter than this goes with the piece before."""
_QUIET_WINDOW = 0.3

Sound = npt.NDArray[np.float32]


class WhisperTranscriber:
    """`LocalTranscriber` over faster-whisper; the model is loaded at the first piece and kept in the process."""

    def __init__(
        self, model: str | None = None, *, models_dir: Path, threads: int = 2, piece_seconds: float = 120.0
    ) -> None:
        """`model`: a folder, a faster-whisper model name, or None for the packaged base."""
        self._model_name, self._models_dir = model, models_dir
        self._threads, self._piece_seconds = threads, piece_seconds
        self._model: Any = None
        self.name = f"Whisper {Path(model).name if model else 'base'}"
        rough = () if model else ("rough_recogniser",)
        self.warnings: tuple[str, ...] = ("no_speakers", *rough)

    def recognise(
        self, audio: Path, start: float, *, duration: float, language: str, on_progress: Callable[[float], None]
    ) -> Piece:
        """See `LocalTranscriber`. Raises `PermanentError` where the model cannot be loaded."""
        on_progress(start)
        sound, end = _piece(audio, start, min(duration, _length(audio)), self._piece_seconds)
        end = duration if end >= _length(audio) - 0.05 else end
        if not len(sound):
            return Piece(end, ())
        model = self._loaded()
        chinese = not language.startswith("en")
        options = _options(model, language)
        found, _info = model.transcribe(sound, **options)
        return Piece(end, tuple(_lines(found, start, end, chinese, on_progress)))

    def _loaded(self) -> Any:
        if self._model is None:
            # Imported late: the general worker and the commands never need these libraries in memory.
            from faster_whisper import WhisperModel

            source = self._model_name or str(weights.ensure(self._models_dir))
            try:
                self._model = WhisperModel(
                    source,
                    device="cpu",
                    compute_type="int8",
                    cpu_threads=self._threads,
                    download_root=str(self._models_dir),
                )
            except (OSError, RuntimeError, ValueError) as error:
                raise PermanentError(
                    f"{source}: {type(error).__name__}",
                    code=ErrorCode.RECOGNISER_UNAVAILABLE,
                    setting="CANTOMEET_WHISPER_MODEL",
                ) from error
        return self._model


def _lines(
    found: Iterable[Any], start: float, end: float, chinese: bool, on_progress: Callable[[float], None]
) -> list[RecognisedSegment]:
    lines: list[RecognisedSegment] = []
    for segment in found:
        on_progress(min(end, start + segment.end))
        words = [Word(w.word, w.start, w.end, round(w.probability, 3)) for w in segment.words or ()]
        words = words or [Word(segment.text, segment.start, segment.end)]
        lines += lines_of(words, start, end, prompt=PROMPT, chinese=chinese)
    return in_order(lines, start)


def _options(model: Any, language: str) -> dict[str, Any]:
    """Base knows no Cantonese: told `yue`, it loops in English; large-v3 has a word for it."""
    common = {
        "beam_size": 5,
        "vad_filter": True,
        "word_timestamps": True,
        "condition_on_previous_text": False,
        "temperature": _TEMPERATURES,
    }
    if language.startswith("en"):
        return {**common, "language": "en"}
    known = set(model.supported_languages)
    spoken = "zh" if language == "yue" and "yue" not in known else language
    if spoken not in known:
        spoken = "zh"
    # As hotwords it is in every window; as an initial prompt it would be in the first alone. A stronger penalty than
    # 1.05 ends loops too, but was seen to drop a whole last sentence.
    return {**common, "language": spoken, "hotwords": PROMPT, "repetition_penalty": 1.05}


def _length(audio: Path) -> float:
    with wave.open(str(audio)) as wav:
        return float(wav.getnframes() / RATE)


def _piece(audio: Path, start: float, duration: float, longest: float) -> tuple[Sound, float]:
    """The samples of the piece that begins at `start`, and where it ends: at a quiet moment, or at the end."""
    with wave.open(str(audio)) as wav:
        wav.setpos(min(wav.getnframes(), round(start * RATE)))
        rest = duration - start
        wanted = rest if rest <= longest + _TAIL_SECONDS else longest
        raw = wav.readframes(max(0, round(wanted * RATE)))
    sound = np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32768.0
    if wanted == rest:
        return sound, duration
    cut = _quietest(sound, max(1.0, longest - _SEARCH_SECONDS))
    return sound[:cut], start + cut / RATE


def _quietest(sound: Sound, not_before: float) -> int:
    """The middle of the quietest window after `not_before` seconds, as a sample's number."""
    first, width = round(not_before * RATE), round(_QUIET_WINDOW * RATE)
    energy = np.concatenate(([0.0], np.cumsum(np.square(sound[first:], dtype=np.float64))))
    if len(energy) <= width:
        return len(sound)
    windows = energy[width:] - energy[:-width]
    return int(first + int(np.argmin(windows)) + width // 2)
